#include "services/dedupe-auditor/command.h"

#include <czmq.h>
#include <getopt.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/pg.h"
#include "proto/link.h"
#include "services/dedupe-auditor/out_report.h"

#define DIFFERS      1
#define WRONG_WORDS  2     /* as of every verb of ihht */
#define SEND_WITHIN  5000  /* ms: local-store may be starting */

static const char help[] =
	"ihht verify - do SQLite and Postgres hold the same rows?\n"
	"\n"
	"usage: ihht verify [--session ID] [--json] [--repair] [--config FILE]\n"
	"\n"
	"  --session ID   only this session; its UUID or its IHHT_... id\n"
	"  --repair       have local-store send again what Postgres lacks\n"
	"  --json         one JSON object on standard output\n"
	"\n"
	"Compares count and digest of each session's readings, and its surveys, events and\n"
	"other records; where they differ, says which span of time is missing, extra, changed\n"
	"or doubled in Postgres.  Pending rows have no receipt yet: they are on their way.\n"
	"Nothing is ever deleted, and what is extra, changed or doubled is only reported.\n"
	"Rows in quarantine are those that Postgres will not take: see ihht quarantine list.\n"
	"\n"
	"Exit codes: 0 equal (pending is), 1 a difference or a row in quarantine,\n"
	"2 wrong words or no such session,\n"
	"100 fix the settings, 111 a store cannot be read now: try again.\n";

struct command {
	const char *config, *session;
	int json, repair, help;
	struct process *process;
	int64_t said_us;
	int is_said;
};

static int
read_options(struct command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"session", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},         {"repair", no_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'c')
			c->config = optarg;
		else if (o == 's')
			c->session = optarg;
		else if (o == 'j')
			c->json = 1;
		else if (o == 'r')
			c->repair = 1;
		else if (o == 'h')
			c->help = 1;
		else
			return -1;
	}
	return optind == argc ? 0 : -1;
}

void
command_stores(const struct process *process, char *conninfo, size_t size, struct verify_of *of)
{
	pg_conninfo(process->conf, process->run_dir, "dedupe-auditor", "ihht_audit", conninfo, size);
	*of = (struct verify_of){.database = process->database, .conninfo = conninfo,
				 .gateway = process->gateway};
}

/* What takes long says how far it is, to people only. */
static void
say_progress(struct command *c, const struct pause *pause)
{
	int64_t now = clock_mono_us();

	if (!isatty(STDERR_FILENO) || now - c->said_us < CLOCK_SECOND)
		return;
	c->said_us = now;
	c->is_said = 1;
	(void)fprintf(stderr, "\r\033[K%s, %llu rows", pause->doing,
		      (unsigned long long)pause->n_rows);
}

struct watch {
	struct command *command;
	struct pause *pause;
};

static int
wait_for(void *arg, int fd)
{
	struct watch *watch = arg;
	zmq_pollitem_t on = {.fd = fd, .events = ZMQ_POLLIN};

	say_progress(watch->command, watch->pause);
	if (fd >= 0)
		(void)zmq_poll(&on, 1, 1000);
	return 0;
}

static int
send_one(struct link *link, const struct repair *repair, struct err *err)
{
	zmq_pollitem_t on = {.socket = link_socket(link), .events = ZMQ_POLLOUT};
	int r = link_send(link, &msg_repair, repair->session_id, repair, err);

	if (r == 0 && zmq_poll(&on, 1, SEND_WITHIN) > 0)
		r = link_send(link, &msg_repair, repair->session_id, repair, err);
	if (r == 0)
		return err_set(err, EAGAIN, "local-store does not take repairs; is it running?");
	return r;
}

static int
send_repairs(struct command *c, const struct audit *audit, uint64_t *n, struct err *err)
{
	struct link *link = link_open(c->process, "repairs", LINK_OUT, err);
	struct repairs at = {0, 0};
	struct repair repair;
	int r = link ? 0 : -1;

	while (r >= 0 && audit_next_repair(audit, &at, &repair))
		if ((r = send_one(link, &repair, err)) > 0)
			++*n;
	if (*n)
		zclock_sleep(100);  /* linger is 0: lets the last one leave */
	link_close(&link);
	return r < 0 ? -1 : 0;
}

static int
complain(const struct err *err, int exit_code)
{
	(void)fprintf(stderr, "verify: %s\n", err->text);
	return exit_code;
}

static int
tell(struct command *c, const struct audit *audit)
{
	uint64_t n_sent = 0;
	struct err err;
	int r = 0;

	if (!audit->sessions.n && c->session) {
		(void)fprintf(stderr, "verify: there is no session %s; ihht session list shows all\n",
			      c->session);
		return WRONG_WORDS;
	}
	if (!c->json)
		report_table(stdout, audit);
	if (c->repair)
		r = send_repairs(c, audit, &n_sent, &err);
	if (c->json)
		(void)report_json(stdout, audit, n_sent);
	if (r < 0)
		return complain(&err, PROCESS_TRY_AGAIN);
	if (c->repair && !c->json)
		printf("%llu repair%s sent\n", (unsigned long long)n_sent, n_sent == 1 ? "" : "s");
	return audit_differs(audit) || audit->n_quarantined ? DIFFERS : 0;
}

int
command_verify(const struct process_manual *manual, int argc, char **argv)
{
	struct command c = {.said_us = clock_mono_us()};
	struct audit audit = {0};
	struct watch watch = {.command = &c};
	struct pause pause = {.wait = wait_for, .arg = &watch};
	struct verify_of of;
	char conninfo[1024];
	struct err err;
	int r;

	watch.pause = &pause;
	if (read_options(&c, argc, argv) < 0)
		return fputs(help, stderr), WRONG_WORDS;
	if (c.help)
		return fputs(help, stdout), 0;
	if (!(c.process = process_open_quietly(manual, c.config, &err)))
		return complain(&err, PROCESS_FIX_CONFIG);
	command_stores(c.process, conninfo, sizeof(conninfo), &of);
	of.only = c.session;
	r = verify_run(&of, &pause, &audit, &err);
	if (c.is_said)
		(void)fputs("\r\033[K", stderr);
	r = r < 0 ? complain(&err, PROCESS_TRY_AGAIN) : tell(&c, &audit);
	audit_clear(&audit);
	process_close(&c.process);
	return r;
}
