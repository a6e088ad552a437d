#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ids.h"
#include "services/dedupe-auditor/plan/plan_file.h"
#include "services/dedupe-auditor/plan/plan_text.h"

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
read_body(struct reader *r, struct err *err)
{
	int kind;

	if (!strcmp(r->word, "session"))
		return read_block(r, err);
	if (!strcmp(r->word, "saw") && r->in_block)
		return read_saw(r, err);
	if (!strcmp(r->word, "left")) {
		r->in_block = 0;
		return plan_entry(r, ENTRY_LEAVE, err);
	}
	for (kind = 0; kind < ENTRY_KINDS; kind++)
		if (kind != ENTRY_LEAVE &&
		    !strcmp(r->word, entry_kind_text((enum entry_kind)kind)))
			return plan_entry(r, (enum entry_kind)kind, err);
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
