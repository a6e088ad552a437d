/*
 * talk - what a kind of oximeter says, as what ble-ingest takes
 *
 * Holds the kind's state for one link, and what outlives a link: when the last value was, and
 * which stretches were missed.  The first value after an interruption is preceded by a gap,
 * and the kind is asked for what the device has stored of it; should that link break too, it
 * is asked again on the next one, as the same record again is the same reading.  Writes wait
 * their turn: one is under way at a time.  Pure.
 */
#ifndef TALK_H
#define TALK_H

#include "services/ble-ingest/device.h"

#define TALK_WRITES 8
#define TALK_MISSED 4                           /* stretches asked for again */
#define TALK_RECALL_US (24 * 3600 * 1000000LL)  /* for so long, or until the kind has said all */

struct talk_write {
	unsigned port;
	size_t len;
	int with_response;
	uint8_t bytes[DEVICE_MOST_BYTES];
};

struct talk {
	const struct device_kind *kind;   /* NULL: no link */
	void *state;

	int64_t last_us;                  /* of the last value; 0: none yet */
	enum gap_reason broken;           /* since then; GAP_NONE: it speaks */
	struct { int64_t from_us, to_us; } missed[TALK_MISSED];
	unsigned n_missed;

	int has_value;                    /* waits behind its gap */
	struct taken value;
	struct talk_write writes[TALK_WRITES];
	unsigned n_writes;
	int is_writing;

	int64_t battery;                  /* %, MSG_NONE */
	enum data_source source;          /* of the last value */
	uint64_t n_wrong;
	char wrong[80];                   /* the last one */
};

void talk_init(struct talk *talk);
void talk_release(struct talk *talk);

/* The last value this device had in an earlier life of ours. */
void talk_knew(struct talk *talk, int64_t last_us);

/* Connected and listening; see device.h. */
void talk_begin(struct talk *talk, const struct device_kind *kind, unsigned present,
		int64_t zone_us, const struct source_now *now);

/* The link is over, or of no use.  Why values are missing from here on. */
void talk_end(struct talk *talk, enum gap_reason why);

void talk_heard(struct talk *talk, unsigned port, const uint8_t *bytes, size_t len,
		const struct source_now *now);

/* One thing after the other until TALK_NOTHING. */
enum talk_said { TALK_NOTHING, TALK_TAKEN, TALK_VALUE, TALK_BATTERY, TALK_STRANGER };

/* TAKEN, VALUE: *taken, without its device; VALUE is one taken just now. */
enum talk_said talk_next(struct talk *talk, const struct source_now *now, struct taken *taken);

/* What to write now, NULL: nothing, or one is under way.  It is until talk_written(). */
const struct talk_write *talk_write(struct talk *talk);
void talk_written(struct talk *talk);

/* Until talk_next() has something though nothing is heard; INT64_MAX. */
int64_t talk_wait_us(const struct talk *talk, const struct source_now *now);

#endif
