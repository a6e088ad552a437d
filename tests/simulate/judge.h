/*
 * judge - at the end of a world, both stores against what was said and against each other
 */
#ifndef JUDGE_H
#define JUDGE_H

#include "tests/simulate/world.h"

void judge(void);                /* when all is calm and drained */

#endif
