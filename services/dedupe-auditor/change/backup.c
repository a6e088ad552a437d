#include "services/dedupe-auditor/change/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/pg.h"
#include "services/dedupe-auditor/change/tool.h"
#include "services/dedupe-auditor/plan/sql.h"

struct digest {
	int64_t rows;
	char text[40];
};

struct work {
	struct backup *b;
	char part[PATH_MAX + 8];
	char scratch[60];                /* name of the database */
	PGconn *there;                   /* connected to it */
	struct digest *digests;          /* one for each table */
};

/* ---- room and right */

static int64_t
bytes_needed(const struct shape *shape)
{
	int64_t n = 1 << 20;
	int i;

	for (i = 0; i < shape->n_tables; i++)
		n += shape->tables[i].bytes;
	return n;
}

static int
check_room(const char *folder, int64_t needed, const char *what, const char *cure,
	   struct err *err)
{
	struct statvfs fs;
	int64_t free_bytes;

	if (statvfs(folder, &fs) < 0)
		return err_set(err, errno, "%s: %s", folder, strerror(errno));
	free_bytes = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	if (free_bytes >= needed)
		return 0;
	return err_set(err, ENOSPC, "%s: no room for %s: it may need %lld MB, %lld MB are free; %s", folder,
		       what, (long long)(needed >> 20) + 1, (long long)(free_bytes >> 20), cure);
}

/* The server's disk can only be asked when it is ours, too. */
static int
check_server(struct backup *b, int64_t needed, struct err *err)
{
	const char *host = PQhost(b->pg);
	char *may = sql_ask(b->pg, err, "SELECT rolcreatedb OR rolsuper FROM pg_roles "
			    "WHERE rolname = current_user"), *data;
	struct stat st;
	int r = !may ? -1 : 0;

	if (r == 0 && *may != 't')
		r = err_set(err, EACCES, "the backup is checked by restoring it into a database of its own, "
			    "and %s may not make one; the cure: ALTER ROLE \"%s\" CREATEDB", PQuser(b->pg),
			    PQuser(b->pg));
	free(may);
	if (r < 0 || !host || (*host != '/' && strcmp(host, "localhost") != 0))
		return r;
	data = sql_ask(b->pg, NULL, "SELECT current_setting('data_directory')");
	if (data && stat(data, &st) == 0)
		r = check_room(data, needed, "the copy the backup is checked with",
			       "make room on the server", err);
	free(data);
	return r;
}

static int
find_place(struct work *w, struct err *err)
{
	struct backup *b = w->b;
	char *copy = strdup(b->beside), *folder, *name = strdup(b->beside);
	int64_t needed = bytes_needed(b->shape);
	int r;

	ASSERT(copy && name);
	folder = b->dir ? (char *)b->dir : dirname(copy);
	r = check_room(folder, needed, "the backup", "make room, or name another folder with "
		       "--backup-dir", err);
	if (r == 0 && snprintf(b->path, sizeof(b->path), "%s/%s.%.8s.dump", folder, basename(name),
			       b->plan) >= (int)sizeof(b->path))
		r = err_set(err, ENAMETOOLONG, "%s: path too long", folder);
	if (r == 0)
		r = check_server(b, needed, err);
	(void)snprintf(w->part, sizeof(w->part), "%s.part", b->path);
	(void)snprintf(w->scratch, sizeof(w->scratch), "ihht_backup_check_%.8s", b->plan);
	free(copy);
	free(name);
	return r;
}

/* ---- digests */

static int
take_digest(struct digest *d, PGconn *pg, const struct table *t, struct err *err)
{
	char *columns = table_columns(t, COLUMNS_STORED, ""), *sql;
	PGresult *result;

	ASSERT(asprintf(&sql, "SELECT count(*), coalesce(sum(('x' || left(md5(row(%s)::text), 16))::bit(64)"
			"::bigint), 0) FROM %s", columns, t->sql) > 0);
	result = PQexec(pg, sql);
	if (PQresultStatus(result) == PGRES_TUPLES_OK) {
		d->rows = atoll(PQgetvalue(result, 0, 0));
		(void)snprintf(d->text, sizeof(d->text), "%s", PQgetvalue(result, 0, 1));
	}
	free(columns);
	free(sql);
	return pg_expect(pg, result, PGRES_TUPLES_OK, err);
}

/* ---- the dump */

static int
dump(struct work *w, const char *snapshot, struct err *err)
{
	const struct shape *shape = w->b->shape;
	const char **argv = calloc((size_t)shape->n_tables * 2 + 12, sizeof(*argv));
	char *option;
	int n = 0, i, r;

	ASSERT(argv && asprintf(&option, "--snapshot=%s", snapshot) > 0);
	argv[n++] = "pg_dump";
	argv[n++] = "--format=custom";
	argv[n++] = "--no-password";
	argv[n++] = option;
	argv[n++] = "--file";
	argv[n++] = w->part;
	for (i = 0; i < shape->n_tables; i++) {
		argv[n++] = "--table";
		argv[n++] = shape->tables[i].sql;
	}
	r = tool_run(argv, w->b->pg, NULL, err);
	free(option);
	free(argv);
	return r;
}

