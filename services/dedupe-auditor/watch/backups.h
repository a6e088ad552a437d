/*
 * backups - the dumps of the auditor's own repairs: the newest ones stay
 */
#ifndef BACKUPS_H
#define BACKUPS_H

#include <stddef.h>

/* Removes all but the `keep` newest of DIR/audit.plan.*.dump; how many went. */
size_t backups_prune(const char *dir, size_t keep);

#endif
