/*
 * board - messages in, numbered frames out
 *
 * Knows neither sockets nor watchers: what is so now is in `state`, what just happened in
 * `ring`.  While nobody wants frames they are counted but not written.
 */
#ifndef BOARD_H
#define BOARD_H

#include "proto/link.h"
#include "ring.h"
#include "state.h"

struct board {
	int64_t run;              /* our start: a watcher that knows another one was cut off */
	struct ring *ring;
	struct ring *rows;        /* of public.readings, see phoenix.h */
	size_t n_want_rows;       /* who wants them */
	struct state *state;
	struct text scratch;
	int wanted;               /* somebody is watching, or may come back for what he missed */
	int ask_again;            /* news were missed: subscribe anew, local-store then repeats */
	int64_t forget_mono_us;   /* then what it has not repeated is over; 0: nothing in doubt */
	uint64_t n_live_missed, n_news_missed;  /* as last seen in link_counts() */
	uint64_t n_frames, n_device_holes, n_refused;
};

int board_init(struct board *board, int64_t run, size_t frames, size_t bytes, size_t devices);
void board_release(struct board *board);

/* One message of live, news or beats. */
void board_take(struct board *board, const struct message *message, const void *msg,
		int64_t mono_us);

/* So many messages of the link are known to be lost so far. */
void board_missed(struct board *board, const char *link, uint64_t n_missed, int64_t mono_us);

/* Once a second: who has fallen silent, what is over. */
void board_tick(struct board *board, int64_t mono_us);

/* The whole frame of a snapshot as an SSE event, with the seq it is valid for in *seq and in *seen
 * the last value of a session that is in it (taken_us 0: none). */
void board_snapshot(const struct board *board, const struct state_pick *pick, int64_t utc_us,
		    int64_t mono_us, struct text *text, uint64_t *seq, struct place *seen);

#endif
