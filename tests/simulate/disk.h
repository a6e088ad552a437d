/*
 * disk - SQLite's files in memory, with what a real disk does to them
 *
 * A write is in the file at once and on the medium after a sync.  A power cut keeps, of each
 * sector written since, the old or the new bytes.  A kill keeps all.
 */
#ifndef DISK_H
#define DISK_H

#include <stddef.h>

void disk_install(void);      /* SQLite's default from now on */
void disk_wipe(void);         /* a new, empty one */

/* Whoever has files open is dead: what it still does changes nothing, until disk_revive(). */
void disk_die(void);
void disk_revive(void);
void disk_cut_power(void);    /* while dead */

size_t disk_size(const char *name);

#endif
