/*
 * lepu - request and reply with the rings of Viatom/Wellue (made by Lepu)
 *
 *	lead | cmd | ~cmd | two bytes | length u16 LE | data | CRC-8 (07) over all before it
 *
 * Two protocols have this frame: the older one (AA asks, 55 answers, the two bytes number a
 * packet, and a reply has its status in place of the command), and "OxyII" (A5, the two bytes
 * are flag and sequence).  A reply may come in many notifications.  The ring has room for one
 * request: the next is asked when this one is answered, or given up and what may still come of
 * it has had its time to pass.
 */
#ifndef LEPU_H
#define LEPU_H

#include "services/ble-ingest/devices/say.h"
#include "services/ble-ingest/devices/stream.h"

#define LEPU_MOST_ASKED 40      /* bytes of data in a request */
#define LEPU_MOST_DATA  2048    /* bytes of data in a reply */

#define LEPU_ANY        (-1)

struct lepu_head {
	uint8_t lead, cmd, two[2];
};

struct lepu_reply {
	struct lepu_head head;
	size_t len;
	const uint8_t *data;      /* good until the next call with this struct lepu */
};

struct lepu {
	struct stream in;
	uint8_t lead;             /* of replies */
	unsigned port;            /* to write to */
	int reply_cmd;            /* others are passed over; LEPU_ANY: replies do not tell */
	int64_t reply_us;         /* how long to wait for one; 0: 3 s */
	uint8_t out[LEPU_MOST_ASKED + 8];
	size_t out_len, out_said;
	int64_t chunk_us;         /* mono: not before this may the next piece be written */
	int in_flight;
	size_t most;              /* data of the reply */
	int64_t until_us;         /* mono: of the reply, or of the silence after none came */
};

/* lead, port, reply_cmd and reply_us are the caller's to set.  `most`: bytes of data that the reply can have; a frame with more is none. */
void lepu_ask(struct lepu *lepu, const struct lepu_head *head, const uint8_t *data, size_t len,
	      size_t most, const struct source_now *now);

int lepu_is_free(const struct lepu *lepu, const struct source_now *now);

/* What nobody asked for is passed over. */
void lepu_heard(struct lepu *lepu, const uint8_t *bytes, size_t len);

/* 1 the reply, and nothing is in flight; 0 not yet.  Says what was no frame. */
int lepu_reply(struct lepu *lepu, struct say *say, struct lepu_reply *out);

/* 1: no reply came in time, and nothing is in flight; say it when that means something. */
int lepu_is_late(struct lepu *lepu, const struct source_now *now);

/* Says the next piece of a request, when it is due: 20 bytes each, 20 ms apart. */
void lepu_write(struct lepu *lepu, struct say *say, const struct source_now *now);

/* Until any of this has something to do; INT64_MAX: it is free. */
int64_t lepu_wait_us(const struct lepu *lepu, const struct source_now *now);

#endif
