/*
 * restore - a person's sessions out of Postgres, into a gateway that lacks them
 *
 *	in      Postgres, read as the person; replies
 *	out     commands to local-store: restore, in pieces
 *
 * With --follow it then looks four times a second for what has been written since, by the
 * person's revision, until it is stopped; while Postgres or local-store is away it waits.
 *
 * The newest session comes first, and each command can be sent again: what is there already is
 * only counted.  So a run that was cut off is run again.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zmq.h>

#include "common/log.h"
#include "common/sig.h"
#include "proto/columns.h"
#include "proto/records.h"
#include "services/ihht/client.h"
#include "services/ihht/restore/in_cloud.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define PIECE    2000  /* readings a command */
#define SESSIONS 30
#define MOST     1000000
#define LOOK_MS  250     /* for what is new */
#define AWAY_MS  2000    /* and when a neighbour is away */
#define MOST_LOST 1024   /* revisions: 16 commits of each of 64 workers */

struct job {
	const char *user;
	int64_t most;                    /* sessions, 0: all */
	int is_follow, signals;          /* signals -1: none */
	struct cloud *cloud;
	struct client *client;
	struct restore piece;
	struct reading rows[PIECE];
	size_t n_sessions;
	int64_t n_running, n_bad, n_waiting, records_added, records_seen, readings_added, readings_seen;
	json_t *bad;                     /* what could not be restored, and why */
};

/* ---- what was asked */

/* 0, or an exit code. */
static int
take_words(struct job *job, const struct verb *verb, int argc, char **argv)
{
	const char *count = NULL;
	char *end;
	int i, all = 0;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--all"))
			all = 1;
		else if (!strcmp(argv[i], "--follow"))
			job->is_follow = 1;
		else if (strcmp(argv[i], "--user") != 0 && strcmp(argv[i], "--sessions") != 0)
			return verb_usage(verb, "%s: no such option", argv[i]);
		else if (i + 1 == argc)
			return verb_usage(verb, "%s needs a value", argv[i]);
		else {
			*(argv[i][2] == 'u' ? &job->user : &count) = argv[i + 1];
			i++;
		}
	}
	if (!job->user)
		return verb_usage(verb, "needs --user, whose sessions are wanted");
	if (!ids_valid(job->user))
		return verb_usage(verb, "--user %s: must be a UUID in lower case", job->user);
	if (all && count)
		return verb_usage(verb, "--sessions or --all, not both");
	job->most = all ? 0 : count ? strtoll(count, &end, 10) : SESSIONS;
	if (count && (*end || job->most < 1 || job->most > MOST))
		return verb_usage(verb, "--sessions %s: must be 1 to %d", count, MOST);
	return 0;
}

/* ---- sending */

/* A refusal is EBADMSG, as a row that cannot be read: the other sessions go on. */
static int
send_piece(struct job *job, int64_t *added, int64_t *seen, struct err *err)
{
	struct restore *m = &job->piece;
	struct reply reply;

	*m->request_id = 0;
	if (client_ask(job->client, &msg_restore, m->session_id, m, job->signals, &reply, err) < 0)
		return -1;
	if (!reply.ok)
		return err_set(err, strncmp(reply.text, "not stored", 10) ? EBADMSG : EAGAIN, "refused: %s", reply.text);
	job->n_waiting += !strcmp(reply.field, "waiting");
	*added += reply.added;
	*seen += reply.seen;
	m->records.len = m->columns.len = 0;
	m->count = 0;
	return 0;
}

static int
send_records(struct job *job, struct err *err)
{
	struct restore *m = &job->piece;
	const struct message *message;
	uint8_t record[RECORDS_MAX];
	int r;

	while ((r = cloud_record(job->cloud, &message, record, err)) > 0) {
		if (sizeof(m->records.bytes) - m->records.len < RECORDS_MAX &&
		    send_piece(job, &job->records_added, &job->records_seen, err) < 0)
			return -1;
		if (records_add(m->records.bytes, sizeof(m->records.bytes), &m->records.len, message, record,
				err) < 0)
			return -1;
	}
	if (r == 0 && m->records.len)
		r = send_piece(job, &job->records_added, &job->records_seen, err);
	return r;
}

