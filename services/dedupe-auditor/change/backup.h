/*
 * backup - a dump of the tables that will be touched, shown to be good before it is needed
 *
 * pg_dump's own format, taken in one moment; restored into a database made for it, where count
 * and digest of every table are compared with that moment's.  Refused where there is no
 * room, or no right to make that database.
 */
#ifndef BACKUP_H
#define BACKUP_H

#include <limits.h>

#include "services/dedupe-auditor/plan/in_shape.h"

struct backup {
	PGconn *pg;
	const char *conninfo;
	const struct shape *shape;
	const char *plan;                /* its id */
	const char *beside, *dir;        /* in dir; NULL: where the file `beside` lies */

	char path[PATH_MAX];
	int64_t rows, bytes;
};

/* On success path, rows and bytes are set; on failure nothing is left behind. */
int backup_take(struct backup *backup, struct err *err);

#endif
