/*
 * certain - which sessions of a plan may be repaired without asking anybody
 *
 * Those of which every line says what the rows themselves say, by ids and equal values; not by
 * time alone.  And nobody is to be at work on them: a session that began less than
 * CERTAIN_AFTER_US ago, twice the app's longest, waits.  Pure.
 */
#ifndef CERTAIN_H
#define CERTAIN_H

#include "services/dedupe-auditor/plan/plan_file.h"

#define CERTAIN_AFTER_US (4 * 3600 * 1000000LL)

int plan_is_certain(const struct plan_file *file, const struct plan_block *block, int64_t now_us);

#endif
