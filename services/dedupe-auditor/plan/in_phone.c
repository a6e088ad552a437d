/* The app's SQLite file: whatever tables and columns its version had. */
#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/db.h"
#include "services/dedupe-auditor/plan/in_legacy.h"
#include "services/dedupe-auditor/plan/moments.h"
#include "services/dedupe-auditor/rules/cells.h"
#include "services/dedupe-auditor/rules/times.h"

int
phone_sha256(const char *path, char sha256[65], struct err *err)
{
	unsigned char hash[EVP_MAX_MD_SIZE], buffer[65536];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	FILE *file = fopen(path, "r");
	unsigned n, i;
	size_t got;

	if (!file) {
		EVP_MD_CTX_free(md);
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	ASSERT(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1);
	while ((got = fread(buffer, 1, sizeof(buffer), file)) > 0)
		ASSERT(EVP_DigestUpdate(md, buffer, got) == 1);
	ASSERT(EVP_DigestFinal_ex(md, hash, &n) == 1 && n == 32);
	EVP_MD_CTX_free(md);
	for (i = 0; i < n; i++)
		(void)snprintf(sha256 + 2 * i, 3, "%02x", hash[i]);
	(void)fclose(file);
	return 0;
}

/* NULL and no error: there is no such table. */
static sqlite3_stmt *
open_table(sqlite3 *db, enum legacy_table table, const char *order)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" %s", legacy_table_name(table), order);
	return db_prepare(db, sql, NULL);
}

static int
find_column(sqlite3_stmt *rows, const char *name)
{
	int i;

	for (i = 0; i < sqlite3_column_count(rows); i++)
		if (!strcmp(sqlite3_column_name(rows, i), name))
			return i;
	return -1;
}

static const char *
text_at(sqlite3_stmt *rows, int column)
{
	return column < 0 ? NULL : (const char *)sqlite3_column_text(rows, column);
}

static void
take_cells(struct cells *cells, sqlite3_stmt *rows, const struct table *cloud)
{
	int i;

	if (!cells->n) {
		cells->n = sqlite3_column_count(rows);
		if (cells->n > CELLS_MOST)
			cells->n = CELLS_MOST;
		for (i = 0; i < cells->n; i++)
			cells->names[i] = sqlite3_column_name(rows, i);
		cells_find(cells, cloud ? table_place : NULL, cloud);
	}
	for (i = 0; i < cells->n; i++)
		cells->values[i] = text_at(rows, i);
}

static int
read_rows(struct in_legacy *in, sqlite3 *db, const struct shape *shape, enum legacy_table table,
	  int source, struct pause *pause, struct err *err)
{
	sqlite3_stmt *rows = open_table(db, table, "");
	struct cells cells = {0};
	int id, session, r = 0;

	if (!rows)
		return 0;
	id = find_column(rows, "id");
	session = find_column(rows, "session_id");
	while (id >= 0 && (r = db_step(rows, err)) > 0) {
		pause->n_rows++;
		take_cells(&cells, rows, shape_kind(shape, table));
		if (!text_at(rows, id))
			continue;
		if (table == LEGACY_SESSIONS)
			(void)cells_session(&cells, &in->model, source, text_at(rows, id));
		else
			(void)cells_child(&cells, &in->model, table, source, text_at(rows, id),
					  text_at(rows, session));
	}
	in->n_bad_times += cells.n_bad_times;
	db_finalize(&rows);
	return r < 0 ? err_in(err, "%s", legacy_table_name(table)) : 0;
}

static double
real_at(sqlite3_stmt *rows, int column)
{
	int type = column < 0 ? SQLITE_NULL : sqlite3_column_type(rows, column);

	return type == SQLITE_INTEGER || type == SQLITE_FLOAT ? sqlite3_column_double(rows, column) : NAN;
}

static void
end_group(struct in_legacy *in, struct moments *moments, int source)
{
	struct legacy_readings *r;

	if (moments->n) {
		r = legacy_add_readings(&in->model);
		r->source = source;
		moments_sum(moments, &in->model, r);
	}
	moments_clear(moments);
}

int
phone_moment(struct moments *moments, sqlite3_stmt *rows)
{
	struct legacy_time time;

	if (times_text(text_at(rows, find_column(rows, "timestamp")), &time, NULL) <= 0)
		return -1;
	moments_put(moments, time.us, real_at(rows, find_column(rows, "spo2")),
		    real_at(rows, find_column(rows, "heart_rate")),
		    real_at(rows, find_column(rows, "signal_strength")));
	return 0;
}

static int
read_readings(struct in_legacy *in, sqlite3 *db, int source, struct err *err)
{
	sqlite3_stmt *rows = open_table(db, LEGACY_READINGS, "ORDER BY session_id");
	struct moments moments = {0};
	const char *session;
	int id, r = 0;

	if (!rows)
		return 0;
	id = find_column(rows, "session_id");
	while ((r = db_step(rows, err)) > 0) {
		session = legacy_text(&in->model, text_at(rows, id));
		if (session != moments.session_id)
			end_group(in, &moments, source);
		moments.session_id = session;
		if (!session || phone_moment(&moments, rows) < 0)
			in->n_bad_times++;
	}
	end_group(in, &moments, source);
	moments_release(&moments);
	db_finalize(&rows);
	return r < 0 ? err_in(err, "readings") : 0;
}

int
legacy_read_phone(struct in_legacy *in, const char *path, int source,
		  const struct shape *shape, struct pause *pause, struct err *err)
{
	sqlite3 *db;
	int t, r;

	pause->doing = path;
	if (phone_sha256(path, in->phones[source - 1].sha256, err) < 0 ||
	    !(db = db_open_readonly(path, err)))
		return -1;
	r = db_exec(db, "BEGIN; SELECT count(*) FROM sessions", err);
	if (r < 0)
		(void)err_in(err, "not the app's file");
	for (t = 0; r == 0 && t < LEGACY_TABLES; t++)
		r = t == LEGACY_READINGS ? read_readings(in, db, source, err)
					 : read_rows(in, db, shape, (enum legacy_table)t, source, pause,
						     err);
	db_close(&db);
	return r < 0 ? err_in(err, "%s", path) : 0;
}
