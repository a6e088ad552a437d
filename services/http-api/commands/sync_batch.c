#include "services/http-api/commands/sync_batch.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/ids.h"
#include "services/http-api/commands/set_apart.h"
#include "services/http-api/commands/sync_readings.h"
#include "services/http-api/commands/sync_rows.h"

int
sync_batch_session(const char *text, char id[37])
{
	size_t n = strlen(text), i;

	if (n == 36) {
		for (i = 0; i <= n; i++)
			id[i] = (char)tolower((unsigned char)text[i]);
		if (ids_valid(id))
			return 0;
	}
	if (!n || n > 64)
		return -1;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_' && text[i] != '-')
			return -1;
	ids_session(text, id);
	return 0;
}

int
sync_batch_is_uuid(const char *text)
{
	char id[37];

	return strlen(text) == 36 && sync_batch_session(text, id) == 0 && !strcasecmp(id, text);
}

static const struct kind {
	const char *names;
	int (*take)(struct batch *, const json_t *row, size_t item, struct err *);
} kinds[] = {
	{" session sessions ", sync_session},
	{" session_survey session_surveys survey surveys ", sync_survey},
	{" intra_session_response intra_session_responses ", sync_response},
	{" adaptive_event session_adaptive_event session_adaptive_events event events ", sync_event},
	{" phase_stats session_phase_stats ", sync_phase_stats},
	{" progression ", sync_progression},
	{" readings reading ", NULL},
};

static const struct kind *
find_kind(const json_t *type)
{
	const char *name = json_string_value(type);
	char word[48];
	size_t i;

	if (!name || strchr(name, ' ') ||
	    snprintf(word, sizeof(word), " %s ", name) >= (int)sizeof(word))
		return NULL;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strstr(kinds[i].names, word))
			return &kinds[i];
	return NULL;
}

static int
check_frame(const json_t *body, struct batch *b, struct problem *problem)
{
	const json_t *session = json_object_get(body, "sessionId"), *v;
	const char *name;

	json_object_foreach((json_t *)body, name, v)
		if (strcmp(name, "type") && strcmp(name, "data") && strcmp(name, "sessionId") &&
		    strcmp(name, "outcomes"))
			return problem_set(problem, 422, name, "no such field; a batch has type, data, "
					   "sessionId and outcomes");
	if ((v = json_object_get(body, "outcomes")) && !json_is_boolean(v))
		return problem_set(problem, 422, "outcomes", "must be true or false");
	b->plan->tell_rows = json_is_true(v);
	if (!session || json_is_null(session))
		return 0;
	if (!json_is_string(session) ||
	    sync_batch_session(json_string_value(session), b->session_id) < 0)
		return problem_set(problem, 422, "sessionId", "must be a session's UUID or local id");
	memcpy(b->plan->session_id, b->session_id, sizeof(b->session_id));
	if (!sync_batch_is_uuid(json_string_value(session)))
		b->local_session_id = json_string_value(session);
	return 0;
}

static int
take_rows(struct batch *b, const struct kind *kind, const json_t *data,
	  struct problem *problem)
{
	size_t n = json_is_array(data) ? json_array_size(data) : 1, i;
	size_t most = kind->take ? SYNC_BATCH_ROWS : SYNC_BATCH_READINGS;
	struct err err;
	int r;

	b->plan->n_rows = n;
	if (n > most)
		return problem_set(problem, 413, "data", "must have at most %zu rows", most);
	if (!kind->take) {
		if (!*b->session_id && n)
			return problem_set(problem, 422, "sessionId", "must be a session's UUID or "
					   "local id");
		return sync_readings(b, data, problem);
	}
	for (i = 0; i < n; i++) {
		const json_t *row = json_is_array(data) ? json_array_get(data, i) : data;

		r = json_is_object(row) ? kind->take(b, row, i, &err)
					: err_set(&err, EBADMSG, "a row must be a JSON object");
		if (r < 0 && set_apart_unread(b->plan, i, &err, problem) < 0)
			return -1;
	}
	return 0;
}

int
sync_batch_read(const json_t *body, struct plan *plan, struct problem *problem)
{
	const json_t *type = json_object_get(body, "type");
	const struct kind *kind = find_kind(type);
	struct batch b = {.plan = plan};
	json_t *data = json_object_get(body, "data");

	if (!kind)
		return problem_set(problem, 422, "type", "must be one of readings, session, "
				   "session_survey, intra_session_response, adaptive_event, "
				   "phase_stats, progression");
	if (!json_is_array(data) && !json_is_object(data))
		return problem_set(problem, 422, "data", "must be a row or a list of rows");
	plan->is_batch = 1;
	plan->rows = json_incref(data);
	(void)snprintf(plan->kind, sizeof(plan->kind), "%s", json_string_value(type));
	if (check_frame(body, &b, problem) < 0 || take_rows(&b, kind, data, problem) < 0) {
		plan_release(plan);
		return -1;
	}
	if (!plan->n)
		plan_release(plan);
	return 0;
}
