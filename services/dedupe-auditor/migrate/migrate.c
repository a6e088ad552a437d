#include "services/dedupe-auditor/migrate/migrate.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/pg.h"
#include "services/dedupe-auditor/rules/times.h"

static const char help[] =
	"ihht migrate - repair what the old app left in its cloud database\n"
	"\n"
	"usage: ihht migrate plan   [--phone FILE]... [--out PLAN] [--abandon-before DATE]\n"
	"                           [--empty-twins]\n"
	"       ihht migrate apply  PLAN [--sessions N] [--user ID] [--since DATE]\n"
	"                           [--backup-dir DIR] [--certain]\n"
	"       ihht migrate undo   PLAN [--session ID]...\n"
	"       ihht migrate verify [PLAN]\n"
	"       ihht migrate mark\n"
	"\n"
	"  plan    reads the database and the app's SQLite files and writes what it would do,\n"
	"          as text to read and to edit; changes nothing\n"
	"  apply   takes a backup, then does what the plan says, some sessions a transaction; a\n"
	"          killed one is run again.  Nothing is deleted: see schema ihht_migration\n"
	"  undo    puts back what a plan did, or what it did to some sessions; rows that were\n"
	"          changed since are listed and left\n"
	"  verify  no reading lost, no duplicate left, every row under one session\n"
	"  mark    a word that is another whenever any of these rows is; reads none of them\n"
	"\n"
	"  --phone FILE           a vitaliti.db of the app; may be said again\n"
	"  --out PLAN             where to write it (migration.plan)\n"
	"  --abandon-before DATE  active sessions silent since before then become abandoned\n"
	"  --empty-twins          merge pairs that started within 5 s, one of them empty\n"
	"  --sessions N           only the next N sessions of the plan\n"
	"  --user ID              only sessions of that person\n"
	"  --since DATE           only sessions that started then or later\n"
	"  --backup-dir DIR       where the dump goes (beside the plan)\n"
	"  --certain              only sessions of which ids and equal values show all, that are\n"
	"                         4 h old, and whose repair nobody has undone before\n"
	"  --session ID           any id of a session, also one that was merged away\n"
	"  --database CONNINFO    the old database (postgres/migrate in ihht.conf)\n"
	"  --schema NAME          of its tables (public)\n"
	"  --json                 one JSON object on standard output\n"
	"\n"
	"Exit codes: 0 done and well, 1 something was refused, left or found, 2 wrong words, 100\n"
	"fix the settings or what is said to be missing, 111 try again.\n";

enum flag { PHONE = 256, OUT, ABANDON, EMPTY, MOST, USER, SINCE, BACKUP, CERTAIN, SESSION, DATABASE,
	      SCHEMA, JSON, CONFIG, HELP };

static const struct option options[] = {
	{"phone", required_argument, NULL, PHONE},
	{"out", required_argument, NULL, OUT},
	{"abandon-before", required_argument, NULL, ABANDON},
	{"empty-twins", no_argument, NULL, EMPTY},
	{"sessions", required_argument, NULL, MOST},
	{"user", required_argument, NULL, USER},
	{"since", required_argument, NULL, SINCE},
	{"backup-dir", required_argument, NULL, BACKUP},
	{"certain", no_argument, NULL, CERTAIN},
	{"session", required_argument, NULL, SESSION},
	{"database", required_argument, NULL, DATABASE},
	{"schema", required_argument, NULL, SCHEMA},
	{"json", no_argument, NULL, JSON},
	{"config", required_argument, NULL, CONFIG},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0}};

static int
read_time(const char *text, int64_t *us)
{
	struct legacy_time time;

	if (times_text(text, &time, NULL) <= 0)
		return -1;
	*us = time.us;
	return 0;
}

static int
read_number(const char *text, int64_t *n)
{
	char *end;

	*n = strtoll(text, &end, 10);
	return *end || *n < 1 ? -1 : 0;
}

static int
read_option(struct migrate *m, int option)
{
	switch (option) {
	case PHONE:
		if (m->n_phones == 100)
			return -1;
		m->phones[m->n_phones++] = optarg;
		return 0;
	case SESSION:
		if (m->n_sessions == 100)
			return -1;
		m->sessions[m->n_sessions++] = optarg;
		return 0;
	case OUT:
		return m->out = optarg, 0;
	case ABANDON:
		return read_time(optarg, &m->abandon_us);
	case EMPTY:
		return m->empty_twins = 1, 0;
	case MOST:
		return read_number(optarg, &m->most);
	case USER:
		return m->user_id = optarg, 0;
	case SINCE:
		return read_time(optarg, &m->since_us);
	case BACKUP:
		return m->backup_dir = optarg, 0;
	case CERTAIN:
		return m->certain = 1, 0;
	case DATABASE:
		return m->database = optarg, 0;
	case SCHEMA:
		return m->schema = optarg, 0;
	case JSON:
		return m->json = 1, 0;
	case CONFIG:
		return m->config = optarg, 0;
	case HELP:
		return m->help = 1, 0;
	default:
		return -1;
	}
}

