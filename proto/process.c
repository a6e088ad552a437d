#include "proto/process.h"

#include <czmq.h>
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "proto/access.h"
#include "proto/link.h"

#define DEFAULT_CONFIG "/etc/ihht/ihht.conf"

static const struct conf_key shared_keys[] = {
	{"name", CONF_TEXT, "gateway", 1, 60, NULL, "this gateway's name, the same for ever"},
	{"run", CONF_PATH, "run", 1, 90, NULL, "folder of the ipc:// sockets"},
	{"database", CONF_PATH, "store.sqlite", 1, 4000, NULL, "the SQLite file; local-store writes it"},
	{"archive", CONF_PATH, "", 0, 4000, NULL,
	 "folder of what has left the database; empty: archive, beside the database"},
};
#define N_SHARED (sizeof(shared_keys) / sizeof(shared_keys[0]))

static int
is_known(const char *name)
{
	const char *process;
	size_t i;

	for (i = 0; (process = link_process(i)); i++)
		if (!strcmp(process, name))
			return 1;
	return !strcmp(name, "gateway") || !strcmp(name, "links") || !strcmp(name, "postgres") ||
	       !strcmp(name, "access");
}

static int
check_links(const struct conf *conf, struct err *err)
{
	const struct link_row *row;
	const char *name, *value;
	size_t i, k;

	for (i = 0; (name = conf_name_at(conf, "links", i)); i++) {
		if (!strcmp(name, "key") || !strcmp(name, "peers"))
			continue;
		for (k = 0; (row = link_row(k)) && strcmp(row->name, name); k++)
			;
		if (!row)
			return err_set(err, EINVAL, "links/%s: no such link; see docs/reference.md", name);
		if (!strcmp(row->binder, "*"))
			return err_set(err, EINVAL, "links/%s: stays in gateway/run, every process "
				       "binds its own", name);
		value = conf_find(conf, "links", name);
		if (value && *value && strchr("@>", *value))
			value++;
		if (!value || (strncmp(value, "ipc://", 6) && strncmp(value, "tcp://", 6)))
			return err_set(err, EINVAL, "links/%s: must be ipc://… or tcp://…, with @ in "
				       "front to bind or > to connect", name);
	}
	return 0;
}

/* What no single process owns: the names of sections, the links. */
static int
check_shared(struct process *p, struct err *err)
{
	const char *name;
	size_t i;

	for (i = 0; (name = conf_name_at(p->conf, "", i)); i++)
		if (!is_known(name))
			return err_set(err, EINVAL, "%s: no such section; there are gateway, links, "
				       "postgres, access and one for each process", name);
	return check_links(p->conf, err);
}

static void
name_archive(struct process *p)
{
	const char *said = conf_text(p->shared, "archive"), *slash = strrchr(p->database, '/');

	if (*said)
		(void)snprintf(p->archive, sizeof(p->archive), "%s", said);
	else
		(void)snprintf(p->archive, sizeof(p->archive), "%.*sarchive",
			       slash ? (int)(slash + 1 - p->database) : 0, p->database);
}

static int
read_config(struct process *p, const char *path, struct err *err)
{
	const struct process_manual *m = p->manual;

	p->conf = conf_open(path, m->name, m->keys, m->n_keys, err);
	p->shared = p->conf ? conf_open(path, "gateway", shared_keys, N_SHARED, err) : NULL;
	p->access = p->shared ? conf_open(path, "access", access_settings, ACCESS_SETTINGS, err) : NULL;
	if (!p->access || check_shared(p, err) < 0)
		return -1;
	p->gateway = conf_text(p->shared, "name");
	p->run_dir = conf_text(p->shared, "run");
	p->database = conf_text(p->shared, "database");
	name_archive(p);
	if (strchr(p->gateway, '/'))
		return err_set(err, EINVAL, "gateway/name: must not have a / in it");
	return 0;
}

static void
print_help(const struct process_manual *m)
{
	printf("%s - %s\n\n"
	       "usage: %s [--config FILE] [--instance N]   run in the foreground, log to stderr\n"
	       "       %s [--config FILE] --check          only check the settings\n"
	       "       %s --help | --version\n\n"
	       "Without --config: $IHHT_CONF, else " DEFAULT_CONFIG ".\n"
	       "Exit codes: 0 asked to stop, 100 fix the settings, 111 try again.\n\n"
	       "Settings in the section %s of ihht.conf:\n", m->name, m->text, m->name, m->name,
	       m->name, m->name);
	conf_help(stdout, m->keys, m->n_keys);
	printf("\nShared, in the section gateway:\n");
	conf_help(stdout, shared_keys, N_SHARED);
	printf("\nShared, in the section access:\n");
	conf_help(stdout, access_settings, ACCESS_SETTINGS);
}

