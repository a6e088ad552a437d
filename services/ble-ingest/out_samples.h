/*
 * out_samples - what is in the spool goes to local-store until it says `stored`
 *
 * Gathered for some milliseconds, then go-back-N (window.h): sent again when local-store missed
 * one or is silent.  Times are clock_mono_us().
 */
#ifndef OUT_SAMPLES_H
#define OUT_SAMPLES_H

#include "proto/link.h"
#include "services/ble-ingest/spool.h"
#include "services/ble-ingest/window.h"

struct out_samples {
	struct link *link;
	struct spool *spool;       /* not ours */
	struct window window;
	int64_t gather_us;
	int64_t send_at_us;        /* 0: nothing waits to be sent */
	int64_t retry_at_us;       /* 0: nothing was refused */
	int64_t answered_us;       /* last progress, or when there was nothing to answer */
};

/* -1 and err. */
int out_samples_open(struct out_samples *out, struct process *process, struct spool *spool,
		     int64_t gather_us, struct err *err);
void out_samples_close(struct out_samples *out);

/* When out_samples_send() should be called; INT64_MAX: nothing to do before there is news. */
int64_t out_samples_due_us(struct out_samples *out, int64_t now_us);

/* What is due; -1 and err when the link is broken. */
int out_samples_send(struct out_samples *out, struct err *err);

/* local-store has spoken; -1 and err when it has more of this spool than there is. */
int out_samples_stored(struct out_samples *out, const struct stored *stored, struct err *err);

/* How many wait in the spool, and for how long local-store has not answered. */
int64_t out_samples_waiting(const struct out_samples *out);
int64_t out_samples_silence_us(struct out_samples *out);

#endif
