/*
 * crate - bundles of many sessions in one message, small on the wire
 *
 * At 1 Hz a bundle has 30 readings and says more about itself than about them.  Together they
 * need little of that: the gateway is that of the topic; session and person stand in the
 * bundle's own records; its id is that of its content.  Content, before zstd:
 *
 *	how many bundles
 *	of each: 2 * readings + fresh, bytes of records, bytes of columns
 *	the records of each, one after another, in which
 *		c1 01 and 16 bytes  is the str of a UUID
 *		c1 02               the str of the session id that follows from the next str
 *		c1 00               is c1, which begins nothing in msgpack and is not in UTF-8
 *	the head of the columns of each, the first column of each, the second of each ...
 *
 * Numbers are varints.  Records and columns come back byte by byte as they were.  Pure.
 */
#ifndef CRATE_H
#define CRATE_H

#include "proto/msg.h"

#define CRATE_BUNDLES 256
#define CRATE_BYTES   65536  /* of records and columns of all together */

struct crate_item {
	const uint8_t *records, *columns;  /* not packed */
	uint32_t records_len, columns_len;
	int64_t readings, fresh;
};

/* -1 EMSGSIZE: more than go into one; EBADMSG: columns that are none. */
int crate_pack(const struct crate_item *items, size_t n, struct crate *crate, struct err *err);

struct crate_opener;  /* room for one crate, used again and again */
struct crate_opener *crate_opener_new(void);
void crate_opener_free(struct crate_opener **opener);

/* -1 with EBADMSG: all of it is damaged or hostile, and there is nothing in it. */
int crate_open(struct crate_opener *opener, const struct crate *crate, struct err *err);
size_t crate_left(const struct crate_opener *opener);  /* so many have not been taken */

/* The next one, as if it had come by itself from that gateway; borrowed until the next call.
 * 0 after the last; -1 with EBADMSG: this one does not begin with a session, the others may. */
int crate_next(struct crate_opener *opener, const char *gateway, const struct bundle **bundle,
	       struct err *err);

#endif
