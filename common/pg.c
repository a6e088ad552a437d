#include "common/pg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What to put between conninfo and a user name; "" when it names one itself. */
static const char *
user_key(const char *conninfo)
{
	PQconninfoOption *options = PQconninfoParse(conninfo, NULL), *o;
	int is_url = !strncmp(conninfo, "postgres", 8) && strstr(conninfo, "://"), has_user = 1;

	for (o = options; o && o->keyword; o++)
		if (!strcmp(o->keyword, "user"))
			has_user = o->val != NULL;
	PQconninfoFree(options);
	return has_user ? "" : !is_url ? " user=" : strchr(conninfo, '?') ? "&user=" : "?user=";
}

void
pg_conninfo(const struct conf *conf, const char *run_dir, const char *name, const char *role,
	    char *conninfo, size_t size)
{
	const char *url = conf_find(conf, "postgres", name);

	if (!url)
		url = conf_find(conf, "postgres", "url");
	if (url && *url)
		(void)snprintf(conninfo, size, "%s%s%s", url, user_key(url), *user_key(url) ? role : "");
	else
		(void)snprintf(conninfo, size, "host='%s' dbname=ihht user=%s", run_dir, role);
}

static void
be_silent(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

PGconn *
pg_connect(const char *conninfo, const char *application, struct err *err)
{
	const char *keys[] = {"connect_timeout", "fallback_application_name", "dbname", NULL};
	const char *values[] = {"5", application, conninfo, NULL};
	PGconn *pg = PQconnectdbParams(keys, values, 1);

	if (pg && PQstatus(pg) == CONNECTION_OK) {
		PQsetNoticeReceiver(pg, be_silent, NULL);
		if (pg_exec(pg, "SET TIME ZONE 'UTC'", err) == 0)
			return pg;
	} else {
		(void)pg_err(pg, NULL, NULL, err);
	}
	PQfinish(pg);
	return NULL;
}

void
pg_close(PGconn **pg)
{
	PQfinish(*pg);
	*pg = NULL;
}

static int
errno_of(const char *state)
{
	if (!*state || !strncmp(state, "08", 2) || !strncmp(state, "40", 2) ||
	    !strncmp(state, "53", 2) || !strncmp(state, "57", 2) || !strcmp(state, "55P03") ||
	    !strcmp(state, "25006"))  /* read only: a standby, or a hosted disk that is full */
		return EAGAIN;
	if (!strncmp(state, "22", 2) || !strncmp(state, "23", 2))
		return EBADMSG;
	if (!strncmp(state, "28", 2) || !strcmp(state, "42501"))
		return EACCES;
	return EIO;
}

int
pg_err(PGconn *pg, const PGresult *result, char sqlstate[6], struct err *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;

	state = state ? state : "";
	text = text ? text : pg ? PQerrorMessage(pg) : "out of memory";
	if (sqlstate)
		(void)snprintf(sqlstate, 6, "%s", state);
	(void)err_set(err, errno_of(state), "Postgres: %s%s%.*s", state, *state ? " " : "",
		      (int)strcspn(text, "\n"), text);
	return -1;
}

int
pg_expect(PGconn *pg, PGresult *result, ExecStatusType status, struct err *err)
{
	int r = PQresultStatus(result) == status ? 0 : pg_err(pg, result, NULL, err);

	PQclear(result);
	return r;
}

int
pg_exec(PGconn *pg, const char *sql, struct err *err)
{
	PGresult *result = PQexec(pg, sql);
	int r = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK
			? 0 : pg_err(pg, result, NULL, err);

	PQclear(result);
	return r;
}