/* One moment for the dump and for what it is compared with. */
static int
take_dump(struct work *w, struct err *err)
{
	const struct shape *shape = w->b->shape;
	char *snapshot = NULL;
	int i, r;

	r = pg_exec(w->b->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", err);
	if (r == 0 && !(snapshot = sql_ask(w->b->pg, err, "SELECT pg_export_snapshot()")))
		r = -1;
	if (r == 0)
		r = dump(w, snapshot, err);
	for (i = 0; r == 0 && i < shape->n_tables; i++)
		r = take_digest(&w->digests[i], w->b->pg, &shape->tables[i], err);
	(void)pg_exec(w->b->pg, "ROLLBACK", NULL);
	free(snapshot);
	return r;
}

/* ---- is it good? */

/* Columns and types only; a type of the app's own is as good as text, as that is what the
 * dump and the digest hold. */
static int
make_table(PGconn *pg, const struct table *t, struct err *err)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int i, r;

	ASSERT(to);
	(void)fprintf(to, "CREATE SCHEMA IF NOT EXISTS %.*s; CREATE TABLE %s (", (int)strcspn(t->sql, "."),
		      t->sql, t->sql);
	for (i = 0; i < t->n_columns; i++)
		(void)fprintf(to, "%s%s %s", i ? ", " : "", t->columns[i].quoted,
			      strchr(t->columns[i].type, '.') ? "text" : t->columns[i].type);
	(void)fputs(")", to);
	ASSERT(fclose(to) == 0);
	r = pg_exec(pg, text, err);
	free(text);
	return r;
}

static int
restore(struct work *w, struct err *err)
{
	const char *argv[] = {"pg_restore", "--no-password", "--data-only", "--exit-on-error",
			      "--no-owner", "--use-list", NULL, "--dbname", w->scratch, w->part, NULL};
	char *list;
	int r;

	/* the rows; sequences are not restored, there are none */
	ASSERT(asprintf(&list, "%s.list", w->part) > 0);
	argv[6] = list;
	r = tool_list(w->part, " TABLE DATA ", list, err);
	if (r == 0)
		r = tool_run(argv, w->b->pg, w->scratch, err);
	(void)unlink(list);
	free(list);
	return r;
}

static int
drop_scratch(struct work *w, struct err *err)
{
	return sql_run(w->b->pg, NULL, err, "DROP DATABASE IF EXISTS %s", w->scratch);
}

static int
open_scratch(struct work *w, struct err *err)
{
	const char *keys[] = {"dbname", "dbname", NULL}, *values[] = {w->b->conninfo, w->scratch, NULL};

	if (drop_scratch(w, err) < 0 ||
	    sql_run(w->b->pg, NULL, err, "CREATE DATABASE %s TEMPLATE template0", w->scratch) < 0)
		return err_in(err, "the copy the backup is checked with");
	w->there = PQconnectdbParams(keys, values, 1);
	if (PQstatus(w->there) != CONNECTION_OK)
		return pg_err(w->there, NULL, NULL, err);
	return pg_exec(w->there, "SET client_min_messages = warning; SET timezone = 'UTC'; SET datestyle = "
		       "'ISO, YMD'; SET intervalstyle = 'postgres'; SET extra_float_digits = 1; "
		       "SET bytea_output = 'hex'; SET search_path = pg_catalog", err);
}

static int
compare(struct work *w, struct err *err)
{
	const struct shape *shape = w->b->shape;
	struct digest d;
	int i;

	for (i = 0; i < shape->n_tables; i++) {
		if (take_digest(&d, w->there, &shape->tables[i], err) < 0)
			return -1;
		if (d.rows != w->digests[i].rows || strcmp(d.text, w->digests[i].text) != 0)
			return err_set(err, EIO, "the backup, restored, does not hold the same rows of %s",
				       shape->tables[i].name);
		w->b->rows += d.rows;
	}
	return 0;
}

static int
check(struct work *w, struct err *err)
{
	int i, r = open_scratch(w, err);

	for (i = 0; r == 0 && i < w->b->shape->n_tables; i++)
		r = make_table(w->there, &w->b->shape->tables[i], err);
	if (r == 0)
		r = restore(w, err);
	if (r == 0)
		r = compare(w, err);
	if (w->there)
		pg_close(&w->there);
	if (drop_scratch(w, r < 0 ? NULL : err) < 0)
		r = -1;
	return r;
}

/* ---- whole */

static int
keep(struct work *w, struct err *err)
{
	int fd = open(w->part, O_RDONLY | O_CLOEXEC), r = 0;
	struct stat st;

	if (fd < 0 || fsync(fd) < 0 || fstat(fd, &st) < 0 || rename(w->part, w->b->path) < 0)
		r = err_set(err, errno, "%s: %s", w->b->path, strerror(errno));
	else
		w->b->bytes = st.st_size;
	if (fd >= 0)
		(void)close(fd);
	return r;
}

int
backup_take(struct backup *b, struct err *err)
{
	struct work w = {.b = b};
	int r;

	w.digests = calloc((size_t)b->shape->n_tables, sizeof(*w.digests));
	ASSERT(w.digests);
	(void)umask(077);
	r = find_place(&w, err);
	if (r == 0) {
		r = take_dump(&w, err);
		if (r == 0)
			r = check(&w, err);
		if (r == 0)
			r = keep(&w, err);
		if (r < 0)
			(void)unlink(w.part);
	}
	free(w.digests);
	return r < 0 ? err_in(err, "backup") : 0;
}
