/*
 * askers - who wants raw bytes by name: they are made only while somebody does
 *
 * ZeroMQ tells of each who comes, and of a wish when the last who had it goes.  Pure.
 */
#ifndef ASKERS_H
#define ASKERS_H

#include <stddef.h>

#define ASKERS_MOST 16

struct askers {
	char wishes[ASKERS_MOST][256];   /* prefixes of topics, each once */
	size_t n;
	int too_many;                    /* not all are known: go on until the process ends */
};

/* A subscription to that prefix begins, or ends.  1 when it is about raw bytes, else 0. */
int askers_take(struct askers *askers, const char *prefix, int left);

int askers_any(const struct askers *askers);

#endif
