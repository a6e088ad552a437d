/*
 * query - what a watcher asks for in its URL
 *
 *	?device=ID&session=UUID&person=UUID&types=sample,hole&resume=RUN.SEQ&seen=TAKEN_US.SEQ.DEVICE
 *
 * device, session and person may be repeated; what matches any of them is sent, and what concerns
 * nobody in particular (process, alert).  Without them everything is.  seen: the last value one got, as
 * in place.h; with it what the ring has no more comes out of the store.
 */
#ifndef QUERY_H
#define QUERY_H

#include "common/err.h"
#include "ring.h"
#include "state.h"

#define QUERY_MOST 16  /* devices, sessions, and people */

struct since {
	int64_t run;        /* 0: not asked for */
	uint64_t seq;       /* 0: it was playing back */
	struct place seen;  /* the last value it got; taken_us 0: not told */
};

struct query {
	uint32_t types;
	size_t n_devices, n_sessions;
	char devices[QUERY_MOST][65], sessions[QUERY_MOST][37];
	uint64_t device_hash[QUERY_MOST], session_hash[QUERY_MOST];
	size_t n_people;
	struct person people[QUERY_MOST];
	struct since resume;
};

void query_init(struct query *query);

/* One `name=value`, already unescaped; -1 and what would be right. */
int query_add(struct query *query, const char *pair, struct err *err);

/* "RUN.SEQ" of the last frame that was seen; Last-Event-ID has what `seen` has behind it. */
int query_resume(struct since *resume, const char *id, struct err *err);

int query_filters(const struct query *query);  /* by device, session or person */
int query_wants(const struct query *query, const struct frame *frame);

/* The same for state_write(): pointers into query. */
struct query_pick {
	struct state_pick pick;
	const char *devices[QUERY_MOST], *sessions[QUERY_MOST];
};
void query_pick(const struct query *query, const struct rights *rights, struct query_pick *pick);

#endif