/* 0 go on; 1 done, *exit_code set. */
static int
read_options(struct process *p, int argc, char **argv, const char **config, int *check,
	     int *exit_code)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"instance", required_argument, NULL, 'i'},
		{"check", no_argument, NULL, 'k'},        {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0}};
	char more;
	int o;

	*exit_code = 0;
	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'c')
			*config = optarg;
		else if (o == 'i' && sscanf(optarg, "%2d%c", &p->instance, &more) == 1 &&
			 p->instance >= 1 && p->instance <= 64)
			continue;
		else if (o == 'k')
			*check = 1;
		else if (o == 'h')
			return print_help(p->manual), 1;
		else if (o == 'v')
			return printf("%s " VERSION "\n", p->manual->name), 1;
		else
			break;
	}
	if (o == -1 && optind == argc)
		return 0;
	fprintf(stderr, "%s: wrong arguments; %s --help explains\n", p->manual->name,
		p->manual->name);
	*exit_code = PROCESS_FIX_CONFIG;
	return 1;
}

static struct process *
process_new(const struct process_manual *manual)
{
	struct process *p = calloc(1, sizeof(*p));

	ASSERT(p);
	p->manual = manual;
	p->instance = 1;
	p->run = clock_utc_us();
	log_open(manual->name);
	return p;
}

static const char *
config_path(const char *config)
{
	if (!config)
		config = getenv("IHHT_CONF");
	return config ? config : DEFAULT_CONFIG;
}

struct process *
process_open_quietly(const struct process_manual *manual, const char *config, struct err *err)
{
	struct process *p = process_new(manual);

	if (read_config(p, config_path(config), err) < 0)
		process_close(&p);
	return p;
}

struct process *
process_open(const struct process_manual *manual, int argc, char **argv, int *exit_code)
{
	struct process *p = process_new(manual);
	const char *config = NULL;
	struct err err;
	int check = 0;

	if (read_options(p, argc, argv, &config, &check, exit_code))
		goto done;
	*exit_code = PROCESS_FIX_CONFIG;
	if (read_config(p, config_path(config), &err) < 0) {
		log_error("bad_config", "why=\"%s\"", err.text);
		goto done;
	}
	*exit_code = 0;
	if (check)
		goto done;
	*exit_code = PROCESS_TRY_AGAIN;
	if (!(p->beats = link_open(p, "beats", LINK_OUT, &err))) {
		log_error("cannot_start", "why=\"%s\"", err.text);
		goto done;
	}
	return p;
done:
	process_close(&p);
	return NULL;
}

void
process_close(struct process **process)
{
	if (!*process)
		return;
	link_close(&(*process)->beats);
	zactor_destroy(&(*process)->auth);
	conf_close(&(*process)->conf);
	conf_close(&(*process)->shared);
	conf_close(&(*process)->access);
	free(*process);
	*process = NULL;
}

int
process_instances(const struct process *process, const char *name)
{
	const char *value = conf_find(process->conf, name, "instances");
	int n = value ? atoi(value) : 1;

	return n < 1 ? 1 : n > 64 ? 64 : n;
}

void
process_beat(struct process *process, enum process_state state, const char *why,
	     const char *counts, ...)
{
	int64_t now = clock_mono_us();
	struct beat beat;
	va_list args;

	if (process->beat_us && now - process->beat_us < CLOCK_SECOND &&
	    process->state == (int64_t)state)
		return;
	process->beat_us = now;
	process->state = state;
	msg_clear(&msg_beat, &beat);
	(void)snprintf(beat.process, sizeof(beat.process), "%s", process->manual->name);
	(void)snprintf(beat.version, sizeof(beat.version), "%s", VERSION);
	(void)snprintf(beat.why, sizeof(beat.why), "%s", why);
	va_start(args, counts);
	(void)vsnprintf(beat.counts, sizeof(beat.counts), counts, args);
	va_end(args);
	beat.instance = process->instance;
	beat.pid = getpid();
	beat.started_us = process->run;
	beat.state = state;
	(void)link_send(process->beats, &msg_beat, process->manual->name, &beat, NULL);
	while (link_joined(process->beats, beat.why, sizeof(beat.why)))
		;  /* XPUB keeps who came and went until it is read */
}

long
process_beat_in_ms(const struct process *process)
{
	return clock_until_ms(process->beat_us + CLOCK_SECOND, clock_mono_us(), 1000);
}
