/*
 * import - recordings that people have as files, into sessions of local-store
 *
 *	in      .vld and CSV files of Viatom/Wellue rings; the SQLite file, read-only; replies
 *	out     commands to local-store: session_start, and import in pieces
 *
 * All files are read before anything is sent: one that cannot be understood stops them all.
 * What is sent can be sent again: ids are computed, and what was there is only counted.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/db.h"
#include "proto/columns.h"
#include "services/ihht/client.h"
#include "services/ihht/find.h"
#include "services/ihht/import/in_file.h"
#include "services/ihht/import/job.h"
#include "services/ihht/import/zone.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define PIECE       2000          /* readings a command */
#define AHEAD_S     60            /* further ahead of us it is a mistake, as in local-store */
#define NAMELESS    "viatom"      /* a device whose file does not tell its name */

/* ---- what was asked */

static int
take_order(struct job *job, const char *text)
{
	job->order = !strcmp(text, "day-first") ? STAMP_DAY_FIRST
		     : !strcmp(text, "month-first") ? STAMP_MONTH_FIRST : STAMP_UNTOLD;
	return job->order == STAMP_UNTOLD;
}

/* 0, or an exit code. */
static int
take_words(struct job *job, const struct verb *verb, int argc, char **argv)
{
	const char *dates = NULL;
	const struct {
		const char *name, **to;
	} options[] = {{"--user", &job->user}, {"--session", &job->session}, {"--zone", &job->zone},
		       {"--device", &job->device}, {"--dates", &dates}};
	size_t o;
	int i;

	for (i = 0; i < argc; i++) {
		for (o = 0; o < 5 && strcmp(argv[i], options[o].name); o++)
			;
		if (o < 5 && ++i == argc)
			return verb_usage(verb, "%s needs a value", options[o].name);
		else if (o < 5)
			*options[o].to = argv[i];
		else if (!strcmp(argv[i], "--dry-run"))
			job->is_dry = 1;
		else if (argv[i][0] == '-')
			return verb_usage(verb, "%s: no such option", argv[i]);
		else if (job->n == MOST_FILES)
			return verb_usage(verb, "more than %d files", MOST_FILES);
		else
			job->files[job->n++].path = argv[i];
	}
	if (!job->n)
		return verb_usage(verb, "needs a FILE");
	if (!job->user == !job->session)
		return verb_usage(verb, "needs --user, for whom a session is made, or --session");
	if (job->user && !ids_valid(job->user))
		return verb_usage(verb, "--user %s: must be a UUID in lower case", job->user);
	if (job->device && (!*job->device || strlen(job->device) > 64))
		return verb_usage(verb, "--device must have 1 to 64 bytes");
	if (dates && take_order(job, dates))
		return verb_usage(verb, "--dates must be day-first or month-first");
	return 0;
}

/* ---- reading */

/* Says what is wrong with that file; -1. */
static int
blame(const struct verb *verb, const struct file *file, const struct err *err)
{
	fprintf(stderr, "ihht %s: %s: %s\n", verb->name, file->path, err->text);
	return -1;
}

static int
check_time(const struct recorded *r, struct err *err)
{
	const struct recorded_row *last = &r->rows[r->n - 1];
	int64_t ahead_s = last->utc_s - clock_utc_us() / CLOCK_SECOND;

	if (ahead_s + r->step_s <= AHEAD_S)
		return 0;
	ahead_s /= 60;
	return err_set(err, EBADMSG, "line %lld: %lld minutes in the future: is it another --zone, or "
		       "are --dates the other way?", (long long)last->line, (long long)ahead_s);
}

static int
read_file(struct job *job, struct file *file, struct err *err)
{
	struct recorded *r = &file->recorded;
	struct reading reading;
	struct err bad;
	size_t i;

	if (in_file_read(file->path, job->order, r, err) < 0 || check_time(r, err) < 0)
		return -1;
	if (job->device || !*r->device_id)
		(void)snprintf(r->device_id, sizeof(r->device_id), "%s", job->device ? job->device : NAMELESS);
	for (i = 0; i < r->n; i++) {
		recorded_reading(&r->rows[i], &reading);
		file->n_valueless += !!reading.invalid;
		if (msg_check(&msg_reading, &reading, &bad) < 0)
			return err_set(err, EBADMSG, "line %lld: %s", (long long)r->rows[i].line, bad.text);
	}
	return 0;
}

static int
by_start(const void *a, const void *b)
{
	int64_t x = ((const struct file *)a)->recorded.rows[0].utc_s;
	int64_t y = ((const struct file *)b)->recorded.rows[0].utc_s;

	return (x > y) - (x < y);
}

static int
read_files(struct job *job, const struct verb *verb)
{
	struct err err;
	size_t i;
	int r = 0;

	for (i = 0; i < job->n; i++)
		if (read_file(job, &job->files[i], &err) < 0)
			r = blame(verb, &job->files[i], &err);
	if (r == 0)  /* what goes on comes after what it goes on from */
		qsort(job->files, job->n, sizeof(job->files[0]), by_start);
	return r;
}

/* ---- sending */

