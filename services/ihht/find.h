/*
 * find - which session a person means
 */
#ifndef FIND_H
#define FIND_H

#include "proto/ids.h"
#include "proto/process.h"

/*
 * A UUID or the beginning of one (4 or more), a local id (IHHT_...), or a device's name for
 * the session that runs on it.  -1 and what would be right.  Full ids need no store.
 */
int find_session(const struct process *process, const char *name, ids_uuid id, struct err *err);

#endif
