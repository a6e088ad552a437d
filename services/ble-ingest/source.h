/*
 * source - where values come from
 *
 * One of these is chosen by ble-ingest/source.  A source knows its devices by numbers from 0
 * and gives one value after the other; numbering, keeping and sending is not its business.
 * A new source is a new in_<name>.c and a line in main.c.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include "common/conf.h"
#include "proto/msg.h"

struct source_now {
	int64_t utc_us;   /* what values are stamped with */
	int64_t mono_us;  /* what pacing goes by */
};

enum taken_kind { TAKEN_SAMPLE, TAKEN_GAP, TAKEN_DEVICE, TAKEN_RAW };

/* The source leaves out who: device_id is source->device_id().  epoch and seq are 0 when the
 * spool shall count, and else the source's own. */
struct taken {
	enum taken_kind kind;
	unsigned device;
	union {
		struct sample sample;
		struct gap gap;
		struct device state;
		struct raw raw;     /* only after tell_raw(); for the live link only */
	};
};

struct source_counts {
	uint64_t n_bad;    /* values it could not read */
	int is_done;       /* nothing more will come */
	uint64_t n_frames_bad, n_connects, n_links_lost, n_silent;  /* of a radio */
	const char *waits_for;  /* what it cannot work without, and the cure; NULL: nothing */
};

struct source {
	const char *name;  /* the word in ihht.conf */

	/* NULL and err: the settings are wrong. */
	void *(*open)(const struct conf *conf, struct err *err);
	void (*close)(void **self);

	/* A device number given by take() or below n_devices() is good for ever. */
	unsigned (*n_devices)(const void *self);
	const char *(*device_id)(const void *self, unsigned device);

	/* The last value of this device that is in the spool: before the first take(), or when
	 * a device that comes later first tells its state. */
	void (*knew)(void *self, unsigned device, int64_t last_us);

	/* Does it wait when nobody takes (a file), or is what is not taken lost (a radio)? */
	int (*can_wait)(const void *self);

	/* Readable when take() should look; NULL: it has none, everything comes by time. */
	int (*fd)(const void *self);

	/* From now on give TAKEN_RAW too, and a `running` for each link there is; called anew for
	 * everybody who asks.  Or no more, as the last one has gone.  NULL: it decodes nothing. */
	void (*tell_raw)(void *self, int wanted);

	/* Until take() has something: 0 now, INT64_MAX nothing to come by time. */
	int64_t (*wait_us)(void *self, const struct source_now *now);

	/* 1 and *out, 0 nothing due. */
	int (*take)(void *self, const struct source_now *now, struct taken *out);

	struct source_counts (*counts)(const void *self);
};

extern const struct source source_mock, source_replay, source_bluez, source_capture;

#endif
