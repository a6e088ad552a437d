/*
 * release - what people do with rows in quarantine: replay, fix, drop
 *
 * Each is on record with who, when and why.  Readings and gaps are what happened: they are
 * replayed or dropped, never changed.
 */
#ifndef RELEASE_H
#define RELEASE_H

#include "services/local-store/commands.h"
#include "services/local-store/outbox/outbox.h"

/* 0 and *effects (a refusal is an answer, too); -1 the store has failed: roll back. */
int release_apply(struct lifecycle *life, struct outbox *outbox, const struct release *command,
		  int64_t now_us, struct effects *effects, struct err *err);

/* After a start: replays that were under way go on. */
int release_resume(struct lifecycle *life, struct outbox *outbox, struct err *err);

#endif
