/*
 * export - sessions out of the gateway's SQLite file, in the format of somebody's tool
 *
 * Formats of tables are a folder with a file a table, EDF+ a folder with a file a session,
 * the others one file.  The writers are http-api's, so that both give the same bytes.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/sig.h"
#include "proto/records.h"
#include "services/http-api/export/export.h"
#include "services/ihht/export/in_store.h"
#include "services/ihht/export/out_file.h"
#include "services/ihht/find.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define ROWS_BETWEEN_LOOKS 4096   /* at signals and at the clock */
#define PROGRESS_US        200000

struct part {  /* one file that is being written */
	struct out_file file;
	struct sink sink;
	struct export *x;
};

struct job {
	const struct format *format;
	const struct table *table;        /* NULL: all */
	const char *out;
	int force;
	struct in_store_wish wish;
	struct export_about about;
	char source[120];
	struct in_store *store;
	struct part *parts[N_TABLES + 1]; /* the last one: the dictionary of CSV */
	int n_parts;
	int64_t n_sessions, n_readings, n_wanted, n_mock, shown_us;
	int signals, shows;               /* progress, on a terminal */
	json_t *files;
};

/* ---- parts */

static int
open_part(struct job *job, const struct table *table, const char *path, struct err *err)
{
	struct part *part = calloc(1, sizeof(*part));

	ASSERT(part);
	if (out_file_open(&part->file, path, job->force, err) < 0) {
		free(part);
		return -1;
	}
	sink_init(&part->sink, out_file_write, &part->file);
	job->parts[job->n_parts++] = part;
	if (table || job->format->shape != SHAPE_TABLES)
		part->x = export_new(job->format, table, &job->about, &part->sink);
	else
		export_dictionary(&part->sink, &job->about);
	return 0;
}

static int
open_in_folder(struct job *job, const struct table *table, const char *name, const char *suffix,
	       struct err *err)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s%s", job->out, name, suffix) >= (int)sizeof(path))
		return err_set(err, ENAMETOOLONG, "%.100s...: too long a name", job->out);
	return open_part(job, table, path, err);
}

static void
note_file(struct job *job, const struct part *part)
{
	json_array_append_new(job->files, json_pack("{s:s, s:I}", "path", part->file.path, "bytes",
						    (json_int_t)part->sink.n_bytes));
}

/* All of them whole and under their names. */
static int
finish_parts(struct job *job, struct err *err)
{
	struct part *part;
	int i;

	for (i = 0; i < job->n_parts; i++) {
		part = job->parts[i];
		if (part->x ? export_end(part->x, err) < 0 : sink_flush(&part->sink, err) < 0)
			return -1;
	}
	for (i = 0; i < job->n_parts; i++) {
		if (out_file_done(&job->parts[i]->file, job->force, err) < 0)
			return -1;
		note_file(job, job->parts[i]);
	}
	return 0;
}

static void
drop_parts(struct job *job)
{
	while (job->n_parts) {
		struct part *part = job->parts[--job->n_parts];

		out_file_drop(&part->file);
		export_free(&part->x);
		free(part);
	}
}

/* ---- rows */

static int
look_around(struct job *job, struct err *err)
{
	struct pollfd stop = {.fd = job->signals, .events = POLLIN};
	int64_t now = clock_mono_us();

	if (poll(&stop, 1, 0) > 0)
		return err_set(err, EINTR, "stopped; nothing half done was left");
	if (!job->shows || now - job->shown_us < PROGRESS_US)
		return 0;
	job->shown_us = now;
	fprintf(stderr, "\r%lld of %lld sessions, %lld readings ", (long long)job->n_sessions,
		(long long)job->n_wanted, (long long)job->n_readings);
	return 0;
}

static int
is_wanted(const struct job *job, const struct table *table)
{
	int i;

	for (i = 0; i < job->n_parts; i++)
		if (job->parts[i]->x && export_wants(job->parts[i]->x, table))
			return 1;
	return 0;
}

static int
feed_table(struct job *job, const struct table *table, const struct session *session, struct err *err)
{
	uint64_t row[RECORDS_MAX / sizeof(uint64_t)];
	int64_t n = 0;
	int r, i;

	in_store_begin(job->store, table, session);
	while ((r = in_store_next(job->store, row, err)) > 0) {
		for (i = 0; i < job->n_parts; i++)
			if (job->parts[i]->x)
				export_row(job->parts[i]->x, table->message, row);
		job->n_readings += table->message == &msg_reading;
		if (++n % ROWS_BETWEEN_LOOKS == 0 && look_around(job, err) < 0)
			return -1;
	}
	return r;
}

