#include "services/http-api/export/thrift.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"

/* ---- bytes */

void
bytes_add(struct bytes *b, const void *more, size_t n)
{
	if (b->room - b->n < n) {
		b->room = (b->n + n) * 2;
		b->at = realloc(b->at, b->room);
		ASSERT(b->at);
	}
	if (n)
		memcpy(b->at + b->n, more, n);
	b->n += n;
}

static void
add_byte(struct bytes *b, unsigned byte)
{
	uint8_t one = (uint8_t)byte;

	bytes_add(b, &one, 1);
}

void
bytes_varint(struct bytes *b, uint64_t number)
{
	for (; number > 0x7f; number >>= 7)
		add_byte(b, (unsigned)(number & 0x7f) | 0x80);
	add_byte(b, (unsigned)number);
}

void
bytes_release(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){0};
}

/* ---- compact protocol */

static uint64_t
zigzag(int64_t number)
{
	return (uint64_t)number << 1 ^ (uint64_t)(number >> 63);
}

static void
field(struct thrift *t, int id, unsigned type)
{
	int step = id - t->last[t->depth];

	ASSERT(step > 0 && step < 16);  /* fields come in order, and there are few */
	add_byte(t->out, (unsigned)step << 4 | type);
	t->last[t->depth] = id;
}

void
thrift_begin(struct thrift *t, struct bytes *out)
{
	*t = (struct thrift){.out = out};
}

void
thrift_stop(struct thrift *t)
{
	add_byte(t->out, 0);
	t->depth--;
}

void
thrift_element(struct thrift *t)
{
	ASSERT(t->depth + 1 < THRIFT_DEPTH);
	t->last[++t->depth] = 0;
}

void
thrift_struct(struct thrift *t, int id)
{
	field(t, id, THRIFT_STRUCT);
	thrift_element(t);
}

void
thrift_i32(struct thrift *t, int id, int64_t number)
{
	field(t, id, THRIFT_I32);
	thrift_item_i32(t, number);
}

void
thrift_i64(struct thrift *t, int id, int64_t number)
{
	field(t, id, THRIFT_I64);
	bytes_varint(t->out, zigzag(number));
}

void
thrift_true(struct thrift *t, int id)
{
	field(t, id, 1);
}

void
thrift_binary(struct thrift *t, int id, const void *value, size_t n)
{
	field(t, id, THRIFT_BINARY);
	bytes_varint(t->out, n);
	bytes_add(t->out, value, n);
}

void
thrift_text(struct thrift *t, int id, const char *text)
{
	thrift_binary(t, id, text, strlen(text));
}

void
thrift_list(struct thrift *t, int id, enum thrift_type of, size_t n)
{
	field(t, id, THRIFT_LIST);
	if (n < 15) {
		add_byte(t->out, (unsigned)n << 4 | of);
	} else {
		add_byte(t->out, 0xf0 | of);
		bytes_varint(t->out, n);
	}
}

void
thrift_item_i32(struct thrift *t, int64_t number)
{
	bytes_varint(t->out, zigzag(number));
}

void
thrift_item_text(struct thrift *t, const char *text)
{
	size_t n = strlen(text);

	bytes_varint(t->out, n);
	bytes_add(t->out, text, n);
}
