/*
 * columns - many rows of one message as columns: small on the wire
 *
 * For messages whose fields are all numbers (`reading`).  Layout: varint version, varint
 * rows, varint columns, then each column as one byte of form and its values:
 *
 *	0 constant    one value
 *	1 steps       first value, then differences
 *	2 steps of steps
 *	3 plain       8 bytes each, little endian (a REAL that is no decimal)
 *
 * Values are zigzag varints.  MSG_NONE and NAN are coded as 0, all else is one further from
 * 0 on its side of the range.  The upper four bits of a REAL column's form say by which power of ten
 * it was multiplied (0 to 6) to be whole; every value comes back equal (-0 as 0).
 * A newer sender's further columns are skipped, an older one's missing ones are absent.
 */
#ifndef COLUMNS_H
#define COLUMNS_H

#include "proto/msg.h"

/* Bytes into out, *len set; -1 when a row breaks its limits or size is too small. */
int columns_pack(const struct message *message, const void *rows, size_t n, uint8_t *out,
		 size_t size, size_t *len, struct err *err);

/* At most `most` rows into rows, *n set.  -1 with EBADMSG: hostile or damaged bytes; what is
 * in rows is then without meaning.  Every value has been checked as msg_check() does. */
int columns_unpack(const struct message *message, const uint8_t *in, size_t len, void *rows,
		   size_t most, size_t *n, struct err *err);

/*
 * Without a look at the values: the length of the head, and then of each column that follows
 * it.  0 when that is none or goes beyond the end.
 */
size_t columns_head(const uint8_t *in, size_t len, uint64_t *rows, uint64_t *columns);
size_t columns_next(const uint8_t *in, size_t len, uint64_t rows);

#endif
