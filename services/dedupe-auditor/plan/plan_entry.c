#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/plan/plan_text.h"
#include "services/dedupe-auditor/rules/texts.h"
#include "services/dedupe-auditor/rules/times.h"

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
		return err_set(err, EINVAL, "an id is empty");
	if (m->n == MEMBERS)
		return err_set(err, EINVAL, "too many ids in one line");
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
				return err_set(err, EINVAL, "an id is missing");
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
		return err_set(err, EINVAL, "no id is left; take the whole line out");
	if (e->kind == ENTRY_FOLD && e->table != LEGACY_READINGS && e->n_members < 2)
		return err_set(err, EINVAL, "a fold needs two ids or more; take the whole line out");
	if (e->kind == ENTRY_SETTLE && !e->settled.which)
		return err_set(err, EINVAL, "nothing is left to settle; take the whole line out");
	for (i = 0; e->kind == ENTRY_MERGE && i < e->n_members; i++)
		if (e->sources[i] != LEGACY_CLOUD || !strcmp(e->members[i], e->session))
			return err_set(err, EINVAL, "only other sessions of the cloud can be merged into a session");
	for (i = 0; e->kind == ENTRY_ADOPT && i < e->n_members; i++)
		if (e->sources[i] != e->source)
			return err_set(err, EINVAL, "the ids of one adoption come from one place");
	return 0;
}

int
plan_entry(struct reader *r, enum entry_kind kind, struct err *err)
{
	struct plan_file *file = r->file;
	struct plan_block *b = file->n_blocks ? &file->blocks[file->n_blocks - 1] : NULL;
	struct entry *e = plan_file_entry(file);
	struct members members = {0};
	int result;

	e->kind = kind;
	if (kind != ENTRY_LEAVE && (!b || !r->in_block))
		return err_set(err, EINVAL, "an entry stands outside of a session");
	if (kind != ENTRY_LEAVE) {
		e->session = b->session;
		b->n_entries++;
	}
	if (plan_need(r, "rule", &e->rule, err) < 0)
		return -1;
	if (!e->rule)
		return err_set(err, EINVAL, "an entry needs its rule");
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
