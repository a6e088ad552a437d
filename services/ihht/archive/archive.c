/*
 * archive - readings that have left the database: what there is, whether it is whole, and back
 *
 *	in      the folder gateway/archive; the SQLite file, for what it knows of it; replies
 *	out     commands to local-store: restore, in pieces
 *
 * Nothing here writes into the folder or the database.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/columns.h"
#include "services/ihht/archive/in_files.h"
#include "services/ihht/client.h"
#include "services/ihht/grid.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define PIECE 2000  /* readings a command */

struct job {
	struct ihht *ihht;
	const char *session, *user;    /* NULL: all */
	struct archived_files files;
	struct archive *archive;
	struct client *client;
	struct restore piece;
	size_t n_files;
	int64_t readings, added;
	json_t *bad;                   /* [{"file", "why"}] */
	json_t *listed;                /* list: an object of each file */
};

/* ---- which */

/* 0, or an exit code. */
static int
take_words(struct job *job, const struct verb *verb, int argc, char **argv)
{
	if (argc == 1 && !strcmp(argv[0], "--all"))
		return 0;
	if (argc == 2 && !strcmp(argv[0], "--user"))
		job->user = argv[1];
	else if (argc == 1 && *argv[0] != '-')
		job->session = argv[0];
	else if (argc)
		return verb_usage(verb, "takes one session, or --user and a person");
	if (job->user && !ids_valid(job->user))
		return verb_usage(verb, "--user %s: must be a UUID in lower case", job->user);
	if (job->session && strlen(job->session) < 4)
		return verb_usage(verb, "%s: 4 or more characters of an id", job->session);
	return 0;
}

static int
is_text(const json_t *manifest, const char *name, const char *text, size_t n)
{
	const char *value = json_string_value(json_object_get(manifest, name));

	return value && !strncmp(value, text, n);
}

/* By its manifest; one without is everybody's until it is asked for by session, then its name. */
static int
is_wanted(const struct job *job, const struct archived_file *file, const json_t *manifest)
{
	if (job->user)
		return is_text(manifest, "user_id", job->user, 37);
	if (!job->session)
		return 1;
	return !strncmp(file->name + 8, job->session, strlen(job->session)) ||
	       is_text(manifest, "local_session_id", job->session, 65);
}

static void
say_bad(struct job *job, const struct archived_file *file, const char *why)
{
	json_array_append_new(job->bad, json_pack("{ss ss}", "file", file->name, "why", why));
}

/* What `each` does with those that are wanted; -1 and err ends it. */
static int
for_each(struct job *job, int (*each)(struct job *, const struct archived_file *, json_t *, struct err *),
	 struct err *err)
{
	const struct archived_file *file;
	json_t *manifest;
	struct err why;
	int r = files_find(job->ihht->process, &job->files, err);

	for (file = job->files.all; r == 0 && file < job->files.all + job->files.n; file++) {
		why.text[0] = 0;
		manifest = file->bytes < 0 ? NULL : files_manifest(job->ihht->process, file, &why);
		if (is_wanted(job, file, manifest))
			r = each(job, file, manifest, err);
		json_decref(manifest);
	}
	return r;
}

static int
finish(struct job *job, const struct verb *verb, int r, const struct err *err)
{
	int code = r < 0 ? verb_fail(verb, PROCESS_TRY_AGAIN, err)
			 : json_array_size(job->bad) ? IHHT_UNWELL : IHHT_OK;

	client_close(&job->client);
	files_release(&job->files);
	free(job->archive);
	json_decref(job->bad);
	json_decref(job->listed);
	free(job);
	return code;
}

static struct job *
begin(struct ihht *me)
{
	struct job *job = calloc(1, sizeof(*job));

	ASSERT(job);
	job->ihht = me;
	job->bad = json_array();
	job->archive = malloc(sizeof(*job->archive));
	ASSERT(job->archive);
	return job;
}

static void
print_bad(const struct job *job)
{
	const json_t *one;
	size_t i;

	json_array_foreach(job->bad, i, one)
		printf("%s: %s\n", json_string_value(json_object_get(one, "file")),
		       json_string_value(json_object_get(one, "why")));
}

/* ---- list */

static int
list_one(struct job *job, const struct archived_file *file, json_t *manifest, struct err *err)
{
	json_t *one = json_pack("{ss ss}", "file", file->name, "state", file->state);

	(void)err;
	job->n_files++;
	if (file->bytes >= 0)
		json_object_set_new(one, "bytes", json_integer(file->bytes));
	if (manifest)
		json_object_update(one, manifest);
	json_array_append_new(job->listed, one);
	return 0;
}

static void
print_list(const struct job *job)
{
	struct grid *grid = grid_new("SESSION|PART|READINGS|FROM|TO|BYTES|STATE|FILE");
	const char *const texts[] = {"from", "to"};
	const json_t *one;
	size_t i, k;

	json_array_foreach(job->listed, i, one) {
		const char *id = json_string_value(json_object_get(one, "local_session_id"));

		grid_add(grid, COLOUR_PLAIN, "%s", id ? id : "?");
		grid_add(grid, COLOUR_PLAIN, "%lld", (long long)json_integer_value(json_object_get(one, "part")));
		grid_add(grid, COLOUR_PLAIN, "%lld", (long long)json_integer_value(json_object_get(one, "readings")));
		for (k = 0; k < 2; k++) {
			const char *time = json_string_value(json_object_get(one, texts[k]));

			grid_add(grid, COLOUR_PLAIN, "%.19s", time ? time : "?");
		}
		grid_add(grid, COLOUR_PLAIN, "%lld", (long long)json_integer_value(json_object_get(one, "bytes")));
		grid_add(grid, json_object_get(one, "bytes") ? COLOUR_PLAIN : COLOUR_RED, "%s",
			 json_object_get(one, "bytes") ? json_string_value(json_object_get(one, "state")) : "missing");
		grid_add(grid, COLOUR_PLAIN, "%s", json_string_value(json_object_get(one, "file")));
	}
	grid_print(grid, stdout);
	grid_free(&grid);
}

