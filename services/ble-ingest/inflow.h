/*
 * inflow - what a source gives becomes records of the spool
 *
 * Knows for each device how it is doing and what it has lost.  While the spool is full a
 * source that can wait is not asked; what another one says is counted and becomes a gap,
 * reason spool_full, as soon as there is room again.  When the clock was set, the next live
 * value of each device comes after a gap with nothing lost, reason clock_step: from what the
 * clock would have said to what it says.
 */
#ifndef INFLOW_H
#define INFLOW_H

#include "services/ble-ingest/source.h"
#include "services/ble-ingest/spool.h"

struct inflow;

struct inflow_counts {
	uint64_t n_samples, n_gaps, n_invalid;  /* put into the spool */
	uint64_t n_lost;                        /* the spool was full */
	uint64_t n_refused;                     /* broke their limits, or one device too many */
};

struct inflow *inflow_new(const struct source *source, void *self, struct spool *spool);
void inflow_free(struct inflow **inflow);

/* The clocks as they are, before what is put next; of a file, whose values bring their own
 * times, they say nothing. */
void inflow_look(struct inflow *inflow, const struct source_now *now);

/* No room now, and not before a good part of the ring is free again. */
int inflow_is_full(struct inflow *inflow);

/* 0, or -1 and err: refused and counted.  What is put is then at spool_head(). */
int inflow_put(struct inflow *inflow, const struct taken *taken, struct err *err);

unsigned inflow_devices(const struct inflow *inflow);

/* How a device is doing, as it said last; NULL when it has not spoken. */
const struct device *inflow_device(const struct inflow *inflow, unsigned device);

/* How many devices are in that state. */
unsigned inflow_in_state(const struct inflow *inflow, int64_t state);

/* Since the last value came, by the clock of the last look; -1: none has. */
int64_t inflow_value_age_us(const struct inflow *inflow);

const struct inflow_counts *inflow_counts(const struct inflow *inflow);

#endif
