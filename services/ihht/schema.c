#include "services/ihht/schema.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/pg.h"
#include "services/ihht/migrations.h"
#include "services/ihht/schema_lint.h"

#define TRIES 5  /* of the very first statement, when several make the same table */

static const char usage[] =
	"usage: ihht schema apply  [FOLDER]   bring Postgres up to date; may run twice\n"
	"       ihht schema status [FOLDER]   what is applied and what is not (exit 1)\n"
	"       ihht schema lint   [FOLDER]   does the SQL keep to what distributed engines can do\n"
	"\n"
	"FOLDER holds 001_name.sql and so on; without it, the one ihht was installed with.\n"
	"Apply needs the owner's rights: postgres/ihht or postgres/url in ihht.conf.\n";

/* Where the files are, seen from the program: installed, or built in the source tree. */
static const char *const places[] = {"../share/ihht/postgres", "../../share/ihht/postgres",
				     "../postgres", "../../../deploy/postgres"};

static int
find_folder(char folder[PATH_MAX], struct err *err)
{
	char self[PATH_MAX], path[PATH_MAX + 40];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	size_t i;

	self[n < 0 ? 0 : n] = 0;
	*(strrchr(self, '/') ? strrchr(self, '/') : self) = 0;
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", self, places[i]);
		if (realpath(path, folder))
			return 0;
	}
	return err_set(err, ENOENT, "no migrations found near %s; name their folder", self);
}

/* ---- what is applied */

enum state { PENDING, APPLIED, CHANGED };

static int
state_of(PGconn *pg, const struct migration *m, enum state *state, struct err *err)
{
	char version[12];
	const char *values[] = {version};
	PGresult *result;

	(void)snprintf(version, sizeof(version), "%d", m->version);
	result = PQexecParams(pg, "SELECT digest FROM public.ihht_schema WHERE version = $1::int", 1,
			      NULL, values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		(void)pg_err(pg, result, NULL, err);
		PQclear(result);
		return -1;
	}
	*state = !PQntuples(result) ? PENDING
		 : strcmp(PQgetvalue(result, 0, 0), m->digest) ? CHANGED : APPLIED;
	PQclear(result);
	return 0;
}

static int
has_table(PGconn *pg, int *has, struct err *err)
{
	PGresult *result = PQexec(pg, "SELECT to_regclass('public.ihht_schema') IS NOT NULL");

	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		(void)pg_err(pg, result, NULL, err);
		PQclear(result);
		return -1;
	}
	*has = !strcmp(PQgetvalue(result, 0, 0), "t");
	PQclear(result);
	return 0;
}

/* Two that make a table at once: one of them gets an error though IF NOT EXISTS is said. */
static int
make_table(PGconn *pg, struct err *err)
{
	int i, r = -1;

	for (i = 0; i < TRIES && r < 0; i++)
		r = pg_exec(pg,
			    "BEGIN;"
			    "CREATE TABLE IF NOT EXISTS public.ihht_schema ("
			    " version integer PRIMARY KEY, name text NOT NULL, digest text NOT NULL,"
			    " applied_at timestamptz NOT NULL DEFAULT now());"
			    "ALTER TABLE public.ihht_schema ENABLE ROW LEVEL SECURITY;"
			    "REVOKE ALL ON public.ihht_schema FROM PUBLIC; COMMIT", err) < 0
			    ? (void)pg_exec(pg, "ROLLBACK", NULL), -1 : 0;
	return r;
}

/* ---- apply */

static int
record(PGconn *pg, const struct migration *m, struct err *err)
{
	char version[12];
	const char *values[] = {version, m->name, m->digest};

	(void)snprintf(version, sizeof(version), "%d", m->version);
	return pg_expect(pg, PQexecParams(pg, "INSERT INTO public.ihht_schema (version, name, digest)"
					      " VALUES ($1::int, $2, $3)", 3, NULL, values, NULL,
					  NULL, 0), PGRES_COMMAND_OK, err);
}

static int
run_file(PGconn *pg, const struct migration *m, struct err *err)
{
	PGresult *result = PQexec(pg, m->sql);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	int r = PQresultStatus(result) == PGRES_COMMAND_OK ||
		PQresultStatus(result) == PGRES_TUPLES_OK ? 0 : pg_err(pg, result, NULL, err);

	if (r < 0 && hint)
		err_set(err, err->code, "%s. %s", err->text, hint);
	PQclear(result);
	return r;
}

