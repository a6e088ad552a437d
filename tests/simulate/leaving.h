/*
 * leaving - what leaves the simulated store for files, in every other world, and comes back
 *
 * The real retention, with a cap that is soon reached.  Its files stand on the real disk and
 * survive all: in them is only what Postgres has had.
 */
#ifndef LEAVING_H
#define LEAVING_H

#include "services/local-store/lifecycle.h"
#include "tests/simulate/world.h"

void leaving_new(void);
void leaving_free(void);
const char *leaving_folder(void);

int leaving_limit(struct store *store, struct err *err);         /* when it has been opened … */
int leaving_recall(struct lifecycle *life, struct err *err);     /* … and read */
void leaving_forget(struct lifecycle *life);

/* After each commit: how full it is, and so how much may come. */
int leaving_measure(struct lifecycle *life, struct err *err);
int leaving_work(struct lifecycle *life, struct err *err);
int64_t leaving_wake_us(void);

/* Each reading that is in a file, and not in the store, which has been seen before. */
void leaving_each(void (*see)(const char *session_id, const struct reading *reading));

#endif
