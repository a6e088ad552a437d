/*
 * pending - commands sent and not yet answered
 *
 * PUSH is no receipt and PUB may be lost, so a command is sent again until its reply arrives:
 * local-store answers a repeated request_id as before.  A plan's guards come first; what is
 * packed goes as one, and is answered step by step.  The first refusal ends it, but of a batch a
 * row that is refused for what it says is set apart, and the others are taken.
 *
 * Pure: the caller sends, receives, and says what time it is (clock_mono_us()).
 */
#ifndef PENDING_H
#define PENDING_H

#include "services/http-api/commands/plan.h"

#define PENDING_AGAIN_US   300000    /* send again; each time after twice as long, so as */
				     /* not to bury a slow local-store under repeats */
#define PENDING_GIVE_UP_US 5000000   /* after so long without an answer */
#define PENDING_BATCH_US   15000000  /* the same for a batch: without an answer to any of it */
#define PENDING_MOST_US    30000000  /* and in all */
#define PENDING_WINDOW     32        /* steps under way at once, besides those of a pack */

struct pending;
struct pending *pending_new(void);
void pending_free(struct pending **pending);

/* Takes the plan, which must have steps. */
void pending_add(struct pending *pending, struct plan *plan, void *owner, int64_t now_us);

/* A step to send now, NULL when there is none. */
const struct step *pending_due(struct pending *pending, int64_t now_us);

/* 0: nobody waits for it (any more). */
int pending_reply(struct pending *pending, const struct reply *reply, int64_t now_us);

enum pending_outcome { PENDING_DONE, PENDING_REFUSED, PENDING_TIMED_OUT };
struct result {
	void *owner;
	enum pending_outcome outcome;
	const struct message *message;  /* of its first step; refused: of the refused one */
	int is_batch, tell_rows;
	size_t n_rows;
	json_t *misfits;                /* the caller's to release; NULL: none */
	size_t item;                    /* refused: which */
	int64_t added;                  /* readings, or items with anything new */
	struct reply reply;             /* the last one; refused: the refusal */
};

/* 1 and *result for a plan that has ended, 0 none. */
int pending_ended(struct pending *pending, int64_t now_us, struct result *result);

/* When to look again: INT64_MAX for never. */
int64_t pending_next_us(const struct pending *pending);

#endif
