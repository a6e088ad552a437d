/*
 * keeper - local-store: its rules on a simulated disk, in the order of its main.c
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "tests/simulate/world.h"

#define KEEPER_FILE "store.sqlite"

void keeper_new(void);
void keeper_free(void);
void keeper_kill(void);
void keeper_start(void);
bool keeper_runs(void);

int64_t keeper_wake_us(void);
void keeper_work(void);
void keeper_hear(const struct message *message, const void *msg);

/* Everything it has is on disk and in Postgres. */
bool keeper_is_done(void);

#endif
