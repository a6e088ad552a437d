/*
 * cells - one row of an old table, from Postgres or from an app's SQLite file, as text
 *
 * Turns rows into what the rules see (legacy.h), whatever columns there are.  Pure.
 */
#ifndef CELLS_H
#define CELLS_H

#include "services/dedupe-auditor/migrate/legacy.h"

#define CELLS_MOST 200

/* Names stay the same from row to row; values are borrowed for the call, NULL is null. */
struct cells {
	int n;
	const char *names[CELLS_MOST], *values[CELLS_MOST];
	int is_bool[CELLS_MOST];         /* "t" and "f" are 1 and 0 */
	int n_bad_times;                 /* that were no time; kept as null for the rules */
	int places[32];                  /* of the columns the rules know; cells_find() */
};

void cells_find(struct cells *cells);  /* after the names are set */

/* The row's key and the session it names are the caller's: tables have them differently. */
struct legacy_session *cells_session(struct cells *cells, struct legacy *legacy, int source,
				     const char *id);
struct legacy_child *cells_child(struct cells *cells, struct legacy *legacy,
				 enum legacy_table table, int source, const char *id,
				 const char *session_id);

#endif