static int
send_readings(struct job *job, struct err *err)
{
	struct restore *m = &job->piece;
	size_t n, len;

	do {
		if (cloud_readings(job->cloud, job->rows, PIECE, &n, err) < 0)
			return -1;
		if (!n)
			return 0;
		if (columns_pack(&msg_reading, job->rows, n, m->columns.bytes, sizeof(m->columns.bytes), &len,
				 err) < 0)
			return -1;
		m->columns.len = (uint32_t)len;
		m->count = (int64_t)n;
		if (send_piece(job, &job->readings_added, &job->readings_seen, err) < 0)
			return -1;
	} while (n == PIECE);
	return 0;
}

static int
send_session(struct job *job, const char *id, struct err *err)
{
	int r;

	msg_clear(&msg_restore, &job->piece);
	(void)snprintf(job->piece.session_id, sizeof(job->piece.session_id), "%s", id);
	r = cloud_begin(job->cloud, id, err);
	if (r == 0 && (r = send_records(job, err)) == 0)
		r = send_readings(job, err);
	cloud_end(job->cloud);
	return r;
}

/* ---- all of it */

/* Some of them, one that cannot be read or is refused aside. */
static int
send_sessions(struct job *job, const ids_uuid *ids, size_t n, struct err *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (isatty(STDERR_FILENO) && !job->is_follow)
			fprintf(stderr, "\r\033[Ksession %zu of %zu, %lld readings", i + 1, n,
				(long long)(job->readings_added + job->readings_seen));
		if (send_session(job, ids[i], err) == 0)
			continue;
		if (err->code != EBADMSG)
			return -1;
		if (job->is_follow)
			log_warn("not_restored", "session=%s why=\"%s\"", ids[i], err->text);
		else
			json_array_append_new(job->bad, json_pack("{ss ss}", "session_id", ids[i], "why", err->text));
		job->n_bad++;
	}
	return 0;
}

static int
restore_all(struct job *job, struct err *err)
{
	ids_uuid *ids = cloud_sessions(job->cloud, job->most, &job->n_sessions, &job->n_running, err);
	int r = ids ? send_sessions(job, ids, job->n_sessions, err) : -1;

	if (isatty(STDERR_FILENO) && !job->is_follow)
		fprintf(stderr, "\r\033[K");
	free(ids);
	return r;
}

/* ---- and what changes from then on */

static int
look(struct job *job, int64_t *revision, struct err *err)
{
	int64_t since = *revision;
	size_t n;
	ids_uuid *ids = cloud_changes(job->cloud, revision, &n, err);
	int r;

	job->n_waiting = 0;
	r = ids ? send_sessions(job, ids, n, err) : -1;
	job->n_sessions += r == 0 ? n : 0;
	if (r < 0 || job->n_waiting)
		*revision = since;  /* all of it again: some did not get here, or a change of ours goes there first */
	free(ids);
	return r;
}

/* 1 asked to stop, 0 the time is over. */
static int
rest(struct job *job, long ms)
{
	zmq_pollitem_t on = {.fd = job->signals, .events = ZMQ_POLLIN};

	return zmq_poll(&on, 1, ms) > 0;
}

struct cursor {
	int64_t first;           /* the revision at the beginning; -1: it has not begun */
	int64_t last;            /* all up to this one is here */
};

/* The revision comes first: what changes while the sessions are read is read again. */
static int
begin(struct job *job, struct cursor *cursor, struct err *err)
{
	int64_t now;

	if (cursor->first >= 0)
		return 0;
	if (cloud_revision(job->cloud, &now, err) < 0 || restore_all(job, err) < 0)
		return -1;
	cursor->first = cursor->last = now;
	log_info("ready", "sessions=%zu revision=%lld", job->n_sessions, (long long)now);
	return 0;
}

/* A Postgres that was away may have lost its newest commits (docs/decisions/0017), and given
 * their revisions to others: those are looked at again. */