static int
choose_target(struct job *job, struct file *file, struct err *err)
{
	ids_uuid id;
	size_t i;

	if (!job->session) {
		if (target_made(job->db, job->user, &file->recorded, &file->target, err) < 0)
			return -1;
	} else if (!job->db) {
		return err_set(err, ENOENT, "%s: no such session: nothing is stored yet", job->session);
	} else if (find_session(job->me->process, job->session, id, err) < 0 ||
		   target_named(job->db, id, &file->target, err) < 0) {
		return -1;
	}
	if (job->db && target_check(job->db, &file->target, &file->recorded, err) < 0)
		return -1;
	for (i = 0, file->n_inside = 0; i < file->recorded.n; i++)
		file->n_inside += (size_t)target_holds(&file->target, &file->recorded.rows[i]);
	return file->n_inside ? 0 : err_set(err, ENOENT, "none of its readings lies in the span of "
					    "session %s", file->target.session_id);
}

static int
ask(struct job *job, const struct message *message, const char *key, void *msg,
    struct reply *reply, struct err *err)
{
	if (client_ask(job->client, message, key, msg, -1, reply, err) < 0)
		return -1;
	return reply->ok ? 0 : err_set(err, EPERM, "refused: %s%s%s", reply->field,
				       *reply->field ? ": " : "", reply->text);
}

static int
make_session(struct job *job, const struct target *t, struct err *err)
{
	struct session_start start;
	struct reply reply;

	msg_clear(&msg_session_start, &start);
	(void)snprintf(start.local_session_id, sizeof(start.local_session_id), "%s", t->local_session_id);
	memcpy(start.user_id, t->user_id, sizeof(start.user_id));
	(void)snprintf(start.device_id, sizeof(start.device_id), "%s", t->device_id);
	start.start_us = t->start_us;
	start.end_us = t->end_us;
	start.data_source = DATA_SOURCE_MANUAL;
	return ask(job, &msg_session_start, t->device_id, &start, &reply, err);
}

static int
send_piece(struct job *job, struct file *file, const struct reading *rows, size_t n,
	   struct err *err)
{
	struct import *m = &job->piece;
	struct reply reply;
	size_t len;

	msg_clear(&msg_import, m);
	memcpy(m->session_id, file->target.session_id, sizeof(m->session_id));
	m->count = (int64_t)n;
	if (columns_pack(&msg_reading, rows, n, m->columns.bytes, sizeof(m->columns.bytes), &len, err) < 0)
		return -1;
	m->columns.len = (uint32_t)len;
	if (ask(job, &msg_import, m->session_id, m, &reply, err) < 0)
		return -1;
	file->added += reply.added;
	file->seen += reply.seen;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%s: %zu of %zu ", file->path, (size_t)file->added + (size_t)file->seen,
			file->n_inside);
	return 0;
}

static int
send_rows(struct job *job, struct file *file, struct err *err)
{
	static struct reading rows[PIECE];
	const struct recorded *r = &file->recorded;
	size_t i, n = 0;

	for (i = 0; i < r->n; i++) {
		if (target_holds(&file->target, &r->rows[i]))
			recorded_reading(&r->rows[i], &rows[n++]);
		if ((n == PIECE || (n && i + 1 == r->n)) && send_piece(job, file, rows, n, err) < 0)
			return -1;
		n = n == PIECE ? 0 : n;
	}
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
	return 0;
}

static int
put_file(struct job *job, struct file *file, struct err *err)
{
	if (choose_target(job, file, err) < 0)
		return -1;
	if (job->is_dry)
		return 0;
	if (file->target.is_made && make_session(job, &file->target, err) < 0)
		return -1;
	return send_rows(job, file, err);
}

/* ---- all of it */

/* A store that is not there yet is no fault. */
static int
open_store(struct job *job, struct err *err)
{
	if (access(job->me->process->database, F_OK) < 0 && errno == ENOENT)
		return 0;
	return (job->db = db_open_readonly(job->me->process->database, err)) ? 0 : -1;
}

static int
put_files(struct job *job, const struct verb *verb)
{
	json_t *all = json_array();
	int code = IHHT_OK, failed;
	struct err err;
	size_t i;

	for (i = 0; i < job->n; i++) {
		if ((failed = put_file(job, &job->files[i], &err) < 0)) {
			(void)blame(verb, &job->files[i], &err);
			code = err.code == EAGAIN ? PROCESS_TRY_AGAIN : IHHT_UNWELL;
		} else if (job->me->json) {
			json_array_append_new(all, job_file_json(job, &job->files[i]));
		} else {
			job_print_file(job, &job->files[i]);
		}
		if (failed && err.code == EAGAIN)
			break;  /* local-store is away: it is for the next ones too */
	}
	if (job->me->json)
		rows_print_json(json_incref(all));
	json_decref(all);
	return code;
}

int
import_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct job *job = calloc(1, sizeof(*job));
	struct err err;
	size_t i;
	int code;

	ASSERT(job);
	job->me = me;
	if ((code = take_words(job, verb, argc, argv)) == 0) {
		if (zone_set(job->zone, &err) < 0)
			code = verb_usage(verb, "--zone %s", err.text);
		else if (read_files(job, verb) < 0)
			code = IHHT_UNWELL;
		else if (open_store(job, &err) < 0 ||
			 (!job->is_dry && !(job->client = client_open(me->process, &err))))
			code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
		else
			code = put_files(job, verb);
	}
	for (i = 0; i < job->n; i++)
		recorded_release(&job->files[i].recorded);
	client_close(&job->client);
	db_close(&job->db);
	free(job);
	return code;
}
