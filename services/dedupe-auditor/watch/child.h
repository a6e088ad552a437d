/*
 * child - this program once more, for one task, while beats go on
 */
#ifndef CHILD_H
#define CHILD_H

#include <stddef.h>

#include "common/err.h"
#include "services/dedupe-auditor/pause.h"

/* Its exit code, and the end of what it said in `said`.  -1: it could not be run, or the pause
 * was told to stop (then it was, too). */
int child_run(char *const argv[], struct pause *pause, char *said, size_t size, struct err *err);

#endif
