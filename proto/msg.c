#include "proto/msg_parts.h"

#include <errno.h>
#include <math.h>
#include <msgpack.h>
#include <string.h>

#define LIMITS_INT(lo, hi)  .min = (lo), .max = (hi)
#define LIMITS_OPT(lo, hi)  .min = (lo), .max = (hi)
#define LIMITS_REAL(lo, hi) .min = (lo), .max = (hi)
#define LIMITS_WORD(lo, hi) .words = &words_##lo
#define LIMITS_SET(lo, hi)  .words = &words_##lo
#define LIMITS_STR(lo, hi)  .min = (lo), .max = (hi)
#define LIMITS_UUID(lo, hi) .min = (lo), .max = 36
#define LIMITS_BIN(lo, hi)  .min = (lo), .max = (hi)

#define FIELD(S, since_, kind_, name_, lo, hi, meaning_)                     \
	{#name_, meaning_, MSG_##kind_, since_, .offset = offsetof(struct S, name_), \
	 LIMITS_##kind_(lo, hi)},
/* nil, a number or the head of a string is at most 9 bytes */
#define FRAME_INT(hi)  9
#define FRAME_OPT(hi)  9
#define FRAME_REAL(hi) 9
#define FRAME_WORD(hi) 9
#define FRAME_SET(hi)  9
#define FRAME_STR(hi)  (9 + (hi))
#define FRAME_UUID(hi) (9 + 36)
#define FRAME_BIN(hi)  (9 + (hi))
#define FRAME(S, since, kind, name, lo, hi, meaning) +FRAME_##kind(hi)

#define TABLE(name, NAME, version, links, meaning) \
	static const struct msg_field name##_fields[] = {NAME##_FIELDS(FIELD, name)};
MESSAGES(TABLE)

#define INDEX(name, NAME, version, links, meaning) INDEX_##name,
enum { MESSAGES(INDEX) N_MESSAGES };

#define DEFINE(name_, NAME, version_, links_, meaning_)                               \
	const struct message msg_##name_ = {                                          \
		.name = #name_, .links = links_, .meaning = meaning_,                 \
		.index = INDEX_##name_, .version = version_,                          \
		.n_fields = (int)(sizeof(name_##_fields) / sizeof(name_##_fields[0])), \
		.size = sizeof(struct name_),                                         \
		.max_bytes = 32 NAME##_FIELDS(FRAME, name_), .fields = name_##_fields};
MESSAGES(DEFINE)

#define POINTER(name, NAME, version, links, meaning) &msg_##name,
static const struct message *const all[] = {MESSAGES(POINTER) NULL};

const struct message *
msg_at(int index)
{
	return index >= 0 && index < N_MESSAGES ? all[index] : NULL;
}

const struct message *
msg_find(const char *name, size_t len)
{
	int i;

	for (i = 0; i < N_MESSAGES; i++)
		if (strlen(all[i]->name) == len && !memcmp(all[i]->name, name, len))
			return all[i];
	return NULL;
}

static void *
at(const struct msg_field *field, void *msg)
{
	return (char *)msg + field->offset;
}

int
msg_absent(const struct msg_field *field, const void *msg)
{
	switch (field->kind) {
	case MSG_OPT:
		return msg_int(field, msg) == MSG_NONE;
	case MSG_REAL:
		return isnan(msg_real(field, msg));
	case MSG_STR:
	case MSG_UUID:
		return !*msg_str(field, msg);
	case MSG_BIN:
		return !msg_bin(field, msg)->len;
	case MSG_WORD:
		return msg_int(field, msg) == 0 && !*field->words->texts[0];
	case MSG_SET:
		return msg_int(field, msg) == 0;
	case MSG_INT:
		break;
	}
	return 0;
}

void
msg_clear_field(const struct msg_field *field, void *msg)
{
	static const int64_t zero = 0, none = MSG_NONE;
	const double nan = NAN;

	switch (field->kind) {
	case MSG_INT:
	case MSG_WORD:
	case MSG_SET:
		memcpy(at(field, msg), &zero, sizeof(zero));
		break;
	case MSG_OPT:
		memcpy(at(field, msg), &none, sizeof(none));
		break;
	case MSG_REAL:
		memcpy(at(field, msg), &nan, sizeof(nan));
		break;
	case MSG_STR:
	case MSG_UUID:
		*(char *)at(field, msg) = 0;
		break;
	case MSG_BIN:
		((struct msg_bytes *)at(field, msg))->len = 0;
		break;
	}
}

void
msg_clear(const struct message *message, void *msg)
{
	int i;

	for (i = 0; i < message->n_fields; i++)
		msg_clear_field(&message->fields[i], msg);
}

/* ---- encode */

struct buffer {
	uint8_t *bytes;
	size_t len, size;
};

static int
put(void *data, const char *bytes, size_t len)
{
	struct buffer *b = data;

	if (len > b->size - b->len)
		return -1;
	memcpy(b->bytes + b->len, bytes, len);
	b->len += len;
	return 0;
}

static int
pack_real(msgpack_packer *to, double v)
{
	int64_t whole = v > -1e9 && v < 1e9 ? (int64_t)v : INT64_MAX;

	return (double)whole == v ? msgpack_pack_int64(to, whole) : msgpack_pack_double(to, v);
}

static int
pack_field(msgpack_packer *to, const struct msg_field *f, const void *msg)
{
	size_t len;

	if (f->kind != MSG_WORD && f->kind != MSG_SET && msg_absent(f, msg))
		return msgpack_pack_nil(to);
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
	case MSG_WORD:
	case MSG_SET:
		return msgpack_pack_int64(to, msg_int(f, msg));
	case MSG_REAL:
		return pack_real(to, msg_real(f, msg));
	case MSG_STR:
	case MSG_UUID:
		len = strlen(msg_str(f, msg));
		return msgpack_pack_str(to, len) < 0 ? -1
						     : msgpack_pack_str_body(to, msg_str(f, msg), len);
	case MSG_BIN:
		len = msg_bin(f, msg)->len;
		return msgpack_pack_bin(to, len) < 0
			       ? -1
			       : msgpack_pack_bin_body(to, msg_bin(f, msg)->bytes, len);
	}
	return -1;
}

int
msg_encode(const struct message *message, const struct msg_head *head, const void *msg,
	   uint8_t *out, size_t size, size_t *len, struct err *err)
{
	struct buffer b = {out, 0, size};
	msgpack_packer to;
	int i;

	if (msg_check(message, msg, err) < 0)
		return -1;
	msgpack_packer_init(&to, &b, put);
	i = msgpack_pack_array(&to, (size_t)message->n_fields + 3);
	i |= msgpack_pack_int64(&to, message->version);
	i |= msgpack_pack_int64(&to, head->run);
	i |= msgpack_pack_int64(&to, head->n);
	if (i < 0)
		return err_set(err, EMSGSIZE, "%s: larger than %zu bytes", message->name, size);
	for (i = 0; i < message->n_fields; i++)
		if (pack_field(&to, &message->fields[i], msg) < 0)
			return err_set(err, EMSGSIZE, "%s: larger than %zu bytes", message->name,
				       size);
	*len = b.len;
	return 0;
}
