/*
 * rights - whose data a watcher may see
 */
#ifndef RIGHTS_H
#define RIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/access.h"

/* A UUID as a number.  All 0: concerns nobody, everybody may see it. */
struct person {
	uint64_t high, low;
};
struct person person_of(const char *uuid);  /* "": somebody unknown, whom only admins may see */

int person_same(struct person a, struct person b);

struct rights {
	int all;
	int64_t until_us;       /* UTC */
	uint64_t key;           /* that signed the token, 0: there is none yet */
	size_t n;
	struct person *people;  /* owned */
};

/* -1: out of memory. */
int rights_init(struct rights *rights, const struct caller *caller);
void rights_release(struct rights *rights);

int rights_may(const struct rights *rights, struct person person);
int rights_same(const struct rights *a, const struct rights *b);  /* but for their end */

#endif
