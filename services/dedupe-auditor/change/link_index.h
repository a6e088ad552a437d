/*
 * link_index - indexes that a repair needs while it is at work
 *
 * A batch asks each table for the rows of its sessions.  Where no index begins with the column
 * that names the session, each question reads the whole table; so one is made before the first
 * batch and dropped after the last.  They are noted in ihht_migration.guards before they are
 * made: what a kill leaves is used, or dropped, by the next apply or undo.
 */
#ifndef LINK_INDEX_H
#define LINK_INDEX_H

#include "services/dedupe-auditor/plan/in_shape.h"

#define LINK_INDEX_BYTES (256 * 1024)    /* a smaller table is read as quickly */

/* Is one made for that column of the table? */
int link_index_is_wanted(const struct table *table, const struct column *column);

struct link_indexes {
	PGconn *pg;
	const struct shape *shape;
	int is_silent;                   /* says nothing on stdout */
	int is_open;                     /* some may have been made */
};

/* Outside a transaction.  One that cannot be made is said, and is no error. */
int link_indexes_make(struct link_indexes *indexes, struct err *err);
void link_indexes_drop(struct link_indexes *indexes);    /* the same */

#endif
