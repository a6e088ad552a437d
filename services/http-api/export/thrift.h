/*
 * thrift - bytes that grow, and Thrift's compact protocol written into them
 *
 * Only what the footer and the page headers of Parquet need: structs, lists, integers, text.
 * (The C library of Thrift in Debian brings GLib and generated code for less than a page.)
 * Source of the format: apache/thrift, doc/specs/thrift-compact-protocol.md.
 */
#ifndef THRIFT_H
#define THRIFT_H

#include <stddef.h>
#include <stdint.h>

struct bytes {
	uint8_t *at;
	size_t n, room;
};
void bytes_add(struct bytes *bytes, const void *more, size_t n);
void bytes_varint(struct bytes *bytes, uint64_t number);
void bytes_release(struct bytes *bytes);

enum thrift_type { THRIFT_I32 = 5, THRIFT_I64 = 6, THRIFT_BINARY = 8, THRIFT_LIST = 9, THRIFT_STRUCT = 12 };

#define THRIFT_DEPTH 8
struct thrift {
	struct bytes *out;
	int depth;
	int last[THRIFT_DEPTH];  /* field id of each open struct */
};

/* The outermost struct is open from here on; each struct ends with thrift_stop(). */
void thrift_begin(struct thrift *t, struct bytes *out);
void thrift_stop(struct thrift *t);

void thrift_i32(struct thrift *t, int id, int64_t number);
void thrift_i64(struct thrift *t, int id, int64_t number);
void thrift_true(struct thrift *t, int id);
void thrift_binary(struct thrift *t, int id, const void *value, size_t n);
void thrift_text(struct thrift *t, int id, const char *text);
void thrift_struct(struct thrift *t, int id);

/* n elements follow: structs by thrift_element(), others by thrift_item_...() */
void thrift_list(struct thrift *t, int id, enum thrift_type of, size_t n);
void thrift_element(struct thrift *t);
void thrift_item_i32(struct thrift *t, int64_t number);
void thrift_item_text(struct thrift *t, const char *text);

#endif
