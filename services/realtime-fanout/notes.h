/*
 * notes - what one watcher alone is told, and goes before all else
 */
#ifndef NOTES_H
#define NOTES_H

#include "clients.h"

/* It misses what lies between `from`, 0: of another run, and its next frame, and is told.
 * from_us: the last value it has, 0: not known. */
void note_hole(struct clients *clients, struct watcher *w, uint64_t from, int64_t from_us,
	       const char *why);
void note_resumed(const struct clients *clients, struct watcher *w);
/* It has to go. */
void note_leave(struct clients *clients, struct watcher *w, const char *why);
/* That we are here, and what our clock says. */
void note_time(struct watcher *w);

#endif
