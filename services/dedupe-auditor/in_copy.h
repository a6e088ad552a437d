/*
 * in_copy - the rows of a query, as Postgres' binary COPY sends them
 *
 * One row at a time, however many there are; while the server is silent the pause waits.
 */
#ifndef IN_COPY_H
#define IN_COPY_H

#include <libpq-fe.h>

#include "proto/msg.h"
#include "services/dedupe-auditor/pause.h"

#define COPY_COLUMNS 20

struct field {
	const uint8_t *p;        /* borrowed until the next row */
	int32_t len;             /* -1: NULL */
};

/* Starts zeroed; may be started again after the end. */
struct copy {
	PGconn *pg;
	struct pause *pause;
	char *message;           /* as libpq gave it */
	const uint8_t *at, *end; /* what is left of it */
	int has_head;            /* the stream's head has come */
	int n_columns;
	struct field fields[COPY_COLUMNS];
};

/* pg and pause are borrowed until the end. */
int copy_start(struct copy *copy, PGconn *pg, struct pause *pause, int n_columns,
	       const char *query, struct err *err);
int copy_next(struct copy *copy, struct err *err);  /* 1 and fields, 0 the end, -1 */
void copy_release(struct copy *copy);

/* A field as a value: 1, or 2 and err when it holds what cannot be there; what is then in *v
 * is no valid value.  A NULL word is place 0 where that is the empty word. */
int field_uuid(const struct field *f, const char *column, uint8_t id[16], struct err *err);
int field_int(const struct field *f, const char *column, int optional, int64_t *v,
	      struct err *err);
int field_time(const struct field *f, const char *column, int optional, int64_t *us,
	       struct err *err);
void field_real(const struct field *f, double *v);
int field_word(const struct field *f, const char *column, const struct words *words,
	       int64_t *word, struct err *err);

#endif
