/*
 * process - what all our processes have in common: command line, settings, heart beat
 *
 *	NAME --config FILE [--instance N]     run
 *	NAME --check | --help | --version
 *
 * The settings are the process's own section of ihht.conf and the shared sections `gateway`,
 * `links` and `access`.  An exit code of 100 means "fix my configuration", 111 "try again".
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "common/conf.h"
#include "proto/words.h"

#define PROCESS_FIX_CONFIG 100
#define PROCESS_TRY_AGAIN  111

struct process_manual {
	const char *name;
	const char *text;  /* for --help: what it does, in some sentences */
	const struct conf_key *keys;
	size_t n_keys;
};

struct link;
struct _zactor_t;
struct process {
	const struct process_manual *manual;
	struct conf *conf;         /* its own section */
	struct conf *shared;       /* the section `gateway` */
	struct conf *access;       /* the section `access`, for access_open() */
	const char *gateway;       /* name of this gateway */
	const char *run_dir;       /* where ipc:// sockets live */
	const char *database;      /* the SQLite file */
	char archive[4096];        /* folder of what has left it */
	int instance;              /* from 1 */
	int64_t run;               /* its start, us since 1970 */
	struct _zactor_t *auth;    /* CURVE's gate keeper, when a link is bound on tcp */
	struct link *beats;
	int64_t beat_us;           /* clock_mono_us() of the last one */
	int64_t state;
};

/* NULL: return *exit_code from main; everything has been said. */
struct process *process_open(const struct process_manual *manual, int argc, char **argv,
			     int *exit_code);
void process_close(struct process **process);

/* For tools, of which many may run side by side: settings only, no command line and no heart
 * beat.  `config` NULL: found as process_open() does.  NULL: see err, exit PROCESS_FIX_CONFIG. */
struct process *process_open_quietly(const struct process_manual *manual, const char *config,
				     struct err *err);

/* How many instances ihht.conf asks for; 1 when it does not say. */
int process_instances(const struct process *process, const char *name);

/* A beat when one is due or the state changes.  `counts` is a printf format of
 * name=value pairs with spaces between; they become metrics. */
__attribute__((format(printf, 4, 5)))
void process_beat(struct process *process, enum process_state state, const char *why,
		  const char *counts, ...);

/* Milliseconds until the next beat, for the poll's time-out. */
long process_beat_in_ms(const struct process *process);

#endif
