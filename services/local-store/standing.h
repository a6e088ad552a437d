/*
 * standing - the alerts that are not over, for those who come late
 *
 * By name; an alert of level info ends the one of its name.  Memory only: after a restart
 * whatever still holds is found, and told, again.
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
int standing_has(const struct standing *standing, const char *name);

#endif
