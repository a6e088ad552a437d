/* The plan of an import as commands to local-store. */
#include "services/ihht/import/app.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "proto/columns.h"
#include "services/dedupe-auditor/rules/fold.h"
#include "services/ihht/import/app_words.h"

#define PIECE    2000                     /* readings a command */
#define LATE_US  (60 * CLOCK_SECOND)      /* readings still on their way when a session ended */

static void
refuse(struct app *a, const char *what, const char *id, const char *why)
{
	if (!a->n_refused++)
		(void)snprintf(a->refused, sizeof(a->refused), "%s %s: %s", what, id, why);
}

/* 1 done, 0 refused (and noted), -1 local-store does not answer. */
static int
ask(struct app *a, const struct message *message, const char *key, const char *id, void *msg,
    struct reply *reply, struct err *err)
{
	struct err bad;

	if (client_ask(a->client, message, key, msg, -1, reply, err) < 0)
		return -1;
	if (reply->ok)
		return 1;
	(void)err_set(&bad, EPERM, "%s%s%s", reply->field, *reply->field ? ": " : "", reply->text);
	refuse(a, message->name, id, bad.text);
	return 0;
}

/* ---- sessions */

static const struct legacy_readings *
readings_of(const struct app *a, const char *session_id)
{
	size_t i;

	for (i = 0; i < a->model.n_readings; i++)
		if (a->model.readings[i].session_id && !strcmp(a->model.readings[i].session_id, session_id))
			return &a->model.readings[i];
	return NULL;
}

/* Readings that came a little after the end are the session's, and so it ends after them. */
static int64_t
end_of(const struct app *a, const struct entry *e)
{
	const struct legacy_readings *r = readings_of(a, e->members[0]);
	int64_t end_us = e->settled.end_us, last_us = r ? r->last_us + 1000 : MSG_NONE;

	if (end_us == MSG_NONE)
		return last_us;
	if (last_us != MSG_NONE && last_us > end_us && last_us <= end_us + LATE_US)
		end_us = last_us;
	return end_us > e->settled.start_us ? end_us : e->settled.start_us + 1000;
}

/* A name of a device on which nothing else was at that time. */
static void
choose_device(struct app *a, int64_t start_us, int64_t end_us, char *to, size_t size)
{
	int lane = 0;

	while (lane + 1 < APP_LANES && a->lanes_us[lane] > start_us)
		lane++;
	a->lanes_us[lane] = end_us;
	if (lane)
		(void)snprintf(to, size, "%s-%d", a->device, lane + 1);
	else
		(void)snprintf(to, size, "%s", a->device);
}

static int
stop_abandoned(struct app *a, const struct entry *e, struct err *err)
{
	struct session_stop stop;
	struct reply reply;

	msg_clear(&msg_session_stop, &stop);
	(void)snprintf(stop.session_id, sizeof(stop.session_id), "%s", e->session);
	stop.status = SESSION_ABANDONED;
	stop.at_us = a->end_us;
	return ask(a, &msg_session_stop, e->session, e->members[0], &stop, &reply, err);
}

static int
send_session(struct app *a, const struct entry *e, struct err *err)
{
	const char *const ids[] = {e->members[0]};
	struct session_start start;
	struct reply reply;
	struct cells row;
	int r;

	a->session = NULL;
	if ((r = in_app_row(a->in, LEGACY_SESSIONS, ids, 1, &row, err)) <= 0)
		return r;
	if (e->settled.status == SESSION_ACTIVE && !a->abandoned) {
		refuse(a, "session", e->members[0], "the app never ended it; --abandoned imports it");
		return 0;
	}
	a->end_us = end_of(a, e);
	if (a->end_us == MSG_NONE || a->end_us > a->now_us) {
		refuse(a, "session", e->members[0], "it has neither an end in the past nor readings");
		return 0;
	}
	msg_clear(&msg_session_start, &start);
	app_session(&row, &start);
	(void)snprintf(start.local_session_id, sizeof(start.local_session_id), "%s", e->settled.local_id);
	(void)snprintf(start.user_id, sizeof(start.user_id), "%s", a->user);
	start.start_us = e->settled.start_us;
	start.end_us = e->settled.status == SESSION_ACTIVE ? MSG_NONE : a->end_us;
	choose_device(a, start.start_us, a->end_us, start.device_id, sizeof(start.device_id));
	if (!a->is_dry && (r = ask(a, &msg_session_start, start.device_id, e->members[0], &start, &reply,
				   err)) <= 0)
		return r;
	if (!a->is_dry && strcmp(reply.session_id, e->session) != 0) {
		refuse(a, "session", e->members[0], "another session runs");
		return 0;
	}
	a->session = e;
	a->n_sessions++;
	a->n_again += !a->is_dry && !reply.added;
	if (e->settled.status == SESSION_ACTIVE && !a->is_dry)
		return stop_abandoned(a, e, err);
	return 0;
}

