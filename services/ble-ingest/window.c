#include "services/ble-ingest/window.h"

void
window_init(struct window *w, int64_t acked)
{
	*w = (struct window){.acked = acked, .sent = acked, .most = acked, .size = WINDOW_SIZE,
			     .resume = 1, .patience_us = WINDOW_PATIENCE_US};
}

int64_t
window_next(const struct window *w, int64_t head)
{
	return w->resume || w->sent >= head || w->sent - w->acked >= w->size ? 0 : w->sent + 1;
}

void
window_sent(struct window *w, int64_t now_us)
{
	if (w->sent == w->acked)
		w->heard_us = now_us;
	w->sent++;
	if (w->sent > w->most) {
		w->most = w->sent;
		w->n_sent++;
	} else {
		w->n_resent++;
	}
}

void
window_resumed(struct window *w)
{
	w->resume = 0;
}

static void
rewind_to_acked(struct window *w)
{
	w->sent = w->acked;
	w->resume = 1;
	w->rewound = 1;
	w->n_rewound++;
	if ((w->size /= 2) < WINDOW_LEAST)
		w->size = WINDOW_LEAST;
}

/*
 * One lost frame makes local-store drop, and complain of, all that was on its way behind it.
 * Only the first complaint counts: after a rewind, none does until there is progress or
 * patience ends.
 */
void
window_stored(struct window *w, int64_t upto, int hole, int64_t now_us)
{
	if (upto > w->acked) {
		w->n_acked += (uint64_t)(upto - w->acked);
		w->acked = upto;
		if (w->sent < upto)
			w->sent = upto;  /* sent by an earlier life of this process */
		w->heard_us = now_us;
		w->patience_us = WINDOW_PATIENCE_US;
		w->rewound = 0;
		if ((w->size *= 2) > WINDOW_SIZE)
			w->size = WINDOW_SIZE;
	}
	if (hole && !w->rewound && w->sent > w->acked) {
		w->heard_us = now_us;
		rewind_to_acked(w);
	}
}

int64_t
window_due_us(const struct window *w)
{
	return w->sent > w->acked ? w->heard_us + w->patience_us : INT64_MAX;
}

void
window_late(struct window *w, int64_t now_us)
{
	if (now_us < window_due_us(w))
		return;
	rewind_to_acked(w);
	w->heard_us = now_us;
	w->patience_us = w->patience_us * 2 > WINDOW_MOST_US ? WINDOW_MOST_US : w->patience_us * 2;
}
