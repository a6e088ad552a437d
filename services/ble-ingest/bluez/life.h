/*
 * life - what happens to one oximeter, and what to do about it
 *
 *	                 seen             connected           resolved
 *	AWAY ─────────▶ CONNECTING ────▶ RESOLVING ────────▶ (PAIRING ▶) SUBSCRIBING
 *	  ▲  ◀──────┐       │ failed        │ link down           │ subscribed
 *	  │ given up└─── RESTING ◀──────────┴──────────┐          ▼
 *	  └──────────────── │ ▲ ◀── LEAVING ◀──────────┴───── STREAMING
 *	   unreachable      └─┘ a pause, then CONNECTING      silent, or link down
 *
 * Pure: one event and the time in, one action out.  Nothing here polls: whoever owns it calls
 * life_step(LIFE_TIME) at until_us.  A device that has spoken once is tried again though it is
 * not seen, as the radio listens for it then (`retries` times); another one is only connected
 * to when it advertises.  A link is never left behind: whatever begins a connection ends in
 * STREAMING, in a disconnect, or with the link down.
 */
#ifndef LIFE_H
#define LIFE_H

#include <stdint.h>

#include "proto/words.h"

enum life_state {
	LIFE_AWAY,         /* waits until it is seen */
	LIFE_CONNECTING,
	LIFE_RESOLVING,    /* connected; its services are not known yet */
	LIFE_PAIRING,
	LIFE_SUBSCRIBING,
	LIFE_STREAMING,
	LIFE_LEAVING,      /* a disconnect is under way */
	LIFE_RESTING,      /* a pause before the next try */
	LIFE_STRANGER,     /* no oximeter after all: never again */
};

enum life_event {
	LIFE_SEEN,             /* it advertises */
	LIFE_REACHABLE,        /* there is an adapter to reach it by */
	LIFE_UNREACHABLE,      /* and now there is none: bluetoothd, adapter or object are gone */
	LIFE_CONNECTED,
	LIFE_CONNECT_FAILED,
	LIFE_LINK_DOWN,
	LIFE_RESOLVED,         /* services and characteristics are known */
	LIFE_PAIRED,
	LIFE_PAIR_REFUSED,
	LIFE_UNPAIRED,         /* it refuses us until we are paired */
	LIFE_SUBSCRIBED,       /* to all it has for us */
	LIFE_SUBSCRIBE_FAILED,
	LIFE_MISTAKEN,         /* of another kind than it was taken for: resolve it again */
	LIFE_NOT_SUCH,         /* its services or its bytes are those of something else */
	LIFE_VALUE,
	LIFE_LEFT,             /* the disconnect was answered */
	LIFE_TIME,             /* until_us is over */
};

enum life_act { LIFE_NOTHING, LIFE_CONNECT, LIFE_PAIR, LIFE_SUBSCRIBE, LIFE_DISCONNECT };

struct life_rules {
	int64_t silent_us;      /* connected without a value for so long: connect anew */
	int64_t longest_us;     /* between two tries */
	unsigned retries;       /* without seeing it */
};

struct life {
	enum life_state state;
	int64_t until_us;       /* INT64_MAX: for ever */
	unsigned n_failed;      /* in a row, without a value between */
	int is_reachable;
	int is_ours;            /* it has given a value, some time */
	int is_seen;            /* since the last try */
	int was_seen;           /* at the last try */
	int is_maybe;           /* looks like an oximeter, as others do */
	int needs_bond;
	int has_bond;
	int spoke;              /* a value on this link */
	int is_silent;          /* what ended it last: no values, */
	int is_refused;         /* or pairing */
	uint64_t dice;          /* for pauses */
};

/* `dice`: any number, another one for each device and gateway. */
void life_init(struct life *life, uint64_t dice);

enum life_act life_step(struct life *life, enum life_event event, const struct life_rules *rules,
			int64_t now_us);

/* Is there a link, and for use? */
int life_is_up(const struct life *life);

/* In a word of words.def. */
enum device_state life_shown(const struct life *life);

#endif
