#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ids.h"
#include "services/dedupe-auditor/plan/plan_file.h"
#include "services/dedupe-auditor/plan/plan_text.h"
#include "services/dedupe-auditor/rules/texts.h"
#include "services/dedupe-auditor/rules/times.h"

static int
bad(struct err *err, const char *what)
{
	return err_set(err, EINVAL, "%s", what);
}

/* ---- the head */

static int
read_phone(struct reader *r, struct err *err)
{
	struct plan_head *head = &r->file->head;
	int64_t n;

	if (plan_need_number(r, "number", &n, err) < 0)
		return -1;
	if (n != head->n_phones + 1 || n > PLAN_PHONES)
		return bad(err, "phones are numbered from 1 on, to 100 at most");
	if (plan_need(r, "path", &head->phones[n - 1].path, err) < 0 ||
	    plan_need(r, "SHA-256", &head->phones[n - 1].sha256, err) < 0 ||
	    plan_need(r, "device", &head->phones[n - 1].device_id, err) < 0)
		return -1;
	if (!head->phones[n - 1].path || !head->phones[n - 1].sha256)
		return bad(err, "a phone needs its path and digest");
	head->n_phones++;
	return 0;
}

static int
read_table(struct reader *r, struct err *err)
{
	struct plan_head *head = &r->file->head;
	struct plan_table *t = &head->tables[head->n_tables];

	if (head->n_tables == PLAN_TABLES)
		return bad(err, "too many tables");
	if (plan_need(r, "name", &t->name, err) < 0 || plan_need_number(r, "rows before", &t->before, err) < 0 ||
	    plan_need_number(r, "rows after", &t->after, err) < 0 ||
	    plan_need(r, "digest", &t->digest, err) < 0 || plan_need(r, "largest key", &t->upto, err) < 0)
		return -1;
	head->n_tables++;
	return 0;
}

static int
read_head(struct reader *r, struct err *err)
{
	struct plan_head *head = &r->file->head;

	if (!strcmp(r->word, "id"))
		return plan_need(r, "id", &head->id, err);
	if (!strcmp(r->word, "made"))
		return plan_need_time(r, "time", &head->made_us, err);
	if (!strcmp(r->word, "database"))
		return plan_need(r, "name", &head->database, err) < 0 ||
		       plan_need(r, "identity", &head->identity, err) < 0 ||
		       plan_need(r, "schema", &head->schema, err) < 0 ? -1 : 0;
	if (!strcmp(r->word, "phone"))
		return read_phone(r, err);
	if (!strcmp(r->word, "table"))
		return read_table(r, err);
	return err_set(err, EINVAL, "\"%.40s\": no word of a plan's head", r->word);
}

static int
check_head(const struct plan_head *head, struct err *err)
{
	if (!head->id || !ids_valid(head->id) || !head->made_us || !head->identity || !head->schema)
		return bad(err, "the head lacks id, made or database");
	return 0;
}

/* ---- entries */

static int
read_block(struct reader *r, struct err *err)
{
	const char *session, *user;
	int64_t start_us;

	if (plan_need(r, "session", &session, err) < 0)
		return -1;
	if (!session)
		return bad(err, "a session needs its id");
	if (plan_need_word(r, "user", err) < 0 || plan_need(r, "user's id", &user, err) < 0 ||
	    plan_need_word(r, "start", err) < 0 || plan_need_time(r, "start", &start_us, err) < 0)
		return -1;
	plan_file_block(r->file, session, user, start_us);
	r->in_block = 1;
	return 0;
}

static int
read_saw(struct reader *r, struct err *err)
{
	const char *id, *digest;

	if (plan_need(r, "id", &id, err) < 0 || plan_need(r, "digest", &digest, err) < 0)
		return -1;
	if (!id || !digest)
		return bad(err, "saw needs an id and a digest");
	plan_file_saw(r->file, id, digest);
	return 0;
}

static int
need_table(struct reader *r, enum legacy_table *table, struct err *err)
{
	const char *name;
	int t;

	if (plan_need(r, "table", &name, err) < 0)
		return -1;
	for (t = 0; name && t < LEGACY_TABLES; t++)
		if (!strcmp(name, legacy_table_name((enum legacy_table)t))) {
			*table = (enum legacy_table)t;
			return 0;
		}
	return err_set(err, EINVAL, "\"%.60s\": no such table", name ? name : "-");
}

static int
set_time(struct settled *s, int bit, int64_t *us, const char *text, struct err *err)
{
	struct legacy_time time = {MSG_NONE, 0};

	if (text && times_text(text, &time, NULL) <= 0)
		return err_set(err, EINVAL, "\"%.40s\" is no time", text);
	*us = time.us;
	s->which |= bit;
	return 0;
}

