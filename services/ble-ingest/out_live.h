/*
 * out_live - who listens sees what goes into the spool, at once
 *
 * May be lost, is not waited for: samples and gaps from the spool, how devices are doing, and
 * raw bytes while somebody asks for them.  Until the first listener comes nothing is sent.
 */
#ifndef OUT_LIVE_H
#define OUT_LIVE_H

#include "proto/link.h"
#include "services/ble-ingest/askers.h"
#include "services/ble-ingest/inflow.h"

struct out_live {
	struct link *link;
	int64_t pos;             /* of the spool, shown up to here */
	int is_watched;          /* somebody has subscribed, once */
	struct askers askers;    /* of raw bytes */
	uint64_t n_sent;
};

/* -1 and err.  Nothing that is in the spool already is shown. */
int out_live_open(struct out_live *live, struct process *process, const struct spool *spool,
		  struct err *err);
void out_live_close(struct out_live *live);

/* Whoever has come late is told how all devices are doing; and the source, who wants raw bytes. */
void out_live_greet(struct out_live *live, const struct source *source, void *self,
		    const struct inflow *inflow);

void out_live_device(struct out_live *live, const struct device *device);
void out_live_raw(struct out_live *live, const struct raw *raw);

/* What the spool has got since; -1 and err when the link is broken. */
int out_live_show(struct out_live *live, struct spool *spool, struct err *err);

#endif
