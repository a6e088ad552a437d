/*
 * refusals - the rows of the bundle in hand that Postgres will not take, for its receipt
 *
 * Bounded: with more of them it is not the rows, but the tables.  Pure.
 */
#ifndef REFUSALS_H
#define REFUSALS_H

#include "services/sync-worker/halving.h"
#include "proto/msg.h"

#define REFUSALS_MOST HALVING_MOST  /* readings and records together */

struct refusals {
	size_t n;
	size_t places[REFUSALS_MOST];  /* of the records among them */
	size_t n_places;
	uint32_t len;
	uint8_t bytes[sizeof(((struct receipt *)0)->quarantined.bytes)];
};

void refusals_clear(struct refusals *refusals);
int refusals_full(const struct refusals *refusals);

/* `text` is Postgres' own, cut where it is too long.  Never more than REFUSALS_MOST. */
void refusals_add_reading(struct refusals *refusals, const struct reading *reading,
			  const char *sqlstate, const char *text);
/* By its place in the bundle: 0 is the session's row. */
void refusals_add_record(struct refusals *refusals, size_t place, const char *sqlstate,
			 const char *text);
int refusals_has_record(const struct refusals *refusals, size_t place);

void refusals_put(const struct refusals *refusals, struct receipt *receipt);

#endif
