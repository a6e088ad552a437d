#include "services/http-api/reads/in_gateway.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/db.h"

#define LINE_MOST 2000

#define TIME(column) "strftime('%Y-%m-%dT%H:%M:%SZ', " column " / 1000000, 'unixepoch')"

static const char quarantine_sql[] =
	"SELECT json_object('quarantine', (SELECT json_group_array(json_object('entry', no, 'kind', kind,"
	" 'state', state, 'session_id', id, 'sqlstate', sqlstate, 'why', text, 'tries', tries,"
	" 'first_seen', " TIME("first_us") ", 'last_seen', " TIME("last_us") "))"
	" FROM (SELECT q.*, s.id FROM quarantine q LEFT JOIN session s ON s.no = q.session"
	" ORDER BY q.no DESC LIMIT ?1)), 'misfits', (SELECT json_group_array(json_object('entry', no,"
	" 'kind', kind, 'session_id', nullif(session_id, ''), 'field', field, 'why', why, 'row', row,"
	" 'first_seen', " TIME("at_us") ", 'state', coalesce((SELECT iif(action = 'drop', 'dropped', 'taken')"
	" FROM quarantine_log l WHERE l.kind = 'misfit' AND l.row = m.no ORDER BY l.no DESC LIMIT 1), 'held')))"
	" FROM (SELECT * FROM misfits ORDER BY no DESC LIMIT ?1) m))";

static int
is_admin(const struct caller *caller, struct problem *problem)
{
	if (caller->role == ACCESS_ADMIN)
		return 1;
	(void)problem_set(problem, 403, "", "for an admin: these rows may be anybody's");
	return 0;
}

char *
gateway_quarantine(const char *database, const struct caller *caller, size_t *len,
		   struct problem *problem)
{
	sqlite3_stmt *s = NULL;
	char *text = NULL;
	sqlite3 *db;
	struct err err;

	if (!is_admin(caller, problem))
		return NULL;
	if ((db = db_open_readonly(database, &err)) && (s = db_prepare(db, quarantine_sql, &err))) {
		(void)sqlite3_bind_int(s, 1, GATEWAY_MOST);
		if (db_step(s, &err) > 0)
			text = strdup((const char *)sqlite3_column_text(s, 0));
	}
	db_finalize(&s);
	db_close(&db);
	if (!text)
		(void)problem_set(problem, 503, "", "the SQLite file of local-store is not to be read here");
	*len = text ? strlen(text) : 0;
	return text;
}

/* "12 2026-11-23T09:00:00.000000Z compared sessions=3 different=0 sha256=..." */
static json_t *
entry_of(const char *line)
{
	char at[40], what[40];
	const char *hash = strstr(line, " sha256=");
	int n = 0;
	long long no;

	if (!hash || sscanf(line, "%lld %39s %39s%n", &no, at, what, &n) != 3 || line + n > hash)
		return NULL;
	n += line[n] == ' ' && line + n < hash;
	return json_pack("{s:I, s:s, s:s, s:s#, s:s#}", "entry", (json_int_t)no, "at", at, "what", what,
			 "found", line + n, (int)(hash - line - n), "sha256", hash + 8,
			 (int)strcspn(hash + 8, "\n"));
}

static FILE *
open_log(const char *database)
{
	const char *slash = strrchr(database, '/');
	char path[500];

	(void)snprintf(path, sizeof(path), "%.*s/audit.log", slash ? (int)(slash - database) : 1,
		       slash ? database : ".");
	return fopen(path, "re");
}

json_t *
gateway_audit_head(const char *database)
{
	FILE *file = open_log(database);
	json_t *head = NULL, *entry;
	char line[LINE_MOST];

	if (!file)
		return NULL;
	if (fseek(file, -2 * LINE_MOST, SEEK_END) == 0)
		(void)fgets(line, sizeof(line), file);  /* the rest of an entry */
	while (fgets(line, sizeof(line), file))
		if ((entry = entry_of(line))) {
			json_decref(head);
			head = entry;
		}
	(void)fclose(file);
	return head;
}

char *
gateway_audit(const char *database, const struct caller *caller, size_t *len,
	      struct problem *problem)
{
	char line[LINE_MOST], *text;
	json_t *list, *entry;
	FILE *file;

	if (!is_admin(caller, problem))
		return NULL;
	if (!(file = open_log(database))) {
		(void)problem_set(problem, 503, "", "the auditor's log is not to be read here");
		return NULL;
	}
	list = json_array();
	while (fgets(line, sizeof(line), file))
		if ((entry = entry_of(line))) {
			json_array_insert_new(list, 0, entry);
			if (json_array_size(list) > GATEWAY_MOST)
				json_array_remove(list, GATEWAY_MOST);
		}
	(void)fclose(file);
	entry = json_pack("{s:o}", "audit", list);
	text = json_dumps(entry, JSON_COMPACT);
	json_decref(entry);
	*len = text ? strlen(text) : 0;
	return text;
}
