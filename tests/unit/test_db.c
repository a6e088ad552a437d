#include "common/db.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char folder[] = "/tmp/test_db.XXXXXX";
static char path[60];

static const char *
ask(sqlite3 *db, const char *sql)
{
	static char answer[400];
	struct err err = {.text = "?"};
	sqlite3_stmt *s = db_prepare(db, sql, &err);

	snprintf(answer, sizeof(answer), "%s",
		 s && db_step(s, &err) == 1 ? (const char *)sqlite3_column_text(s, 0) : err.text);
	db_finalize(&s);
	return answer;
}

TEST(a_new_file_is_made_durable_and_strict)
{
	struct err err;
	sqlite3 *db = db_open(path, &err);

	if (!ok(db != NULL, "%s", err.text))
		return;
	is_str(ask(db, "PRAGMA journal_mode"), "wal");
	is_str(ask(db, "PRAGMA synchronous"), "2");
	is_str(ask(db, "PRAGMA foreign_keys"), "1");
	is_int(db_exec(db, "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE) STRICT", &err), 0);
	db_close(&db);
	ok(db == NULL);
	db_close(&db);
}

TEST(a_statement_steps_row_by_row_and_is_ready_again)
{
	struct err err;
	sqlite3 *db = db_open(path, &err);
	sqlite3_stmt *put = db_prepare(db, "INSERT INTO t VALUES (?1, ?2)", &err);
	sqlite3_stmt *all = db_prepare(db, "SELECT a FROM t ORDER BY a", &err);
	int i, round;

	for (i = 1; i <= 3; i++) {
		sqlite3_bind_int(put, 1, i);
		sqlite3_bind_null(put, 2);
		is_int(db_run(put, &err), 0);
	}
	for (round = 0; round < 2; round++) {
		for (i = 1; i <= 3; i++) {
			is_int(db_step(all, &err), 1);
			is_int(sqlite3_column_int(all, 0), i);
		}
		is_int(db_step(all, &err), 0);
	}
	is_int(db_run(all, &err), 0);  /* rows are not wanted: reset at once */
	is_int(db_step(all, &err), 1);
	is_int(sqlite3_column_int(all, 0), 1);
	db_finalize(&put);
	db_finalize(&all);
	ok(!put && !all);
	db_finalize(&all);
	db_close(&db);
}

TEST(a_refused_row_is_said_and_the_statement_goes_on)
{
	struct err err;
	sqlite3 *db = db_open(path, &err);
	sqlite3_stmt *put = db_prepare(db, "INSERT INTO t VALUES (?1, 'x')", &err);

	sqlite3_bind_int(put, 1, 10);
	is_int(db_run(put, &err), 0);
	sqlite3_bind_int(put, 1, 11);
	is_int(db_run(put, &err), -1);
	is_int(err.code, EEXIST);
	has_str(err.text, "test_db.");
	has_str(err.text, "UNIQUE constraint failed: t.b");
	sqlite3_bind_int(put, 1, 10);
	is_int(db_run(put, &err), -1);
	is_int(err.code, EEXIST);
	is_int(db_exec(db, "DELETE FROM t WHERE a = 10", &err), 0);
	is_int(db_run(put, &err), 0);
	db_finalize(&put);
	db_close(&db);
}

TEST(wrong_SQL_is_said_with_the_file)
{
	struct err err;
	sqlite3 *db = db_open(path, &err);

	ok(!db_prepare(db, "SELECT nonsense FROM t", &err));
	has_str(err.text, "/store.sqlite: no such column: nonsense");
	is_int(err.code, EIO);
	is_int(db_exec(db, "NONSENSE", &err), -1);
	has_str(err.text, "syntax error");
	db_close(&db);
}

TEST(a_locked_file_is_later)
{
	struct err err;
	sqlite3 *db = db_open(path, &err), *other = db_open(path, &err);

	sqlite3_busy_timeout(other, 20);
	is_int(db_exec(db, "BEGIN IMMEDIATE", &err), 0);
	is_int(db_exec(other, "INSERT INTO t VALUES (50, 'y')", &err), -1);
	is_int(err.code, EAGAIN);
	has_str(err.text, "database is locked");
	is_int(db_exec(db, "COMMIT", &err), 0);
	is_int(db_exec(other, "INSERT INTO t VALUES (50, 'y')", &err), 0);
	db_close(&db);
	db_close(&other);
}

TEST(a_reader_sees_and_cannot_write)
{
	struct err err;
	sqlite3 *db = db_open_readonly(path, &err);

	is_str(ask(db, "SELECT b FROM t WHERE a = 50"), "y");
	is_int(db_exec(db, "DELETE FROM t", &err), -1);
	is_int(err.code, EROFS);
	has_str(err.text, "readonly");
	db_close(&db);
	ok(!db_open_readonly("/tmp/test_db.nowhere", &err));
	has_str(err.text, "/tmp/test_db.nowhere: unable to open database file");
	ok(access("/tmp/test_db.nowhere", F_OK) < 0);
}

TEST(a_full_disk_has_its_code)
{
	struct err err;
	sqlite3 *db = db_open(path, &err);

	is_int(db_exec(db, "PRAGMA max_page_count = 3", &err), 0);
	is_int(db_exec(db, "INSERT INTO t VALUES (60, hex(zeroblob(100000)))", &err), -1);
	is_int(err.code, ENOSPC);
	has_str(err.text, "database or disk is full");
	db_close(&db);
}

TEST(what_is_no_database_is_said)
{
	char other[70];
	struct err err;
	FILE *file;

	snprintf(other, sizeof(other), "%s/text", folder);
	file = fopen(other, "w");
	fputs("this is no database, but it is long enough to be looked at as one: "
	      "0123456789012345678901234567890123456789012345678901234567890123456789", file);
	fclose(file);
	ok(!db_open(other, &err));
	has_str(err.text, "/text: file is not a database");
	unlink(other);
	ok(!db_open("/nowhere/at/all", &err));
	has_str(err.text, "/nowhere/at/all: unable to open database file");
	ok(!db_open(folder, &err));
	has_str(err.text, "unable to open database file");
}

int
main(void)
{
	char command[100];

	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/store.sqlite", folder);
	RUN(a_new_file_is_made_durable_and_strict);
	RUN(a_statement_steps_row_by_row_and_is_ready_again);
	RUN(a_refused_row_is_said_and_the_statement_goes_on);
	RUN(wrong_SQL_is_said_with_the_file);
	RUN(a_locked_file_is_later);
	RUN(a_reader_sees_and_cannot_write);
	RUN(a_full_disk_has_its_code);
	RUN(what_is_no_database_is_said);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) || test_done();
}
