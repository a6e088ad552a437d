/*
 * out_postgres - bundles into Postgres, one transaction each
 *
 * Nothing blocks: the caller polls sink_fd() for sink_events(), at most until
 * sink_wake_us(), and calls sink_step().  What Postgres cannot take now is kept and tried
 * again until it can, also when it is not known whether a commit came through.
 *
 * Of bundles that follow each other only some wait for the disk: the log is one, so with the last
 * one's commit those before it are there, too.  Until then their receipts must wait.
 */
#ifndef OUT_POSTGRES_H
#define OUT_POSTGRES_H

#include <stdbool.h>

#include "services/sync-worker/backoff.h"
#include "services/sync-worker/breaker.h"
#include "services/sync-worker/bundle.h"

struct sink_settings {
	const char *conninfo;
	int prepare;             /* 0: behind a transaction pooler */
	int64_t timeout_ms;      /* Postgres answers within this, or the connection is dropped */
	struct backoff backoff;
	struct breaker breaker;
};

struct sink_counts {
	uint64_t n_retries, n_copy_fallbacks;
	int postgres_up;
	uint64_t n_forgotten;    /* times that commits may have been lost before they were on disk */
	int needs_person;        /* nothing goes on before somebody has put something right */
};

struct sink;
struct sink *sink_open(const struct sink_settings *settings);  /* connects later, by itself */
void sink_close(struct sink **sink);                            /* a bundle in hand is undone */

int sink_fd(const struct sink *sink);         /* -1: nothing to poll now */
short sink_events(const struct sink *sink);   /* ZMQ_POLLIN, ZMQ_POLLOUT */
int64_t sink_wake_us(const struct sink *sink);/* clock_mono_us() */

/* When it can take a bundle; its content is borrowed until sink_step() gives the receipt.
 * more: others follow at once, this one need not wait for the disk. */
int sink_is_free(const struct sink *sink);
void sink_put(struct sink *sink, const struct bundle_content *content, bool more);

/* All that is committed is on disk; when it is not and nothing follows: see that it comes there. */
bool sink_is_on_disk(const struct sink *sink);
void sink_sync(struct sink *sink);

/* 1: the bundle is committed, found or refused, and *receipt says so; 0: go on polling. */
int sink_step(struct sink *sink, struct receipt *receipt);

/* Why nothing goes on and what to do, "" when all is well. */
const char *sink_why(const struct sink *sink);
const struct sink_counts *sink_counts(const struct sink *sink);
const struct breaker *sink_breaker(const struct sink *sink);

#endif
