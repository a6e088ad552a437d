/*
 * params - the arguments of a query string: what each may be, and what it becomes for SQL
 */
#ifndef PARAMS_H
#define PARAMS_H

#include <stdint.h>

#include "proto/words.h"
#include "services/http-api/requests/problem.h"

enum param_kind { PARAM_NUMBER, PARAM_TIME, PARAM_UUID, PARAM_WORD, PARAM_TEXT, PARAM_FLAG,
		  PARAM_CURSOR, PARAM_SESSIONS };

struct param {
	const char *name;
	enum param_kind kind;
	int64_t min, max;           /* NUMBER: its limits; TEXT: bytes; SESSIONS: how many */
	const char *fallback;       /* when it is not given; NULL: none */
	const struct words *words;  /* WORD */
	const char *parts;          /* CURSOR: t time in us, n number, u UUID, x hex */
	const char *meaning;
};

#define PARAM_MAX 320

/* 0 and the value as SQL takes it: times as ISO 8601, UUIDs in lower case, sessions (UUIDs or
 * local ids with commas between) as an array of UUIDs; -1: see problem. */
int param_read(const struct param *param, const char *text, char value[PARAM_MAX],
	       struct problem *problem);

#endif
