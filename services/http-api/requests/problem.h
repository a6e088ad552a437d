/*
 * problem - why a request was not served, as the caller reads it
 *
 * RFC 9457, application/problem+json: status, title, detail, and where it helps field (the
 * one that was wrong), allowed (the words it may be), row (of a batch, from 1) and allow.  No health data in it: a detail
 * says what would be right, not what was sent.
 */
#ifndef PROBLEM_H
#define PROBLEM_H

#include <stddef.h>

#include "common/err.h"
#include "proto/words.h"

struct problem {
	int status;
	char field[64];     /* "" when it is no single field */
	const struct words *words;  /* that the field may be; NULL: it is no word */
	long row;           /* from 1; 0 when it is no row */
	char allow[40];     /* 405: the methods that would be right */
	int retry_after_s;  /* 503 */
	char detail[360];
};

/* Always -1, as err_set(). */
__attribute__((format(printf, 4, 5)))
int problem_set(struct problem *problem, int status, const char *field, const char *format, ...);

/* From "message.field: what would be right", as msg_from_json() says it.  Always -1. */
int problem_from_err(struct problem *problem, int status, const struct err *err);

/* As JSON, malloc'ed. */
char *problem_text(const struct problem *problem, size_t *len);

#endif
