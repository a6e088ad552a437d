#include "services/ihht/archive/in_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/db.h"

static struct archived_file *
add(struct archived_files *files)
{
	if (files->n == files->room) {
		files->room = files->room ? files->room * 2 : 64;
		files->all = reallocarray(files->all, files->room, sizeof(*files->all));
		ASSERT(files->all);
	}
	memset(&files->all[files->n], 0, sizeof(*files->all));
	return &files->all[files->n++];
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct archived_file *)a)->name, ((const struct archived_file *)b)->name);
}

static struct archived_file *
find(const struct archived_files *files, size_t n, const char *name)
{
	struct archived_file key;

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	return n ? bsearch(&key, files->all, n, sizeof(key), by_name) : NULL;
}

/* ---- the folder */

static int
is_month(const struct dirent *d)
{
	return strlen(d->d_name) == 7 && strspn(d->d_name, "0123456789-") == 7;
}

/* Not those that were never finished. */
static int
is_file(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return len > 5 && len < ARCHIVE_NAME - 8 && !strcmp(d->d_name + len - 5, ".ihht");
}

/* Names of a folder, in order; a folder that is not there has none.  -1. */
static int
scan(const char *path, int (*wanted)(const struct dirent *), struct dirent ***names, struct err *err)
{
	int n = scandir(path, names, wanted, alphasort);

	if (n >= 0)
		return n;
	*names = NULL;
	return errno == ENOENT ? 0 : err_set(err, errno, "%s: %s", path, strerror(errno));
}

static int
scan_month(const char *folder, const char *month, struct archived_files *files, struct err *err)
{
	char path[4300];
	struct dirent **names;
	struct archived_file *file;
	struct stat st;
	int i, n;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, month);
	if ((n = scan(path, is_file, &names, err)) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		file = add(files);
		(void)snprintf(file->name, sizeof(file->name), "%.7s/%.70s", month, names[i]->d_name);
		file->state = "unknown";
		(void)snprintf(path, sizeof(path), "%s/%s", folder, file->name);
		file->bytes = stat(path, &st) == 0 ? st.st_size : 0;
		free(names[i]);
	}
	free(names);
	return 0;
}

static int
scan_folder(const char *folder, struct archived_files *files, struct err *err)
{
	struct dirent **months;
	int i, n = scan(folder, is_month, &months, err), r = n < 0 ? -1 : 0;

	for (i = 0; i < n; i++) {
		if (r == 0)
			r = scan_month(folder, months[i]->d_name, files, err);
		free(months[i]);
	}
	free(months);
	if (files->n)
		qsort(files->all, files->n, sizeof(*files->all), by_name);
	return r;
}

/* ---- the database */

static const char *
state_of(const char *text)
{
	return !strcmp(text, "leaving") ? "leaving" : !strcmp(text, "back") ? "back" : "archived";
}

static int
take_known(sqlite3_stmt *row, struct archived_files *files, size_t n_files)
{
	struct archived_file *file;
	struct session session = {0};
	char name[ARCHIVE_NAME];

	(void)snprintf(session.id, sizeof(session.id), "%s", (const char *)sqlite3_column_text(row, 0));
	session.start_us = sqlite3_column_int64(row, 1);
	(void)archive_name(&session, sqlite3_column_int64(row, 2), name);
	if (!(file = find(files, n_files, name))) {
		file = add(files);
		memcpy(file->name, name, sizeof(file->name));
		file->bytes = -1;
	}
	file->state = state_of((const char *)sqlite3_column_text(row, 3));
	(void)snprintf(file->sha256, sizeof(file->sha256), "%s", (const char *)sqlite3_column_text(row, 4));
	return 0;
}

/* Without a database, or with one of before it had archives, nothing is known. */
static void
read_known(const char *database, struct archived_files *files)
{
	sqlite3 *db = db_open_readonly(database, NULL);
	sqlite3_stmt *rows = db ? db_prepare(db, "SELECT s.id, s.start_us, a.part, a.state, a.sha256 "
					     "FROM archive a JOIN session s ON s.no = a.session", NULL) : NULL;
	size_t n_files = files->n;

	while (rows && db_step(rows, NULL) > 0)
		(void)take_known(rows, files, n_files);
	db_finalize(&rows);
	db_close(&db);
	if (files->n)
		qsort(files->all, files->n, sizeof(*files->all), by_name);
}

int
files_find(const struct process *process, struct archived_files *files, struct err *err)
{
	*files = (struct archived_files){0};
	if (scan_folder(process->archive, files, err) < 0)
		return -1;
	read_known(process->database, files);
	return 0;
}

void
files_release(struct archived_files *files)
{
	free(files->all);
	*files = (struct archived_files){0};
}

json_t *
files_manifest(const struct process *process, const struct archived_file *file, struct err *err)
{
	char path[4300], line[5000];
	FILE *in;
	json_t *json = NULL;

	(void)snprintf(path, sizeof(path), "%s/%s", process->archive, file->name);
	if (!(in = fopen(path, "rbe"))) {
		(void)err_set(err, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	if (fgets(line, sizeof(line), in) && fgets(line, sizeof(line), in))
		json = json_loads(line, 0, NULL);
	if (!json_is_object(json)) {
		json_decref(json);
		json = NULL;
		(void)err_set(err, EBADMSG, "%s: has no manifest", path);
	}
	(void)fclose(in);
	return json;
}