/* In one transaction; who comes second waits at the lock and then finds it done. */
static int
apply_one(PGconn *pg, const struct migration *m, int *done, struct err *err)
{
	enum state state;

	*done = 0;
	if (pg_exec(pg, "BEGIN; LOCK TABLE public.ihht_schema IN EXCLUSIVE MODE", err) < 0 ||
	    state_of(pg, m, &state, err) < 0)
		goto fail;
	if (state == CHANGED) {
		err_set(err, EINVAL, "the file has changed since it was applied; put it back as it "
			"was, and make the change in a file with a new number");
		goto fail;
	}
	if (state == PENDING && (run_file(pg, m, err) < 0 || record(pg, m, err) < 0))
		goto fail;
	if (pg_exec(pg, "COMMIT", err) < 0)
		goto fail;
	*done = state == PENDING;
	return 0;
fail:
	(void)pg_exec(pg, "ROLLBACK", NULL);
	return err_in(err, "%s", m->name);
}

static int
apply(PGconn *pg, const struct migrations *migrations, struct err *err)
{
	int64_t start = clock_mono_us();
	int done, n = 0;
	size_t i;

	if (make_table(pg, err) < 0)
		return -1;
	for (i = 0; i < migrations->n; i++) {
		if (apply_one(pg, &migrations->items[i], &done, err) < 0)
			return -1;
		if (done) {
			printf("schema: applied %s (%lld ms)\n", migrations->items[i].name,
			       (long long)(clock_mono_us() - start) / 1000);
			(void)fflush(stdout);
			n++;
		}
		start = clock_mono_us();
	}
	printf("schema: up to date at %s, %d applied now\n",
	       migrations->items[migrations->n - 1].name, n);
	return 0;
}

/* ---- status */

/* 1 when all is applied as it is in the files, 0 when not. */
static int
status(PGconn *pg, const struct migrations *migrations, struct err *err)
{
	static const char *const words[] = {"pending", "applied", "CHANGED"};
	int has, all = 1;
	size_t i;

	if (has_table(pg, &has, err) < 0)
		return -1;
	for (i = 0; i < migrations->n; i++) {
		enum state state = PENDING;

		if (has && state_of(pg, &migrations->items[i], &state, err) < 0)
			return -1;
		printf("schema: %s %s\n", words[state], migrations->items[i].name);
		all &= state == APPLIED;
	}
	return all;
}

/* ---- the verb */

static int
lint(const struct migrations *migrations)
{
	struct lint_file files[200];
	size_t i;

	for (i = 0; i < migrations->n && i < sizeof(files) / sizeof(files[0]); i++)
		files[i] = (struct lint_file){migrations->items[i].name, migrations->items[i].sql};
	i = schema_lint(files, i, stdout);
	printf("schema: %zu files, %zu complaints\n", migrations->n, i);
	return i ? 1 : 0;
}

static int
with_postgres(struct process *process, const char *verb, const struct migrations *migrations,
	      struct err *err)
{
	char conninfo[1024];
	PGconn *pg;
	int r;

	pg_conninfo(process->conf, process->run_dir, "ihht", "ihht_owner", conninfo, sizeof(conninfo));
	if (!(pg = pg_connect(conninfo, "ihht schema", err)))
		return PROCESS_TRY_AGAIN;
	if (!strcmp(verb, "apply"))
		r = apply(pg, migrations, err) < 0 ? 1 : 0;
	else
		r = status(pg, migrations, err);
	if (!strcmp(verb, "status")) {
		if (r == 0)
			err_set(err, 0, "not up to date; run: ihht schema apply");
		r = r == 1 ? 0 : 1;
	}
	pg_close(&pg);
	return r;
}

int
schema_main(struct process *process, int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	char folder[PATH_MAX] = ".";
	struct migrations migrations;
	struct err err = {0};
	int r;

	if (argc > 3 || (strcmp(verb, "apply") && strcmp(verb, "status") && strcmp(verb, "lint"))) {
		fputs(usage, !strcmp(verb, "--help") ? stdout : stderr);
		return strcmp(verb, "--help") ? PROCESS_FIX_CONFIG : 0;
	}
	if ((argc < 3 && find_folder(folder, &err) < 0) ||
	    migrations_load(argc < 3 ? folder : argv[2], &migrations, &err) < 0) {
		fprintf(stderr, "schema: %s\n", err.text);
		return PROCESS_FIX_CONFIG;
	}
	r = strcmp(verb, "lint") ? with_postgres(process, verb, &migrations, &err) : lint(&migrations);
	if (r && strcmp(verb, "lint"))
		fprintf(stderr, "schema: %s\n", err.text);
	migrations_release(&migrations);
	return r;
}
