/*
 * msg - the messages of messages.def, as structs and as bytes
 *
 * A message is a value: bounded arrays, no pointers, nothing to free, copy with `=`.
 * Wire: a msgpack array [version, run, n, field, ...]; run is the sender's start (us since
 * 1970) and n its dense count of this message on this link, so that a reader can tell a
 * hole from silence.  A newer sender's extra fields are skipped; an older sender's missing
 * fields are absent.  Bytes are never trusted: see msg_decode().
 */
#ifndef MSG_H
#define MSG_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/err.h"
#include "proto/messages.def"
#include "proto/words.h"

#define MSG_NONE INT64_MIN  /* an OPT that is absent */

enum msg_kind { MSG_INT, MSG_OPT, MSG_REAL, MSG_WORD, MSG_SET, MSG_STR, MSG_UUID, MSG_BIN };

struct msg_bytes {  /* the head of every BIN field */
	uint32_t len;
	uint8_t bytes[];
};

#define MSG_MEMBER_INT(name, max)  int64_t name;
#define MSG_MEMBER_OPT(name, max)  int64_t name;
#define MSG_MEMBER_REAL(name, max) double name;
#define MSG_MEMBER_WORD(name, max) int64_t name;
#define MSG_MEMBER_SET(name, max)  int64_t name;
#define MSG_MEMBER_STR(name, max)  char name[(max) + 1];
#define MSG_MEMBER_UUID(name, max) char name[37];
#define MSG_MEMBER_BIN(name, max)            \
	struct {                             \
		uint32_t len;                \
		uint8_t bytes[max];          \
	} name;
#define MSG_MEMBER(S, since, kind, name, min, max, meaning) MSG_MEMBER_##kind(name, max)
#define MSG_STRUCT(name, NAME, version, links, meaning) \
	struct name {                                   \
		NAME##_FIELDS(MSG_MEMBER, name)         \
	};
MESSAGES(MSG_STRUCT)

struct msg_field {
	const char *name, *meaning;
	enum msg_kind kind;
	int since;
	int64_t min, max;
	const struct words *words;  /* WORD and SET */
	size_t offset;
};

struct message {
	const char *name, *links, *meaning;
	int index, version, n_fields;
	size_t size;                     /* of its struct */
	size_t max_bytes;                /* of its frame, at most */
	const struct msg_field *fields;
};

#define MSG_DECLARE(name, NAME, version, links, meaning) extern const struct message msg_##name;
MESSAGES(MSG_DECLARE)

struct msg_head {
	int64_t version, run, n;
};

const struct message *msg_at(int index);            /* NULL after the last */
const struct message *msg_find(const char *name, size_t len);  /* NULL when there is none */

/* All fields absent: 0, MSG_NONE, NAN, "". */
void msg_clear(const struct message *message, void *msg);

/* Bytes into out, *len set; -1 when a field breaks its limits (err names it) or size is too
 * small. */
int msg_encode(const struct message *message, const struct msg_head *head, const void *msg,
	       uint8_t *out, size_t size, size_t *len, struct err *err);

/*
 * Walks the bytes with a bound (msgpack-c alone reserves gigabytes for five hostile ones),
 * unpacks them and checks every field.  Fills *head and *msg whole, or returns -1 with
 * EBADMSG and "message.field: what was wrong", and writes neither.
 */
int msg_decode(const struct message *message, const uint8_t *in, size_t len,
	       struct msg_head *head, void *msg, struct err *err);

/* The checks of msg_encode() and msg_decode() on a struct that came another way. */
int msg_check(const struct message *message, const void *msg, struct err *err);
int msg_check_field(const struct message *message, const struct msg_field *field,
		    const void *msg, struct err *err);

/* How many fields a frame of that version has: exactly those we know of it, and of a newer one
 * at least ours. */
int msg_check_count(const struct message *message, int64_t version, size_t count,
		    struct err *err);

/* "name field=value field=value" on one line; absent fields and request ids are left out. */
void msg_text(const struct message *message, const void *msg, char *text, size_t size);

/* Access by table, for code that treats all messages alike. */
int msg_absent(const struct msg_field *field, const void *msg);

static inline int64_t
msg_int(const struct msg_field *field, const void *msg)
{
	int64_t v;

	memcpy(&v, (const char *)msg + field->offset, sizeof(v));
	return v;
}

static inline double
msg_real(const struct msg_field *field, const void *msg)
{
	double v;

	memcpy(&v, (const char *)msg + field->offset, sizeof(v));
	return v;
}

static inline const char *
msg_str(const struct msg_field *field, const void *msg)
{
	return (const char *)msg + field->offset;
}

static inline const struct msg_bytes *
msg_bin(const struct msg_field *field, const void *msg)
{
	return (const void *)((const char *)msg + field->offset);
}

#endif
