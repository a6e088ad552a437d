/*
 * wire - msgpack written by hand, so that tests can also write what is wrong
 */
#ifndef WIRE_H
#define WIRE_H

#include <stdint.h>
#include <string.h>

#include "proto/msg.h"

struct wire {
	uint8_t bytes[1 << 20];
	size_t len;
};

static void
wire_raw(struct wire *w, const void *bytes, size_t len)
{
	memcpy(w->bytes + w->len, bytes, len);
	w->len += len;
}

/* One byte of type, then the lowest n bytes of v, high first. */
static void
wire_head(struct wire *w, int type, uint64_t v, int n)
{
	w->bytes[w->len++] = (uint8_t)type;
	while (n--)
		w->bytes[w->len++] = (uint8_t)(v >> (8 * n));
}

/* In the shortest form. */
static void
wire_int(struct wire *w, int64_t v)
{
	uint64_t u = (uint64_t)v;

	if (v >= 0 ? v < 128 : v >= -32)
		wire_head(w, (int)(u & 0xff), 0, 0);
	else if (v >= 0)
		wire_head(w, v < 256 ? 0xcc : v < 65536 ? 0xcd : v >> 32 ? 0xcf : 0xce, u,
			  v < 256 ? 1 : v < 65536 ? 2 : v >> 32 ? 8 : 4);
	else
		wire_head(w, v >= -128 ? 0xd0 : v >= -32768 ? 0xd1 : v >= INT32_MIN ? 0xd2 : 0xd3, u,
			  v >= -128 ? 1 : v >= -32768 ? 2 : v >= INT32_MIN ? 4 : 8);
}

static void
wire_real(struct wire *w, double d)
{
	uint64_t v;

	memcpy(&v, &d, sizeof(v));
	wire_head(w, 0xcb, v, 8);
}

__attribute__((unused)) static void
wire_nil(struct wire *w)
{
	wire_head(w, 0xc0, 0, 0);
}

static void
wire_str(struct wire *w, const void *s, size_t len)
{
	if (len < 32)
		wire_head(w, (int)(0xa0 | len), 0, 0);
	else
		wire_head(w, len < 256 ? 0xd9 : len < 65536 ? 0xda : 0xdb, len,
			  len < 256 ? 1 : len < 65536 ? 2 : 4);
	wire_raw(w, s, len);
}

static void
wire_bin(struct wire *w, const void *bytes, size_t len)
{
	wire_head(w, len < 256 ? 0xc4 : len < 65536 ? 0xc5 : 0xc6, len,
		  len < 256 ? 1 : len < 65536 ? 2 : 4);
	wire_raw(w, bytes, len);
}

static void
wire_array(struct wire *w, size_t n)
{
	if (n < 16)
		wire_head(w, (int)(0x90 | n), 0, 0);
	else
		wire_head(w, 0xdc, n, 2);
}

/* As msg_encode() does it: whole REALs as integers, absent as nil. */
static void
wire_field(struct wire *w, const struct msg_field *f, const void *msg)
{
	double d;

	if (f->kind != MSG_WORD && f->kind != MSG_SET && msg_absent(f, msg)) {
		wire_nil(w);
	} else if (f->kind == MSG_REAL) {
		d = msg_real(f, msg);
		if (d <= trunc(d) && d >= trunc(d))
			wire_int(w, (int64_t)d);
		else
			wire_real(w, d);
	} else if (f->kind == MSG_STR || f->kind == MSG_UUID) {
		wire_str(w, msg_str(f, msg), strlen(msg_str(f, msg)));
	} else if (f->kind == MSG_BIN) {
		wire_bin(w, msg_bin(f, msg)->bytes, msg_bin(f, msg)->len);
	} else {
		wire_int(w, msg_int(f, msg));
	}
}

/* The head of a frame with that many fields. */
__attribute__((unused)) static void
wire_start(struct wire *w, const struct msg_head *head, size_t n_fields)
{
	w->len = 0;
	wire_array(w, n_fields + 3);
	wire_int(w, head->version);
	wire_int(w, head->run);
	wire_int(w, head->n);
}

/* The first n fields. */
__attribute__((unused)) static void
wire_fields(struct wire *w, const struct message *m, const void *msg, int n)
{
	int i;

	for (i = 0; i < n; i++)
		wire_field(w, &m->fields[i], msg);
}

#endif
