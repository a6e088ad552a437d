/*
 * beats - which processes live, as heard on the link `beats`
 */
#ifndef BEATS_H
#define BEATS_H

#include "proto/link.h"

#define BEATS_MAX   128
#define BEATS_OLD_US 3000000  /* a process this long silent is not there */

struct heard {
	struct beat beat;
	int64_t at_us;  /* clock_mono_us() */
};

struct beats {
	size_t n;
	struct heard heard[BEATS_MAX];
};

/* What should be running: the setting ihht/processes, with its instances. */
struct expected {
	size_t n;
	struct {
		const char *name;
		int instance;
	} all[BEATS_MAX];
};

/* -1: the setting names a process that does not exist. */
int beats_expect(const struct process *process, struct expected *expected, struct err *err);

/* Takes what comes until `until_us` (clock_mono_us()), or until all expected ones are ready
 * if `expected` is given.  -1 and err. */
int beats_listen(struct link *link, struct beats *beats, int64_t until_us,
		 const struct expected *expected, struct err *err);

/* Pure, as the rest below: one beat taken down. */
void beats_take(struct beats *beats, const struct beat *beat, int64_t now_us);

/* Not older than BEATS_OLD_US; NULL when silent. */
const struct heard *beats_of(const struct beats *beats, const char *name, int instance,
			     int64_t now_us);

int beats_well(const struct beats *beats, const struct expected *expected, int64_t now_us);

#endif
