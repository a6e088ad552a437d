/*
 * clients_parts - what clients.c and clients_next.c share
 */
#ifndef CLIENTS_PARTS_H
#define CLIENTS_PARTS_H

#include "clients.h"

/* Where it begins, or begins anew: after the frame it resumes from, or with a snapshot. */
void clients_begin(struct clients *clients, struct watcher *w, const struct since *resume,
		   int64_t mono_us);

#endif