/* ---- readings */

struct batch {
	struct reading *rows;
	struct legacy_reading *keys;
	size_t *into, n, room;
};

static void
batch_add(struct batch *b, const struct reading *r)
{
	if (b->n == b->room) {
		b->room = b->room ? b->room * 2 : 1024;
		b->rows = reallocarray(b->rows, b->room, sizeof(*b->rows));
		b->keys = reallocarray(b->keys, b->room, sizeof(*b->keys));
		b->into = reallocarray(b->into, b->room, sizeof(*b->into));
		ASSERT(b->rows && b->keys && b->into);
	}
	b->keys[b->n] = (struct legacy_reading){
		.time_us = r->taken_us, .row = b->n, .signal_strength = r->signal_strength,
		.spo2 = isnan(r->spo2) ? MSG_NONE : llrint(r->spo2),
		.heart_rate = isnan(r->heart_rate) ? MSG_NONE : llrint(r->heart_rate),
	};
	b->rows[b->n++] = *r;
}

static int
by_time(const void *a, const void *b)
{
	const struct legacy_reading *x = a, *y = b;

	return x->time_us != y->time_us ? (x->time_us < y->time_us ? -1 : 1)
					: x->row < y->row ? -1 : x->row > y->row;
}

static int
send_piece(struct app *a, const struct reading *rows, size_t n, struct err *err)
{
	struct import *m = &a->piece;
	struct reply reply;
	size_t len;
	int r;

	msg_clear(&msg_import, m);
	(void)snprintf(m->session_id, sizeof(m->session_id), "%s", a->session->session);
	m->count = (int64_t)n;
	if (columns_pack(&msg_reading, rows, n, m->columns.bytes, sizeof(m->columns.bytes), &len, err) < 0)
		return -1;
	m->columns.len = (uint32_t)len;
	r = ask(a, &msg_import, m->session_id, a->session->members[0], m, &reply, err);
	if (r > 0) {
		a->n_added += reply.added;
		a->n_seen += reply.seen;
	}
	return r < 0 ? -1 : 0;
}

/* One reading for each sample; two that tell otherwise of one moment are both kept. */
static int
send_batch(struct app *a, struct batch *b, struct err *err)
{
	static struct reading piece[PIECE];
	struct fold_sum sum = {0};
	int64_t last_us = MSG_NONE, n_same = 0;
	size_t i, n = 0;

	if (b->n)
		qsort(b->keys, b->n, sizeof(*b->keys), by_time);
	readings_fold(b->keys, b->n, b->into, &sum);
	for (i = 0; i < b->n; i++) {
		const struct reading *r = &b->rows[b->keys[i].row];

		if (b->into[i] != i)
			continue;
		if (r->taken_us < a->session->settled.start_us || r->taken_us >= a->end_us) {
			a->n_late++;
			continue;
		}
		n_same = r->taken_us / 1000 == last_us / 1000 ? n_same + 1 : 0;
		last_us = r->taken_us;
		piece[n] = *r;
		piece[n++].epoch += n_same;
		if (a->is_dry)
			a->n_added++;
		if (n == PIECE && !a->is_dry && send_piece(a, piece, n, err) < 0)
			return -1;
		n = n == PIECE ? 0 : n;
	}
	return n && !a->is_dry ? send_piece(a, piece, n, err) : 0;
}

static int
send_readings(struct app *a, const struct entry *e, struct err *err)
{
	struct batch batch = {0};
	struct cells row = {0};
	struct reading reading;
	int r = in_app_readings(a->in, e->members[0], err);

	while (r >= 0 && (r = in_app_next(a->in, &row, err)) > 0)
		if (app_reading(&row, &reading) == 0)
			batch_add(&batch, &reading);
	if (r == 0)
		r = send_batch(a, &batch, err);
	free(batch.rows);
	free(batch.keys);
	free(batch.into);
	return r;
}

/* ---- what hangs below */

