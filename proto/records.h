/*
 * records - several messages in one BIN field
 *
 * Each is its place in MESSAGES (u16), the length of its frame (u32), both little endian,
 * and the frame of msg_encode().
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "proto/msg.h"

/* Appends to bytes, of which *len are used; -1 when it breaks its limits or has no room. */
int records_add(uint8_t *bytes, size_t size, uint32_t *len, const struct message *message,
		const void *msg, struct err *err);

struct records {
	const uint8_t *p, *end;
};

/* 1 and the next one in *msg (room for RECORDS_MAX bytes), 0 after the last, -1 damaged.
 * A record of a kind we do not know is skipped: a newer gateway may send it. */
#define RECORDS_MAX 8192
int records_next(struct records *records, const struct message **message, void *msg,
		 struct err *err);

#endif
