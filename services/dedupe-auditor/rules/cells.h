/*
 * cells - one row of an old table, from Postgres or from an app's SQLite file, as text
 *
 * Turns rows into what the rules see (legacy.h), whatever columns there are.  Pure.
 */
#ifndef CELLS_H
#define CELLS_H

#include "services/dedupe-auditor/rules/legacy.h"

#define CELLS_MOST 200

/* Names stay the same from row to row; values are borrowed for the call, NULL is null. */
struct cells {
	int n;
	const char *names[CELLS_MOST], *values[CELLS_MOST];
	int is_bool[CELLS_MOST];         /* "t" and "f" are 1 and 0 */
	int n_bad_times;                 /* that were no time; kept as null for the rules */
	int places[32];                  /* of the columns the rules know; cells_find() */
	int bits[CELLS_MOST];            /* of each column in legacy_child.set; -1 none */
};

/* After the names are set.  `place`: where the cloud's table has that column, so that bits mean
 * the same in every source; -1: a phone has it in vain.  NULL: there is one source only. */
void cells_find(struct cells *cells, int (*place)(const void *table, const char *column),
		const void *table);

/* The row's key and the session it names are the caller's: tables have them differently. */
struct legacy_session *cells_session(struct cells *cells, struct legacy *legacy, int source,
				     const char *id);
struct legacy_child *cells_child(struct cells *cells, struct legacy *legacy,
				 enum legacy_table table, int source, const char *id,
				 const char *session_id);

#endif
