#include "services/http-api/reads/reads.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/http-api/commands/sync_batch.h"
#include "services/http-api/reads/catalog.h"
#include "services/http-api/reads/computed.h"
#include "services/http-api/reads/row_json.h"

static const struct read *const all[] = {
	&read_sessions, &read_session, &read_readings, &read_thinned, &read_surveys, &read_events,
	&read_devices, &read_people, &read_next_level, &read_sync, &read_basis, &read_quality,
	&read_summaries, &read_weeks, &read_silences};
#define N_READS (sizeof(all) / sizeof(all[0]))

struct reads {
	char *sql[N_READS];
};

struct reads *
reads_new(void)
{
	struct reads *reads = calloc(1, sizeof(*reads));
	size_t i;

	ASSERT(reads);
	for (i = 0; i < N_READS; i++)
		reads->sql[i] = read_sql(all[i]);
	return reads;
}

void
reads_free(struct reads **reads)
{
	size_t i;

	if (!*reads)
		return;
	for (i = 0; i < N_READS; i++)
		free((*reads)->sql[i]);
	free(*reads);
	*reads = NULL;
}

/* ---- the question */

static const char *
arg(const struct ask *ask, const char *name)
{
	size_t i;

	for (i = 0; i < ask->n_args; i++)
		if (!strcmp(ask->args[i].name, name))
			return ask->args[i].value;
	return NULL;
}

/* The session or the person of the path. */
static int
take_key(const struct ask *ask, struct query *q, struct problem *problem)
{
	char id[37];

	if (strstr(ask->route->path, "{person}")) {
		if (!sync_batch_is_uuid(ask->key) || sync_batch_session(ask->key, id) < 0)
			return problem_set(problem, 404, "person", "no such person: must be a UUID");
	} else if (sync_batch_session(ask->key, id) < 0) {
		return problem_set(problem, 404, "id", "no such session");
	}
	(void)snprintf(q->text[0], sizeof(q->text[0]), "%s", id);
	q->given[0] = 1;
	return 1;
}

static int
take_params(const struct ask *ask, struct query *q, struct problem *problem)
{
	const struct param *p = ask->route->params;
	const char *text;

	for (; p && p->name; p++, q->n++) {
		ASSERT(q->n < READS_PARAMS);
		text = arg(ask, p->name);
		if (!text && !p->fallback)
			continue;
		if (param_read(p, text ? text : p->fallback, q->text[q->n], problem) < 0)
			return -1;
		q->given[q->n] = 1;
	}
	return 0;
}

int
reads_query(const struct reads *reads, const struct ask *ask, struct query *q,
	    struct problem *problem)
{
	const struct read *read = ask->route->read;
	size_t i;

	memset(q, 0, sizeof(*q));
	q->claims = ask->caller.claims;
	if (strchr(ask->route->path, '{') && (q->n = take_key(ask, q, problem)) < 0)
		return -1;
	if (take_params(ask, q, problem) < 0)
		return -1;
	if (read == &read_readings && arg(ask, "points")) {
		if (arg(ask, "after") || arg(ask, "limit"))
			return problem_set(problem, 400, "points", "gives all of it thinned, without "
					   "`after` and `limit`");
		read = &read_thinned;
	}
	q->include_mock = arg(ask, "include_mock") && !strcmp(arg(ask, "include_mock"), "true");
	for (i = 0; all[i] != read; i++)
		;
	q->sql = reads->sql[i];
	return 0;
}

/* ---- the answer */

/* Rows that one page may have. */
static long
limit_of(const struct ask *ask)
{
	const struct param *p = route_param(ask->route, "limit");
	const char *text = arg(ask, "limit");

	if (!p || arg(ask, "points"))
		return LONG_MAX;
	return strtol(text ? text : p->fallback, NULL, 10);
}

/* `"next":"..."}`, malloc'ed: after which row the next page begins, or that there is none. */
static char *
next_of(const struct read *read, const PGresult *result, long limit)
{
	char *cursor, *text = NULL;

	if (PQntuples(result) <= limit)
		return strdup("\"next\":null}");
	cursor = row_json_cursor(read->shape, read->cursor, result, (int)limit - 1);
	if (cursor && asprintf(&text, "\"next\":\"%s\"}", cursor) < 0)
		text = NULL;
	free(cursor);
	return text;
}

static char *
page(const struct ask *ask, const PGresult *result, size_t *n_rows)
{
	const struct read *read = ask->route->read;
	long limit = limit_of(ask), n = PQntuples(result), i;
	char *next = next_of(read, result, limit), *text, *p;
	size_t room;

	if (!next)
		return NULL;
	if (n == 1 && PQgetisnull(result, 0, 0))
		n = 0;  /* of the session itself */
	n = n > limit ? limit : n;
	room = strlen(read->list) + strlen(next) + sizeof("{\"\":[],");
	for (i = 0; i < n; i++)
		room += row_json_room(read->shape, result, (int)i) + 1;
	if ((text = p = malloc(room))) {
		p += sprintf(p, "{\"%s\":[", read->list);
		for (i = 0; i < n; i++) {
			if (i)
				*p++ = ',';
			p = row_json_print(read->shape, result, (int)i, p);
		}
		(void)sprintf(p, "],%s", next);
		*n_rows = (size_t)n;
	}
	free(next);
	return text;
}

static char *
answer_by_form(const struct ask *ask, const PGresult *result, int64_t now_us, size_t *n)
{
	*n = 1;
	switch (ask->route->read->form) {
	case READ_DETAIL:
		return computed_detail(result, n);
	case READ_NEXT_LEVEL:
		return computed_next_level(ask->key, result, now_us);
	case READ_ROW:
		return strdup(PQgetvalue(result, 0, 0));
	case READ_LIST:
	case READ_OF_SESSION:
		return page(ask, result, n);
	}
	return NULL;
}

char *
reads_answer(const struct ask *ask, const PGresult *result, int64_t now_us, size_t *len,
	     size_t *n, struct problem *problem)
{
	enum read_form form = ask->route->read->form;
	char *text;

	*n = 0;
	if (form != READ_LIST && form != READ_NEXT_LEVEL && PQntuples(result) == 0) {
		(void)problem_set(problem, 404, "id", "no such session in Postgres (yet: a new one "
				  "arrives there with its first sync)");
		return NULL;
	}
	text = answer_by_form(ask, result, now_us, n);
	*len = text ? strlen(text) : 0;
	if (!text)
		(void)problem_set(problem, 503, "", "out of memory");
	return text;
}