static int64_t
again_from(const struct cursor *cursor)
{
	return cursor->last - MOST_LOST > cursor->first ? cursor->last - MOST_LOST : cursor->first;
}

/* Until it is asked to stop: 0; -1 a neighbour is away. */
static int
follow(struct job *job, struct process *process, struct cursor *cursor, struct err *err)
{
	int64_t revision;

	if ((!job->client && !(job->client = client_open(process, err))) ||
	    !(job->cloud = cloud_open(process, job->user, err)) || begin(job, cursor, err) < 0)
		return -1;
	revision = again_from(cursor);
	do {
		if (look(job, &revision, err) < 0)
			return -1;
		if (revision > cursor->last)
			cursor->last = revision;
	} while (!rest(job, LOOK_MS));
	return 0;
}

/* Postgres or local-store is away: said once, then tried again where it was.  An exit code. */
static int
run_follow(struct job *job, struct process *process)
{
	struct cursor cursor = {-1, -1};
	char said[300] = "";
	struct err err;

	log_open("ihht-restore");
	if ((job->signals = sig_open(&err)) < 0) {
		log_error("cannot_start", "why=\"%s\"", err.text);
		return PROCESS_TRY_AGAIN;
	}
	while (follow(job, process, &cursor, &err) < 0 && err.code != EINTR) {
		if (strcmp(said, err.text) != 0)
			log_warn("waiting", "why=\"%s\"", err.text);
		(void)snprintf(said, sizeof(said), "%s", err.text);
		cloud_close(&job->cloud);
		if (rest(job, AWAY_MS))
			break;
	}
	log_info("stopped", "sessions=%zu readings=%lld records=%lld not_restored=%lld", job->n_sessions,
		 (long long)job->readings_added, (long long)job->records_added, (long long)job->n_bad);
	return IHHT_OK;
}

static void
print_sum(const struct job *job)
{
	const json_t *one;
	size_t i;

	if (!job->n_sessions)
		printf("Postgres has no session of %s that is over\n", job->user);
	else
		printf("person %s\n  sessions: %zu\n"
		       "  readings: %lld added, %lld known already\n"
		       "  sessions, surveys, events, phases, progression: %lld added, %lld known already\n",
		       job->user, job->n_sessions - (size_t)job->n_bad, (long long)job->readings_added,
		       (long long)job->readings_seen, (long long)job->records_added, (long long)job->records_seen);
	if (job->n_running)
		printf("  left out: %lld that are not over; a session is where it runs\n", (long long)job->n_running);
	json_array_foreach(job->bad, i, one)
		printf("  not restored: %s: %s\n", json_string_value(json_object_get(one, "session_id")),
		       json_string_value(json_object_get(one, "why")));
}

static void
print_json(const struct job *job)
{
	rows_print_json(json_pack("{ss sI sI sI sI sI sI sO}", "user_id", job->user, "sessions",
				  (json_int_t)job->n_sessions - job->n_bad, "running", (json_int_t)job->n_running,
				  "readings_added", (json_int_t)job->readings_added, "readings_seen",
				  (json_int_t)job->readings_seen, "records_added", (json_int_t)job->records_added,
				  "records_seen", (json_int_t)job->records_seen, "not_restored", job->bad));
}

int
restore_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct job *job = calloc(1, sizeof(*job));
	struct err err;
	int code;

	ASSERT(job);
	job->bad = json_array();
	job->signals = -1;
	if ((code = take_words(job, verb, argc, argv)) == 0) {
		if (job->is_follow)
			code = run_follow(job, me->process);
		else if (!(job->cloud = cloud_open(me->process, job->user, &err)) ||
		    !(job->client = client_open(me->process, &err)) || restore_all(job, &err) < 0) {
			code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
		} else {
			me->json ? print_json(job) : print_sum(job);
			code = job->n_bad || !job->n_sessions ? IHHT_UNWELL : IHHT_OK;
		}
	}
	client_close(&job->client);
	cloud_close(&job->cloud);
	json_decref(job->bad);
	free(job);
	return code;
}
