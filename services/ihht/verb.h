/*
 * verb - what `ihht` can be asked to do: one row of the table in main.c each
 */
#ifndef VERB_H
#define VERB_H

#include "proto/process.h"

enum ihht_exit {
	IHHT_OK = 0,
	IHHT_UNWELL = 1,  /* the thing asked about is not well, or the command was refused */
	IHHT_USAGE = 2,   /* wrong words; besides these, PROCESS_FIX_CONFIG and _TRY_AGAIN */
};

struct ihht {
	struct process *process;
	const char *config;  /* --config as given, or NULL */
	int json;
};

struct verb {
	const char *name;       /* one word or two */
	const char *arguments;
	const char *purpose;    /* one line */
	const char *text;       /* more, if there is more to say, and examples */
	/* argv[0] is what follows the name; gives an exit code */
	int (*run)(struct ihht *me, const struct verb *verb, int argc, char **argv);
	const struct message *message;  /* the command it sends, whose fields it takes */
};

/* IHHT_USAGE, after "ihht VERB: ..." and where to read more. */
__attribute__((format(printf, 2, 3)))
int verb_usage(const struct verb *verb, const char *format, ...);

/* The same for what the settings or the world are to blame for; gives `code`. */
int verb_fail(const struct verb *verb, int code, const struct err *err);

int alerts_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int doctor_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int status_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int command_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int session_list_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int session_show_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int quarantine_list_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int quarantine_show_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int quarantine_act_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int verify_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int audit_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int migrate_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int check_config_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int keys_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int token_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int devices_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int devices_test_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int report_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int import_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int export_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int import_app_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int restore_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int archive_list_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int archive_verify_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int archive_restore_run(struct ihht *me, const struct verb *verb, int argc, char **argv);
int demo_run(struct ihht *me, const struct verb *verb, int argc, char **argv);

#endif
