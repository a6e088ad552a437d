/*
 * window - go-back-N: which record is sent next, and when to begin again
 *
 * Only so many are under way at a time.  local-store answers with the place up to which all
 * is on disk; when it missed one, or is silent for too long, everything after that place is
 * sent again, after a `resume` that says where the sender starts.  Pure: the caller brings
 * clock_mono_us() and sends.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdint.h>

#define WINDOW_SIZE        16000    /* below the link's queue, see links.def */
#define WINDOW_LEAST       250      /* halved when something was lost, doubled when not */
#define WINDOW_PATIENCE_US 1000000  /* without an answer; doubled each time */
#define WINDOW_MOST_US     8000000

struct window {
	int64_t acked, sent;     /* places in the spool */
	int64_t most;            /* highest ever sent */
	int64_t size;            /* how many may be on their way */
	int resume;              /* to be sent before anything else */
	int rewound;             /* since the last progress: what is still on its way is stale */
	int64_t heard_us;        /* last progress, or when waiting began */
	int64_t patience_us;
	uint64_t n_sent, n_resent, n_acked, n_rewound;
};

void window_init(struct window *window, int64_t acked);

/* Its place, 0 when nothing may be sent.  While `resume` is set, that goes first. */
int64_t window_next(const struct window *window, int64_t head);

/* What window_next() gave has been sent; or the resume. */
void window_sent(struct window *window, int64_t now_us);
void window_resumed(struct window *window);

/* local-store has spoken of this spool, and upto is not beyond its head. */
void window_stored(struct window *window, int64_t upto, int hole, int64_t now_us);

/* When window_late() would rewind; INT64_MAX: nothing is awaited. */
int64_t window_due_us(const struct window *window);
void window_late(struct window *window, int64_t now_us);

#endif
