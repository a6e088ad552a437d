/*
 * replay - what a watcher missed and the ring has no more, out of the store
 *
 * Values lie in the store in the order in which they were shown.  So: everything after the last
 * value the watcher was given, up to the first one of a session that the ring still has, and from
 * there on the ring.  What is not on disk yet is waited for, as long as a watcher may lag.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "board.h"
#include "in_store.h"
#include "query.h"

#define REPLAY_ROWS 200  /* of one piece: others get their turn */

struct replay;
struct replay *replay_new(const struct place *seen, int64_t mono_us);
void replay_free(struct replay **replay);

/* What is the same for all who come back. */
struct replay_house {
	const struct board *board;
	struct in_store *store;
	int64_t most_rows;   /* looked at for one watcher */
	int64_t patience_us;
};

/* Whose eyes it is for. */
struct replay_eyes {
	const struct query *query;  /* NULL: all */
	const struct rights *rights;
	int as_events;              /* SSE; else lines of JSON */
};

enum replay_state {
	REPLAY_BEGINS,  /* the store knows the place: said once, before the first value */
	REPLAY_GOES_ON,
	REPLAY_DONE,    /* *next is the frame to go on with */
	REPLAY_FAILED,  /* what comes after replay_place() is not to be had */
};

struct bytes {
	char *bytes;
	size_t len, size;
};

/* Adds the next values, or none while it waits. */
enum replay_state replay_next(struct replay *replay, const struct replay_house *house,
			      const struct replay_eyes *eyes, int64_t mono_us, struct bytes *to,
			      uint64_t *next);

/* Is it time to call replay_next()? */
int replay_due(const struct replay *replay, int64_t mono_us);

/* How far it has come. */
const struct place *replay_place(const struct replay *replay);

#endif
