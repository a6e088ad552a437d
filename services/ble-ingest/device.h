/*
 * device - a kind of oximeter: how it is recognised, and how its bytes become values
 *
 * A kind is one file, device_<name>.c, which defines `const struct device_kind device_<name>`;
 * the Makefile finds it (devices.c has the list).  A kind knows bytes and time and nothing of
 * D-Bus, files or sockets: who holds the connection (in_bluez, in_capture, a test) tells it
 * what was heard, then pulls with next() until nothing more comes, and calls again when
 * wait_us() is over.  Bytes of a radio are hostile: a kind takes any bytes in any order.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include "services/ble-ingest/source.h"

#define DEVICE_MOST_BYTES 512     /* the longest value of a GATT attribute */
#define DEVICE_MOST_PORTS 16

/* What an advertisement told.  UUIDs in lower case, 36 characters. */
struct advertised {
	const char *name;             /* "" when it tells none */
	const char *const *services;
	unsigned n_services;
	int manufacturer;             /* company id, or -1 */
};

/* MAYBE: others look like that too, so that nothing is kept before a first valid frame. */
enum device_fit { FIT_NO, FIT_MAYBE, FIT_SURE };

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
	SAID_WRITE,    /* please write this to a port */
	SAID_WRONG,    /* bytes that are no frame, or a frame that breaks its protocol: counted */
	SAID_STRANGER, /* this is no such device after all: leave it */
};

struct device_said {
	enum said_kind kind;
	union {
		/* VALUE, STORED: who, spool, pos and data_source are not the kind's business, but
		 * is_mock is.  VALUE: taken_us is now.  STORED: device_us is set; epoch and seq
		 * name the record so that the same record fetched again is the same reading. */
		struct {
			struct sample sample;
			int is_mock;            /* demo or testing mode of the device */
		};
		int battery;                    /* % */
		struct {
			unsigned port;
			size_t len;
			int with_response;
			uint8_t bytes[DEVICE_MOST_BYTES];
		} write;
		char wrong[80];                 /* in words, without values */
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

	/* Connected and listening to those ports that are there (bit i: ports[i]). */
	void (*begin)(void *state, unsigned present, const struct source_now *now);

	/* len <= DEVICE_MOST_BYTES. */
	void (*heard)(void *state, unsigned port, const uint8_t *bytes, size_t len,
		      const struct source_now *now);

	/* 1 and *out, 0 nothing (more) to say now. */
	int (*next)(void *state, const struct source_now *now, struct device_said *out);

	/* Until next() has something though nothing is heard; INT64_MAX: never. */
	int64_t (*wait_us)(const void *state, const struct source_now *now);

	/* Values from..to (UTC) were missed: say them as STORED if the device has them.
	 * NULL: this kind keeps none. */
	void (*recall)(void *state, int64_t from_us, int64_t to_us, const struct source_now *now);
};

#endif
