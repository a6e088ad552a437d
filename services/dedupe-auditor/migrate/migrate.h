/*
 * migrate - `dedupe-auditor migrate plan|apply|undo|verify|mark`, which is `ihht migrate ...`
 *
 * Repairs the app's old database in place.  Where it is: postgres/migrate in ihht.conf, else
 * postgres/url; --database for once.
 */
#ifndef MIGRATE_H
#define MIGRATE_H

#include "proto/ids.h"
#include "proto/process.h"
#include "services/dedupe-auditor/pause.h"
#include "services/dedupe-auditor/plan/in_shape.h"
#include "services/dedupe-auditor/record/out_record.h"

#define MIGRATE_UNWELL 1         /* something was refused, left or found */
#define MIGRATE_WORDS  2

/* argv[0] is "migrate".  Exit codes as of every verb of ihht. */
int command_migrate(const struct process_manual *manual, int argc, char **argv);

/* ---- for the verbs' own files */

struct migrate {
	const char *verb;                /* plan ... */
	const char *config, *database, *schema, *out, *backup_dir;
	const char *file;                /* the plan, or its id */
	char *phones[100];
	int n_phones, empty_twins, certain, json, help;
	const char *user_id;
	const char *sessions[100];       /* undo: only these */
	int n_sessions;
	int64_t most, since_us, abandon_us;

	struct process *process;
	struct record *record;           /* the audit log, once something is to be changed */
	char conninfo[1024];
	PGconn *pg;
	struct shape shape;
	struct pause pause;
};

/* A plan is named by its file or, when that is gone, by its id. */
int migrate_plan_id(const char *name, ids_uuid id, struct err *err);

/* Nothing is changed that is not on record before; and what came of it after, with counts. */
int migrate_begins(struct migrate *migrate, const char *plan, struct err *err);
__attribute__((format(printf, 4, 5)))
int migrate_ends(struct migrate *migrate, const char *plan, struct err *err, const char *format, ...);

int migrate_plan(struct migrate *migrate, struct err *err);      /* exit codes, -1: see err */
int migrate_apply(struct migrate *migrate, struct err *err);
int migrate_undo(struct migrate *migrate, struct err *err);
int migrate_verify(struct migrate *migrate, struct err *err);
int migrate_mark(struct migrate *migrate, struct err *err);

#endif