static int
feed_session(struct job *job, const struct session *session, struct err *err)
{
	int i;

	for (i = 0; i < job->n_parts; i++)
		if (job->parts[i]->x)
			export_session(job->parts[i]->x, session);
	for (i = 1; i < N_TABLES; i++)
		if (is_wanted(job, &tables[i]) && feed_table(job, &tables[i], session, err) < 0)
			return -1;
	for (i = 0; i < job->n_parts; i++)  /* a full disk is told now, not at the end */
		if (job->parts[i]->sink.err.code) {
			*err = job->parts[i]->sink.err;
			return -1;
		}
	job->n_sessions++;
	return look_around(job, err);
}

/* ---- the three shapes */

static int
open_all(struct job *job, struct err *err)
{
	int i;

	if (job->format->shape == SHAPE_WHOLE || job->table)
		return open_part(job, job->table, job->out, err);
	for (i = 0; i < N_TABLES; i++)
		if (open_in_folder(job, &tables[i], tables[i].name, job->format->suffix, err) < 0)
			return -1;
	if (job->format == &format_csv)
		return open_in_folder(job, NULL, EXPORT_DICTIONARY, "", err);
	return 0;
}

static int
export_together(struct job *job, struct err *err)
{
	struct session session;
	int r;

	if (open_all(job, err) < 0)
		return -1;
	while ((r = in_store_session(job->store, &session, err)) > 0)
		if (feed_session(job, &session, err) < 0)
			return -1;
	return r < 0 ? -1 : finish_parts(job, err);
}

/* "20261123T050607_1f6b2c3d" */
static void
name_session(const struct session *session, char name[40])
{
	time_t start = (time_t)(session->start_us / CLOCK_SECOND);
	struct tm tm;
	size_t n;

	(void)gmtime_r(&start, &tm);
	n = strftime(name, 30, "%Y%m%dT%H%M%S", &tm);
	(void)snprintf(name + n, 40 - n, "_%.8s", session->id);
}

static int
export_apart(struct job *job, struct err *err)
{
	struct session session;
	int64_t n_readings;
	char name[40];
	int r;

	while ((r = in_store_session(job->store, &session, err)) > 0) {
		name_session(&session, name);
		n_readings = job->n_readings;
		if (open_in_folder(job, NULL, name, job->format->suffix, err) < 0 ||
		    feed_session(job, &session, err) < 0)
			return -1;
		if (export_again(job->parts[0]->x)) {
			job->n_sessions--;
			job->n_readings = n_readings;
			if (feed_session(job, &session, err) < 0)
				return -1;
		}
		if (finish_parts(job, err) < 0)
			return err_in(err, "session %.8s", session.id);
		drop_parts(job);
	}
	return r;
}

static int
make_folder(const struct job *job, struct err *err)
{
	if (job->format->shape == SHAPE_WHOLE || job->table)
		return 0;
	if (!strcmp(job->out, "-"))
		return err_set(err, EINVAL, "%s is a folder: only one file can go to standard output",
			       job->format->name);
	if (mkdir(job->out, 0777) < 0 && errno != EEXIST)
		return err_set(err, errno, "%s: %s", job->out, strerror(errno));
	return 0;
}

static int
run(struct job *job, const struct process *process, struct err *err)
{
	int r;

	if (!(job->store = in_store_open(process->database, &job->wish, err)) ||
	    in_store_count(job->store, &job->n_wanted, &job->n_mock, err) < 0)
		return -1;
	if (!job->n_wanted && *job->wish.session)
		return err_set(err, ENOENT, job->n_mock ? "it is mock data: --mock exports it"
			       : "no such session; `ihht session list` shows them");
	if (make_folder(job, err) < 0)
		return -1;
	r = job->format->shape == SHAPE_SESSION ? export_apart(job, err) : export_together(job, err);
	if (job->shows)
		fprintf(stderr, "\r%60s\r", "");
	return r;
}

/* ---- words */

static int
take_time(const char *text, int64_t *us)
{
	return clock_parse(text, us) == 0 && *us >= MSG_TIME_MIN && *us <= MSG_TIME_MAX ? 0 : -1;
}