static int
read_words(struct migrate *m, int argc, char **argv)
{
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (read_option(m, o) < 0)
			return -1;
	if (m->help)
		return 0;
	if (optind < argc)
		m->verb = argv[optind++];
	if (optind < argc)
		m->file = argv[optind++];
	return m->verb && optind == argc ? 0 : -1;
}

/* ---- verbs */

static const struct {
	const char *name;
	int (*run)(struct migrate *migrate, struct err *err);
	int wants_plan, takes_plan;
} verbs[] = {
	{"plan", migrate_plan, 0, 0},
	{"apply", migrate_apply, 1, 1},
	{"undo", migrate_undo, 1, 1},
	{"verify", migrate_verify, 0, 1},
	{"mark", migrate_mark, 0, 0},
};
#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static int
go_on(void *arg, int fd)
{
	(void)arg;
	(void)fd;
	return 0;
}

/* Texts of rows must be the same in every run, whatever the server's settings are. */
static const char settings[] =
	"SET row_security = off; SET datestyle = 'ISO, YMD'; SET intervalstyle = 'postgres';"
	"SET extra_float_digits = 1; SET bytea_output = 'hex'; SET search_path = pg_catalog, pg_temp;"
	"SET statement_timeout = 0; SET idle_in_transaction_session_timeout = '10min'";

static int
connect_to(struct migrate *m, struct err *err)
{
	pg_conninfo(m->process->conf, m->process->run_dir, "migrate", "ihht_owner", m->conninfo,
		    sizeof(m->conninfo));
	if (m->database)
		(void)snprintf(m->conninfo, sizeof(m->conninfo), "%s", m->database);
	if (!(m->pg = pg_connect(m->conninfo, "ihht migrate", err)))
		return PROCESS_TRY_AGAIN;
	if (pg_exec(m->pg, settings, err) < 0)
		return PROCESS_TRY_AGAIN;
	return shape_read(&m->shape, m->pg, m->schema, err) < 0 ? PROCESS_FIX_CONFIG : 0;
}

/* ---- on record */

int
migrate_begins(struct migrate *m, const char *plan, struct err *err)
{
	char path[500], what[40];
	int r;

	record_path(m->process, path, sizeof(path));
	(void)snprintf(what, sizeof(what), "%s_begins", m->verb);
	m->record = record_open(path, err);
	r = !m->record ? -1 : record_add(m->record, err, what, "plan=%s uid=%d%s%s", plan, (int)getuid(),
					 m->certain ? " certain=1" : "",
					 m->n_sessions || m->most || m->user_id ? " part=1" : "");
	return r < 0 ? err_set(err, EACCES, "%.150s; nothing is changed that is not in the audit log "
			       "(dedupe-auditor/audit-log)", err->text) : 0;
}

int
migrate_ends(struct migrate *m, const char *plan, struct err *err, const char *format, ...)
{
	char what[40], text[400];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	(void)snprintf(what, sizeof(what), "%s_ended", m->verb);
	return record_add(m->record, err, what, "plan=%s %s", plan, text);
}

static int
exit_code_of(const struct err *err)
{
	return err->code == EAGAIN || err->code == ECANCELED || err->code == EIO ? PROCESS_TRY_AGAIN
									       : PROCESS_FIX_CONFIG;
}

static int
run(struct migrate *m, const struct process_manual *manual,
    int (*verb)(struct migrate *migrate, struct err *err), struct err *err)
{
	int r;

	if (!(m->process = process_open_quietly(manual, m->config, err)))
		return fprintf(stderr, "migrate: %s\n", err->text), PROCESS_FIX_CONFIG;
	r = connect_to(m, err);
	if (r == 0 && (r = verb(m, err)) >= 0)
		err->text[0] = 0;
	else if (r < 0)
		r = exit_code_of(err);
	if (r && *err->text)
		(void)fprintf(stderr, "migrate %s: %s\n", m->verb, err->text);
	return r;
}

int
command_migrate(const struct process_manual *manual, int argc, char **argv)
{
	struct migrate m = {.schema = "public", .since_us = MSG_NONE, .abandon_us = MSG_NONE,
			    .pause = {.wait = go_on}};
	struct err err = {0};
	size_t i;
	int r = MIGRATE_WORDS;

	if (read_words(&m, argc, argv) < 0)
		return fputs(help, stderr), MIGRATE_WORDS;
	if (m.help)
		return fputs(help, stdout), 0;
	for (i = 0; i < N_VERBS && strcmp(verbs[i].name, m.verb) != 0; i++)
		;
	if (i == N_VERBS || (verbs[i].wants_plan && !m.file) || (!verbs[i].takes_plan && m.file))
		return fputs(help, stderr), MIGRATE_WORDS;
	r = run(&m, manual, verbs[i].run, &err);
	record_close(&m.record);
	shape_release(&m.shape);
	if (m.pg)
		pg_close(&m.pg);
	process_close(&m.process);
	return r;
}