/* r->word is the column, the value comes next. */
static int
read_setting(struct reader *r, struct settled *s, struct err *err)
{
	char column[40];
	const char *text;
	int i;

	(void)snprintf(column, sizeof(column), "%.39s", r->word);
	r->at++;
	if (plan_need(r, column, &text, err) < 0)
		return -1;
	if (!strcmp(column, "start_time"))
		return set_time(s, SETTLE_START, &s->start_us, text, err);
	if (!strcmp(column, "end_time"))
		return set_time(s, SETTLE_END, &s->end_us, text, err);
	if (!strcmp(column, "user_id")) {
		s->user_id = text;
		s->which |= SETTLE_USER;
		return 0;
	}
	if (!strcmp(column, "local_session_id")) {
		s->local_id = text;
		s->which |= SETTLE_LOCAL;
		return 0;
	}
	if (strcmp(column, "status") != 0)
		return err_set(err, EINVAL, "%s is not settled by a plan; status, start_time, end_time, "
			       "user_id and local_session_id are", column);
	for (i = 1; text && i < words_session_status.n; i++)
		if (!strcmp(text, words_session_status.texts[i])) {
			s->status = i;
			s->which |= SETTLE_STATUS;
			return 0;
		}
	return err_set(err, EINVAL, "\"%.40s\" is no status", text ? text : "-");
}

#define MEMBERS 100000

struct members {
	const char **ids;
	int *sources;
	size_t n, room;
	size_t keep;             /* the one with + */
};

static int
add_member(struct reader *r, struct members *m, int source, struct err *err)
{
	if (!*r->word || r->is_none)
		return bad(err, "an id is empty");
	if (m->n == MEMBERS)
		return bad(err, "too many ids in one line");
	if (m->n == m->room) {
		m->room = m->room ? m->room * 2 : 16;
		m->ids = reallocarray(m->ids, m->room, sizeof(*m->ids));
		m->sources = reallocarray(m->sources, m->room, sizeof(*m->sources));
		ASSERT(m->ids && m->sources);
	}
	m->ids[m->n] = plan_file_text(r->file, r->word);
	m->sources[m->n++] = source;
	return 0;
}

/* The rest of the line: ids, N:ids, and column=value. */
static int
read_members(struct reader *r, struct members *m, struct settled *s, struct err *err)
{
	int got, source;
	char *end;

	while ((got = plan_take(r, "=:+", err)) > 0) {
		source = LEGACY_CLOUD;
		if (*r->at == '+' && !*r->word) {
			m->keep = m->n;
			r->at++;
			continue;
		}
		if (*r->at == '=') {
			if (read_setting(r, s, err) < 0)
				return -1;
			continue;
		}
		if (*r->at == ':') {
			source = (int)strtol(r->word, &end, 10);
			if (*end || source < 1 || source > r->file->head.n_phones)
				return err_set(err, EINVAL, "\"%.20s\" is no phone of this plan", r->word);
			r->at++;
			if (isspace((unsigned char)*r->at) || plan_take(r, "", err) <= 0)
				return bad(err, "an id is missing");
		}
		if (add_member(r, m, source, err) < 0)
			return -1;
	}
	return got;
}

static void
keep_members(struct reader *r, struct entry *e, const struct members *m)
{
	e->n_members = m->n;
	e->keep = m->keep < m->n ? m->keep : 0;
	e->n = (int64_t)m->n;
	if (!m->n)
		return;
	e->members = texts_room(r->file->plan.texts, m->n * sizeof(*m->ids));
	e->sources = texts_room(r->file->plan.texts, m->n * sizeof(*m->sources));
	memcpy(e->members, m->ids, m->n * sizeof(*m->ids));
	memcpy(e->sources, m->sources, m->n * sizeof(*m->sources));
	e->source = m->sources[0];
}

static int
check_entry(const struct entry *e, struct err *err)
{
	size_t i;

	if ((e->kind == ENTRY_MERGE || e->kind == ENTRY_ADOPT) && !e->n_members)
		return bad(err, "no id is left; take the whole line out");
	if (e->kind == ENTRY_FOLD && e->table != LEGACY_READINGS && e->n_members < 2)
		return bad(err, "a fold needs two ids or more; take the whole line out");
	if (e->kind == ENTRY_SETTLE && !e->settled.which)
		return bad(err, "nothing is left to settle; take the whole line out");
	for (i = 0; e->kind == ENTRY_MERGE && i < e->n_members; i++)
		if (e->sources[i] != LEGACY_CLOUD || !strcmp(e->members[i], e->session))
			return bad(err, "only other sessions of the cloud can be merged into a session");
	for (i = 0; e->kind == ENTRY_ADOPT && i < e->n_members; i++)
		if (e->sources[i] != e->source)
			return bad(err, "the ids of one adoption come from one place");
	return 0;
}