static int
take_option(struct ihht *me, struct job *job, const char *name, const char *value, struct err *err)
{
	if (!strcmp(name, "--session"))
		return find_session(me->process, value, job->wish.session, err);
	if (!strcmp(name, "--user") && ids_valid(value))
		(void)snprintf(job->wish.user, sizeof(job->wish.user), "%s", value);
	else if (!strcmp(name, "--user"))
		return err_set(err, EINVAL, "--user %s: must be a UUID", value);
	else if (!strcmp(name, "--from") || !strcmp(name, "--to"))
		return take_time(value, name[2] == 'f' ? &job->wish.from_us : &job->wish.to_us) == 0 ? 0
			: err_set(err, EINVAL, "%s %s: must be ISO 8601, as 2026-11-23T05:06:07Z", name, value);
	else if (!strcmp(name, "--table") && (job->table = table_find(value)))
		return 0;
	else if (!strcmp(name, "--table"))
		return err_set(err, EINVAL, "--table %s: there are sessions, surveys, events, phase_stats,"
			       " progression, gaps, readings", value);
	else
		return err_set(err, EINVAL, "%s: no such option", name);
	return 0;
}

static int
take_words(struct ihht *me, struct job *job, int argc, char **argv, struct err *err)
{
	int i, n = 0;

	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--mock"))
			job->wish.mock = 1;
		else if (!strcmp(argv[i], "--force"))
			job->force = 1;
		else if (!strncmp(argv[i], "--", 2) && i + 1 == argc)
			return err_set(err, EINVAL, "%s: needs a value", argv[i]);
		else if (!strncmp(argv[i], "--", 2)) {
			if (take_option(me, job, argv[i], argv[i + 1], err) < 0)
				return -1;
			i++;
		} else if (n == 0 && !(job->format = export_format(argv[i])))
			return err_set(err, EINVAL, "%s: no such format; there are csv, parquet, json, edf, fhir, omh", argv[i]);
		else if (n++ == 1)
			job->out = argv[i];
	}
	if (n != 2)
		return err_set(err, EINVAL, "needs a format and where to");
	if (job->table && job->format->shape != SHAPE_TABLES)
		return err_set(err, EINVAL, "--table is for csv and parquet: %s holds all", job->format->name);
	return 0;
}

static void
tell(const struct ihht *me, const struct job *job)
{
	size_t i;

	if (!strcmp(job->out, "-"))
		return;
	if (me->json) {
		rows_print_json(json_pack("{s:s, s:I, s:I, s:I, s:O}", "format", job->format->name, "sessions",
					  (json_int_t)job->n_sessions, "readings", (json_int_t)job->n_readings,
					  "mock_left_out", (json_int_t)job->n_mock, "files", job->files));
		return;
	}
	for (i = 0; i < json_array_size(job->files); i++)
		puts(json_string_value(json_object_get(json_array_get(job->files, i), "path")));
	printf("%lld sessions, %lld readings\n", (long long)job->n_sessions, (long long)job->n_readings);
	if (job->n_mock)
		printf("%lld sessions of mock data were left out: --mock exports them\n", (long long)job->n_mock);
}

int
export_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct job job = {.wish = {.from_us = MSG_NONE, .to_us = MSG_NONE}};
	struct err err = {0};
	int r;

	if (take_words(me, &job, argc, argv, &err) < 0)
		return err.code == EINVAL ? verb_usage(verb, "%s", err.text)
					  : verb_fail(verb, err.code == ENOENT ? IHHT_UNWELL : PROCESS_TRY_AGAIN, &err);
	(void)snprintf(job.source, sizeof(job.source), "gateway %.64s", me->process->gateway);
	job.about = (struct export_about){clock_utc_us(), job.source, job.wish.from_us, job.wish.to_us,
					  job.wish.mock};
	job.shows = !me->json && isatty(STDERR_FILENO);
	job.files = json_array();
	if ((job.signals = sig_open(&err)) < 0)
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	r = run(&job, me->process, &err);
	drop_parts(&job);
	in_store_close(&job.store);
	if (r == 0)
		tell(me, &job);
	json_decref(job.files);
	(void)close(job.signals);
	if (r == 0)
		return IHHT_OK;
	return verb_fail(verb, err.code == EEXIST || err.code == ENOENT || err.code == EXPORT_CANNOT ||
			 err.code == EINVAL ? IHHT_UNWELL : PROCESS_TRY_AGAIN, &err);
}
