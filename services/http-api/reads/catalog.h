/*
 * catalog - what can be read of Postgres: for each, its rows and the SQL around them
 */
#ifndef CATALOG_H
#define CATALOG_H

#include "services/http-api/reads/shapes.h"

enum read_form {
	READ_LIST,       /* rows; `before`, `after` and `limit` make pages of them */
	READ_ROW,        /* one row; none is 404 */
	READ_OF_SESSION, /* rows of session s; no such session is 404 */
	READ_DETAIL,     /* one session, with figures from its readings */
	READ_NEXT_LEVEL, /* computed from past sessions */
};

/* $1 is the key of the path, if it has one; then the route's params in their order. */
struct read {
	enum read_form form;
	const char *list;          /* the name of the rows in the answer */
	const struct shape *shape;
	const char *alias;         /* of the table in `from` that has the shape's columns */
	const char *const *cursor; /* columns that `next` is made of; NULL: there are no pages */
	const char *from, *order;  /* order: over t */
};

extern const struct read read_sessions, read_session, read_readings, read_thinned, read_surveys,
	read_events, read_devices, read_people, read_next_level, read_sync;
/* of views.c */
extern const struct read read_basis, read_quality, read_summaries, read_weeks, read_silences;

/* The statement, malloc'ed.  LIST and OF_SESSION: the shape's columns; ROW: one, JSON. */
char *read_sql(const struct read *read);

#endif
