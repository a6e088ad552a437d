/*
 * device - a kind of oximeter: how it is recognised, and how its bytes become values
 *
 * A kind is one file, devices/device_<name>.c, which defines
 * `const struct device_kind device_<name>`; the Makefile finds it (devices.h has the list).
 * A kind knows bytes and time and nothing of D-Bus, files or sockets: who holds the
 * connection (in_bluez, a recording, a test) tells it what was heard, then pulls with next()
 * until nothing more comes, and calls again when wait_us() is over.  Bytes of a radio are
 * hostile: a kind takes any bytes in any order.
 *
 * Times of a device's memory.  Oximeters keep local time without a zone.  device_us is that
 * clock as it stands, read as if it were UTC; taken_us of a STORED value is device_us less
 * the zone, and the zone is what the device's clock shows now less our UTC, rounded to a
 * quarter of an hour, or where it does not tell its time the zone of this machine.  Rounded,
 * because the stores know a reading by (taken_us, epoch, seq): the same record fetched again
 * must get the same time.  So a clock that is minutes wrong stays minutes wrong.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "services/ble-ingest/source.h"

#define DEVICE_MOST_BYTES 512     /* the longest value of a GATT attribute */
#define DEVICE_MOST_PORTS 16

/* The long form of a 16-bit UUID: GATT_UUID("2a5f"). */
#define GATT_UUID(four) "0000" four "-0000-1000-8000-00805f9b34fb"

/* What an advertisement told.  UUIDs in lower case, 36 characters. */
struct advertised {
	const char *name;             /* "" when it tells none */
	const char *const *services;
	unsigned n_services;
	int manufacturer;             /* company id, or -1 */
};

/* The higher, the better the kind suits. */
enum device_fit {
	FIT_NO,
	FIT_MAYBE,   /* others look like that too: nothing is kept before a first valid frame */
	FIT_LESSER,  /* surely, but another kind would tell more: a pulse and no saturation */
	FIT_SURE,
	FIT_OWN,     /* its maker's own protocol, which tells more than the common one */
};

/* A characteristic that a kind uses, named by its place in `ports`. */
enum port_use {
	PORT_HEAR = 1,                /* notifications or indications */
	PORT_READ = 2,                /* read once when connected, and heard like the others */
	PORT_WRITE = 4,
	PORT_NEEDED = 8,              /* without it this is not such a device */
};
struct device_port {
	const char *service, *uuid;   /* 36 characters, lower case */
	unsigned use;
};

enum said_kind {
	SAID_VALUE,    /* as it was taken just now */
	SAID_STORED,   /* out of the device's own memory */
	SAID_BATTERY,
	SAID_ABOUT,    /* maker, model, firmware */
	SAID_WRITE,    /* please write this to a port: in the order said, one after the other */
	SAID_WRONG,    /* bytes that are no frame, or a frame that breaks its protocol: counted */
	SAID_STRANGER, /* this is no such device after all: leave it */
	SAID_RECALLED, /* all there is of what was recalled has been said: no need to ask again */
};

struct device_said {
	enum said_kind kind;
	union {
		/* VALUE, STORED: who, spool, pos and data_source are not the kind's business, but
		 * is_mock is.  Every field keeps the limits of messages.def.  VALUE: taken_us is
		 * now, epoch and seq are 0.  STORED: see on top; epoch and seq are the same
		 * whenever that record is fetched. */
		struct {
			struct sample sample;
			int is_mock;            /* demo or testing mode of the device */
		};
		int battery;                    /* % */
		struct {
			char what[12];          /* "maker", "model", "firmware" … */
			char text[65];          /* printable ASCII */
		} about;
		struct {
			unsigned port;
			size_t len;
			int with_response;
			uint8_t bytes[DEVICE_MOST_BYTES];
		} write;
		char wrong[80];                 /* in words, without values */
		struct { int64_t from_us, to_us; } recalled;  /* as recall() had them */
	};
};

struct device_kind {
	const char *name;             /* plx, viatom …: `kind` of device messages */
	const char *is;               /* for people: "Pulse Oximeter Service (0x1822)" */
	const struct device_port *ports;
	unsigned n_ports;
	int needs_bond;               /* pair before listening */
	size_t state_bytes;           /* what it keeps; zeroed at each connection */

	enum device_fit (*fits)(const struct advertised *seen);

	/* Connected and listening to those ports that are there (bit i: ports[i]); what is read
	 * is heard after this.  zone_us: local time of this machine less UTC. */
	void (*begin)(void *state, unsigned present, int64_t zone_us,
		      const struct source_now *now);

	/* len <= DEVICE_MOST_BYTES.  Pull with next() before the next one is told: a kind keeps
	 * a few things to say and drops the oldest. */
	void (*heard)(void *state, unsigned port, const uint8_t *bytes, size_t len,
		      const struct source_now *now);

	/* 1 and *out, 0 nothing (more) to say now.  A WRITE that fails need not be told: what
	 * is not answered in time is asked again. */
	int (*next)(void *state, const struct source_now *now, struct device_said *out);

	/* Until next() has something though nothing is heard; INT64_MAX: never.  NULL: this
	 * kind only answers. */
	int64_t (*wait_us)(const void *state, const struct source_now *now);

	/* Values from..to (UTC) were missed: say them as STORED if the device has them.  Only
	 * what was taken between the two, so that nothing is there twice.  A device may have
	 * them much later (a ring closes its recording when it is taken off): the same is
	 * recalled again on the next link, until RECALLED was said or a day has passed.
	 * NULL: this kind keeps none. */
	void (*recall)(void *state, int64_t from_us, int64_t to_us, const struct source_now *now);
};

#endif