int
archive_list_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct job *job = begin(me);
	struct err err;
	int code = take_words(job, verb, argc, argv), r;

	if (code)
		return finish(job, verb, 0, NULL), code;
	job->listed = json_array();
	r = for_each(job, list_one, &err);
	if (r == 0 && me->json)
		rows_print_json(json_incref(job->listed));
	else if (r == 0 && job->n_files)
		print_list(job);
	else if (r == 0)
		printf("no readings have left the database\n");
	return finish(job, verb, r, &err);
}

/* ---- verify */

/* Whole, and the one that was written. */
static int
check(struct job *job, const struct archived_file *file)
{
	struct err why;

	if (file->bytes < 0)
		(void)err_set(&why, ENOENT, "is gone; its readings are in Postgres");
	else if (archive_load(job->ihht->process->archive, file->name, job->archive, &why) == 0) {
		if (!*file->sha256 || !strcmp(file->sha256, job->archive->sha256) || !strcmp(file->state, "back"))
			return 1;
		(void)err_set(&why, EBADMSG, "is whole, but not the file that was written");
	}
	say_bad(job, file, why.text);
	return 0;
}

static int
verify_one(struct job *job, const struct archived_file *file, json_t *manifest, struct err *err)
{
	(void)manifest;
	(void)err;
	if (file->bytes < 0 && !strcmp(file->state, "back"))
		return 0;  /* nobody needs it any more */
	job->n_files++;
	if (check(job, file))
		job->readings += (int64_t)job->archive->n;
	return 0;
}

int
archive_verify_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct job *job = begin(me);
	struct err err;
	int code = take_words(job, verb, argc, argv), r;

	if (code)
		return finish(job, verb, 0, NULL), code;
	r = for_each(job, verify_one, &err);
	if (r == 0 && me->json) {
		rows_print_json(json_pack("{sI sI sO}", "files", (json_int_t)job->n_files, "readings",
					  (json_int_t)job->readings, "bad", job->bad));
	} else if (r == 0) {
		print_bad(job);
		printf("%zu files, %zu of them bad; %lld readings stand in the others\n", job->n_files,
		       json_array_size(job->bad), (long long)job->readings);
	}
	return finish(job, verb, r, &err);
}

/* ---- restore */

/* 1; 0 refused, and it was said; -1. */
static int
send_piece(struct job *job, const struct archived_file *file, struct err *err)
{
	struct restore *m = &job->piece;
	struct reply reply;

	*m->request_id = 0;
	if (client_ask(job->client, &msg_restore, m->session_id, m, -1, &reply, err) < 0)
		return -1;
	if (!reply.ok) {
		say_bad(job, file, reply.text);
		return 0;
	}
	if (m->count)
		job->added += reply.added;
	m->records.len = 0;
	return 1;
}

static int
send_file(struct job *job, const struct archived_file *file, struct err *err)
{
	const struct archive *a = job->archive;
	struct restore *m = &job->piece;
	size_t i, n, len;
	int r;

	msg_clear(&msg_restore, m);
	memcpy(m->session_id, a->session.id, sizeof(m->session_id));
	memcpy(m->records.bytes, a->records, a->records_len);
	m->records.len = a->records_len;
	r = send_piece(job, file, err);
	for (i = 0; r > 0 && i < a->n; i += n) {
		n = a->n - i < PIECE ? a->n - i : PIECE;
		if (columns_pack(&msg_reading, a->rows + i, n, m->columns.bytes, sizeof(m->columns.bytes), &len,
				 err) < 0)
			return -1;
		m->columns.len = (uint32_t)len;
		m->count = (int64_t)n;
		r = send_piece(job, file, err);
	}
	job->readings += r > 0 ? (int64_t)a->n : 0;
	return r < 0 ? -1 : 0;
}

static int
restore_one(struct job *job, const struct archived_file *file, json_t *manifest, struct err *err)
{
	(void)manifest;
	if (file->bytes < 0 && !strcmp(file->state, "back"))
		return 0;
	job->n_files++;
	return check(job, file) ? send_file(job, file, err) : 0;
}

static void
print_restored(const struct job *job)
{
	print_bad(job);
	if (!job->n_files)
		printf("no such readings have left the database\n");
	else
		printf("%zu files: %lld readings came back, %lld were here\n", job->n_files, (long long)job->added,
		       (long long)(job->readings - job->added));
}

int
archive_restore_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct job *job = begin(me);
	struct err err;
	int code = take_words(job, verb, argc, argv), r;

	if (code == 0 && !argc)
		code = verb_usage(verb, "needs a session, --user and a person, or --all");
	if (code)
		return finish(job, verb, 0, NULL), code;
	job->client = client_open(me->process, &err);
	r = job->client ? for_each(job, restore_one, &err) : -1;
	if (r == 0 && me->json)
		rows_print_json(json_pack("{sI sI sI sO}", "files", (json_int_t)job->n_files, "readings_added",
					  (json_int_t)job->added, "readings_seen",
					  (json_int_t)(job->readings - job->added), "bad", job->bad));
	else if (r == 0)
		print_restored(job);
	if (r == 0 && !job->n_files)
		say_bad(job, &(struct archived_file){0}, "none");
	return finish(job, verb, r, &err);
}
