/*
 * shapes - what a row of an answer has: its SQL and its description follow from one table
 */
#ifndef SHAPES_H
#define SHAPES_H

#include <stdio.h>

#include "proto/words.h"

enum column_kind {
	COLUMN_TEXT, COLUMN_UUID, COLUMN_TIME, COLUMN_INT, COLUMN_REAL, COLUMN_BOOL, COLUMN_WORD,
	COLUMN_WORDS,    /* a list of them */
	COLUMN_ANY,      /* any JSON */
	COLUMN_ROW,      /* of `shape`, or null */
	COLUMN_ROWS,     /* of `shape` */
	COLUMN_COMPUTED, /* of `shape`, not from SQL */
	COLUMN_COMPUTED_LIST,
};

struct figure;

struct shape {
	const char *name;
	const struct figure *figures;  /* columns besides, computed; NULL: none */
	const char *table, *order;     /* of rows inside a session */
	const struct column {
		const char *name;
		enum column_kind kind;
		int never_null;
		const char *meaning;
		const char *sql;           /* NULL: the column of that name */
		const struct words *words;
		const struct shape *shape;
	} *columns;                    /* end with name NULL */
};

extern const struct shape shape_session, shape_session_detail, shape_reading, shape_surveys,
	shape_event, shape_progression, shape_device, shape_person, shape_sync,
	shape_next_level, shape_phase_figures, shape_session_figures;
/* of views.c */
extern const struct shape shape_basis, shape_quality, shape_summary, shape_week, shape_silence;

/* The columns for a SELECT over `alias`; those inside a session belong to session s. */
void shape_print(const struct shape *shape, const char *alias, FILE *to);

#endif