static int
read_entry(struct reader *r, enum entry_kind kind, struct err *err)
{
	struct plan_file *file = r->file;
	struct plan_block *b = file->n_blocks ? &file->blocks[file->n_blocks - 1] : NULL;
	struct entry *e = plan_file_entry(file);
	struct members members = {0};
	int result;

	e->kind = kind;
	if (kind != ENTRY_LEAVE && (!b || !r->in_block))
		return bad(err, "an entry stands outside of a session");
	if (kind != ENTRY_LEAVE) {
		e->session = b->session;
		b->n_entries++;
	}
	if (plan_need(r, "rule", &e->rule, err) < 0)
		return -1;
	if (!e->rule)
		return bad(err, "an entry needs its rule");
	if (kind == ENTRY_LEAVE && plan_need(r, "session", &e->session, err) < 0)
		return -1;
	if ((kind == ENTRY_ADOPT || kind == ENTRY_FOLD || kind == ENTRY_LEAVE) &&
	    need_table(r, &e->table, err) < 0)
		return -1;
	result = read_members(r, &members, &e->settled, err);
	keep_members(r, e, &members);
	free(members.ids);
	free(members.sources);
	return result < 0 ? -1 : check_entry(e, err);
}

static int
read_body(struct reader *r, struct err *err)
{
	int kind;

	if (!strcmp(r->word, "session"))
		return read_block(r, err);
	if (!strcmp(r->word, "saw") && r->in_block)
		return read_saw(r, err);
	if (!strcmp(r->word, "left")) {
		r->in_block = 0;
		return read_entry(r, ENTRY_LEAVE, err);
	}
	for (kind = 0; kind < ENTRY_KINDS; kind++)
		if (kind != ENTRY_LEAVE &&
		    !strcmp(r->word, entry_kind_text((enum entry_kind)kind)))
			return read_entry(r, (enum entry_kind)kind, err);
	return err_set(err, EINVAL, "\"%.40s\": no such kind of entry", r->word);
}

/* ---- the file */

static int
read_seal(struct reader *r, const char *head, size_t head_len, struct err *err)
{
	const char *text;
	char seal[65];

	if (plan_need(r, "seal", &text, err) < 0)
		return -1;
	plan_seal(head, head_len, seal);
	if (!text || strcmp(text, seal) != 0)
		return bad(err, "the head of this plan was changed; only what is below the seal may be");
	r->sealed = 1;
	return check_head(&r->file->head, err);
}

static int
read_line(struct reader *r, const char *line, const char *head, size_t head_len, struct err *err)
{
	char first[60];
	int got;

	r->at = line;
	if (r->line == 1) {
		(void)snprintf(first, sizeof(first), "ihht migration plan %d\n", PLAN_VERSION);
		return strcmp(line, first) ? bad(err, "not a migration plan of this version") : 0;
	}
	if ((got = plan_take(r, "", err)) <= 0)
		return got;
	if (r->sealed)
		got = read_body(r, err);
	else if (!strcmp(r->word, "seal"))
		got = read_seal(r, head, head_len, err);
	else
		got = read_head(r, err);
	return got < 0 ? -1 : plan_at_end(r, err);
}

int
plan_file_read(struct plan_file *file, FILE *from, struct err *err)
{
	struct reader r = {.file = file};
	char *line = NULL, *head = NULL;
	size_t size = 0, head_len = 0;
	FILE *mem = open_memstream(&head, &head_len);
	int result = 0;
	ssize_t n;

	ASSERT(mem);
	while (result == 0 && (n = getline(&line, &size, from)) > 0) {
		r.line++;
		ASSERT(fflush(mem) == 0);
		if (strlen(line) != (size_t)n)
			result = bad(err, "not text");
		else
			result = read_line(&r, line, head, head_len, err);
		if (!r.sealed && strncmp(line, "seal ", 5) != 0)
			(void)fputs(line, mem);
	}
	ASSERT(fclose(mem) == 0);
	free(head);
	free(line);
	if (result < 0)
		return err_in(err, "line %d", r.line);
	if (!r.sealed)
		return bad(err, "not a whole plan: it has no seal");
	return plan_check(file, err);
}
