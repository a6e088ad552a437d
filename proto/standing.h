/*
 * standing - the alerts that are not over, for those who come late
 *
 * By name; an alert of level info ends the one of its name.  Memory only: local-store tells
 * what stands to whoever begins to listen, and after a restart finds it again.
 */
#ifndef STANDING_H
#define STANDING_H

#include <stddef.h>

#include "proto/msg.h"

#define STANDING_MOST 16

struct standing {
	struct alert all[STANDING_MOST];
	size_t n;
};

void standing_take(struct standing *standing, const struct alert *alert);
int64_t standing_level(const struct standing *standing, const char *name);  /* LEVEL_INFO: none stands */

#endif