static char *
session_of(const struct message *message, void *msg)
{
	int i = 0;

	while (strcmp(message->fields[i].name, "session_id") != 0)
		i++;
	return (char *)msg + message->fields[i].offset;
}

/* Sends one record, if it is within its limits. */
static int
send_record(struct app *a, const struct message *message, const char *id, void *msg, struct err *err)
{
	struct reply reply;
	struct err bad;
	int r;

	(void)snprintf(session_of(message, msg), sizeof(ids_uuid), "%s", a->session->session);
	if (msg_check(message, msg, &bad) < 0) {
		refuse(a, message->name, id, bad.text);
		return 0;
	}
	if (a->is_dry) {
		a->n_records++;
		return 0;
	}
	if ((r = ask(a, message, a->session->session, id, msg, &reply, err)) > 0) {
		a->n_records += reply.added;
		a->n_records_seen += !reply.added;
	}
	return r < 0 ? -1 : 0;
}

static int
send_survey(struct app *a, const struct cells *row, const char *id, struct err *err)
{
	static const int64_t kinds[] = {SURVEY_PRE, SURVEY_POST};
	struct survey survey;
	size_t i;

	for (i = 0; i < 2; i++) {
		msg_clear(&msg_survey, &survey);
		if (app_survey(row, kinds[i], &survey) && send_record(a, &msg_survey, id, &survey, err) < 0)
			return -1;
	}
	return 0;
}

static int
send_row(struct app *a, enum legacy_table table, const struct cells *row, const char *id,
	 struct err *err)
{
	struct survey survey;
	struct event event;
	struct phase_stats stats;

	msg_clear(&msg_survey, &survey);
	msg_clear(&msg_event, &event);
	msg_clear(&msg_phase_stats, &stats);
	if (table == LEGACY_SURVEYS)
		return send_survey(a, row, id, err);
	if (table == LEGACY_RESPONSES && app_response(row, &survey) == 0)
		return send_record(a, &msg_survey, id, &survey, err);
	if (table == LEGACY_EVENTS && app_event(row, &event) == 0)
		return send_record(a, &msg_event, id, &event, err);
	if (table == LEGACY_PHASE_STATS && app_phase_stats(row, &stats) == 0)
		return send_record(a, &msg_phase_stats, id, &stats, err);
	if (table == LEGACY_CYCLE_METRICS || table == LEGACY_ADAPTATION_METRICS)
		a->n_metrics++;  /* figures of figures: local-store has no place for them */
	else
		refuse(a, legacy_table_name(table), id, "lacks its kind, number or time");
	return 0;
}

/* The rows that are one with it, most trusted first: those of the fold it is to stay of. */
static const struct entry *
fold_of(const struct app *a, const struct entry *adopt, const char *id)
{
	const struct entry *e;

	for (e = adopt; e < a->plan.entries + a->plan.n && e->session &&
	     !strcmp(e->session, adopt->session); e++)
		if (e->kind == ENTRY_FOLD && e->table == adopt->table &&
		    !strcmp(e->members[e->keep], id))
			return e;
	return NULL;
}

static int
send_children(struct app *a, const struct entry *e, struct err *err)
{
	const struct entry *fold;
	struct cells row;
	size_t i;
	int r;

	for (i = 0; i < e->n_members; i++) {
		fold = fold_of(a, e, e->members[i]);
		r = fold ? in_app_row(a->in, e->table, fold->members, fold->n_members, &row, err)
			 : in_app_row(a->in, e->table, &e->members[i], 1, &row, err);
		if (r > 0)
			r = send_row(a, e->table, &row, e->members[i], err);
		if (r < 0)
			return -1;
	}
	return 0;
}

int
app_send(struct app *a, struct err *err)
{
	const struct entry *e;
	int r = 0;

	for (e = a->plan.entries; r == 0 && e < a->plan.entries + a->plan.n; e++) {
		if (e->kind != ENTRY_ADOPT)
			continue;
		if (e->table == LEGACY_SESSIONS)
			r = send_session(a, e, err) < 0 ? -1 : 0;
		else if (!a->session || strcmp(a->session->session, e->session) != 0)
			a->n_bad += e->n;
		else if (e->table == LEGACY_READINGS)
			r = send_readings(a, e, err);
		else
			r = send_children(a, e, err);
		if (isatty(STDERR_FILENO))
			fprintf(stderr, "\r\033[K%s: %lld sessions", a->path, (long long)a->n_sessions);
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	return r;
}
