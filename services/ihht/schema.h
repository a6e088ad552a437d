/*
 * schema - the tables of Postgres: `ihht schema apply|status|lint [FOLDER]`
 *
 * A folder holds numbered migrations, 001_a_name.sql.  Each is applied in one transaction and
 * once, also when two do it at the same time; what was applied stands in ihht_schema with the
 * digest of its file, and a file that has changed since is refused.
 */
#ifndef SCHEMA_H
#define SCHEMA_H

#include "proto/process.h"

/* The verb: argv[0] is "schema".  `process` is not needed for lint.  Gives an exit code:
 * 0 done or up to date, 1 not, PROCESS_FIX_CONFIG wrong words, PROCESS_TRY_AGAIN no Postgres. */
int schema_main(struct process *process, int argc, char **argv);

#endif
