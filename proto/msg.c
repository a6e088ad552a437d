#include "proto/msg.h"

#include <errno.h>
#include <math.h>
#include <msgpack.h>
#include <stdio.h>
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

int64_t
msg_int(const struct msg_field *field, const void *msg)
{
	int64_t v;

	memcpy(&v, (const char *)msg + field->offset, sizeof(v));
	return v;
}

double
msg_real(const struct msg_field *field, const void *msg)
{
	double v;

	memcpy(&v, (const char *)msg + field->offset, sizeof(v));
	return v;
}

const char *
msg_str(const struct msg_field *field, const void *msg)
{
	return (const char *)msg + field->offset;
}

const struct msg_bytes *
msg_bin(const struct msg_field *field, const void *msg)
{
	return (const void *)((const char *)msg + field->offset);
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

static void
clear_field(const struct msg_field *field, void *msg)
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
		clear_field(&message->fields[i], msg);
}

/* ---- checks: the same whether a value came from the wire, from JSON or from our own code */

static int
bad(const struct message *message, const struct msg_field *field, const char *why,
    struct err *err)
{
	return err_set(err, EBADMSG, "%s.%s: %s", message->name, field->name, why);
}

static int
check_int(const struct message *m, const struct msg_field *f, int64_t v, struct err *err)
{
	char list[200];

	if (f->kind == MSG_WORD && (v < 0 || v >= f->words->n))
		return err_set(err, EBADMSG, "%s.%s: must be one of %s", m->name, f->name,
			       words_list(f->words, list, sizeof(list)));
	if (f->kind == MSG_SET && (v < 0 || v >> f->words->n))
		return err_set(err, EBADMSG, "%s.%s: must be some of %s", m->name, f->name,
			       words_list(f->words, list, sizeof(list)));
	if (!f->words && (v < f->min || v > f->max))
		return err_set(err, EBADMSG, "%s.%s: must be from %lld to %lld", m->name, f->name,
			       (long long)f->min, (long long)f->max);
	return 0;
}

static int
check_real(const struct message *m, const struct msg_field *f, double v, struct err *err)
{
	if (!(v >= (double)f->min && v <= (double)f->max))
		return err_set(err, EBADMSG, "%s.%s: must be from %lld to %lld", m->name, f->name,
			       (long long)f->min, (long long)f->max);
	return 0;
}

static int
is_uuid(const char *text)
{
	int i;

	for (i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
		    : !text[i] || !strchr("0123456789abcdef", text[i]))
			return 0;
	return 1;
}

/* Without NUL, which would cut the text short in C and is refused by Postgres. */
static int
is_utf8(const char *s, size_t len)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s, *end = p + len;
	uint32_t rune;
	int more, i;

	while (p < end) {
		more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
		if (!*p || (more && (*p < 0xc2 || *p > 0xf4)) || end - p <= more)
			return 0;
		rune = more ? *p & (0x3fu >> more) : *p;
		for (p++, i = 0; i < more; i++, p++) {
			if ((*p & 0xc0) != 0x80)
				return 0;
			rune = rune << 6 | (*p & 0x3fu);
		}
		if (rune < least[more] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
			return 0;
	}
	return 1;
}

static int
check_bytes(const struct message *m, const struct msg_field *f, const char *bytes, size_t len,
	    struct err *err)
{
	if (len < (size_t)f->min || len > (size_t)f->max)
		return f->min == f->max
			       ? err_set(err, EBADMSG, "%s.%s: must be %lld bytes", m->name, f->name,
					 (long long)f->min)
			       : err_set(err, EBADMSG, "%s.%s: must be %lld to %lld bytes", m->name,
					 f->name, (long long)f->min, (long long)f->max);
	if (f->kind == MSG_UUID && len && (len != 36 || !is_uuid(bytes)))
		return bad(m, f, "must be a UUID in lower case", err);
	if (f->kind == MSG_STR && !is_utf8(bytes, len))
		return bad(m, f, "must be UTF-8 without NUL", err);
	return 0;
}

int
msg_check_field(const struct message *m, const struct msg_field *f, const void *msg,
		struct err *err)
{
	switch (f->kind) {
	case MSG_OPT:
	case MSG_REAL:
		if (msg_absent(f, msg))
			return 0;
		if (f->kind == MSG_REAL)
			return check_real(m, f, msg_real(f, msg), err);
		return check_int(m, f, msg_int(f, msg), err);
	case MSG_INT:
	case MSG_WORD:
	case MSG_SET:
		return check_int(m, f, msg_int(f, msg), err);
	case MSG_STR:
	case MSG_UUID:
		return check_bytes(m, f, msg_str(f, msg),
				   strnlen(msg_str(f, msg), (size_t)f->max + 1), err);
	case MSG_BIN:
		return check_bytes(m, f, (const char *)msg_bin(f, msg)->bytes,
				   msg_bin(f, msg)->len, err);
	}
	return 0;
}

int
msg_check(const struct message *message, const void *msg, struct err *err)
{
	int i;

	for (i = 0; i < message->n_fields; i++)
		if (msg_check_field(message, &message->fields[i], msg, err) < 0)
			return -1;
	return 0;
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

/* ---- decode */

/* The length of one scalar at p, 0 when it is no scalar or does not fit before end. */
static size_t
scalar_length(const uint8_t *p, const uint8_t *end)
{
	size_t left = (size_t)(end - p), n;

	if (!left)
		return 0;
	if (*p < 0x80 || *p >= 0xe0 || *p == 0xc0 || *p == 0xc2 || *p == 0xc3)
		n = 1;
	else if ((*p & 0xe0) == 0xa0)
		n = 1u + (*p & 0x1fu);
	else if (*p == 0xca)
		n = 5;
	else if (*p == 0xcb)
		n = 9;
	else if (*p >= 0xcc && *p <= 0xd3)
		n = 1u + (1u << ((*p - 0xccu) & 3u));
	else if ((*p == 0xc4 || *p == 0xd9) && left >= 2)
		n = 2u + p[1];
	else if ((*p == 0xc5 || *p == 0xda) && left >= 3)
		n = 3u + ((size_t)p[1] << 8 | p[2]);
	else if ((*p == 0xc6 || *p == 0xdb) && left >= 5)
		n = 5u + ((size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4]);
	else
		return 0;
	return n <= left ? n : 0;
}

/* An array of scalars that fills the bytes exactly; nothing is reserved on its word. */
static int
walk(const uint8_t *in, size_t len)
{
	const uint8_t *p = in, *end = in + len;
	size_t count, n;

	if (!len)
		return -1;
	if ((*p & 0xf0) == 0x90)
		count = *p++ & 0x0f;
	else if (*p == 0xdc && len >= 3) {
		count = (size_t)p[1] << 8 | p[2];
		p += 3;
	} else
		return -1;
	for (; count; count--, p += n)
		if (!(n = scalar_length(p, end)))
			return -1;
	return p == end ? 0 : -1;
}

static int
get_int(const msgpack_object *o, int64_t *v)
{
	if (o->type == MSGPACK_OBJECT_NEGATIVE_INTEGER) {
		*v = o->via.i64;
		return 0;
	}
	if (o->type != MSGPACK_OBJECT_POSITIVE_INTEGER || o->via.u64 > INT64_MAX)
		return -1;
	*v = (int64_t)o->via.u64;
	return 0;
}

static int
get_real(const msgpack_object *o, double *v)
{
	int64_t whole;

	if (o->type == MSGPACK_OBJECT_FLOAT32 || o->type == MSGPACK_OBJECT_FLOAT64) {
		*v = o->via.f64;
		return isnan(*v) ? -1 : 0;
	}
	if (get_int(o, &whole) < 0)
		return -1;
	*v = (double)whole;
	return 0;
}

/* With msg NULL the getters only check, so that *msg is filled whole or not at all. */
static int
get_number(const struct message *m, const struct msg_field *f, const msgpack_object *o,
	   void *msg, struct err *err)
{
	int64_t v;
	double d;

	if (f->kind == MSG_REAL) {
		if (get_real(o, &d) < 0)
			return bad(m, f, "must be a number", err);
		if (!msg)
			return check_real(m, f, d, err);
		memcpy(at(f, msg), &d, sizeof(d));
		return 0;
	}
	if (get_int(o, &v) < 0)
		return bad(m, f, "must be an integer", err);
	if (!msg)
		return check_int(m, f, v, err);
	memcpy(at(f, msg), &v, sizeof(v));
	return 0;
}

static int
get_bytes(const struct message *m, const struct msg_field *f, const msgpack_object *o,
	  void *msg, struct err *err)
{
	int is_bin = f->kind == MSG_BIN;
	uint32_t len = is_bin ? o->via.bin.size : o->via.str.size;
	const char *bytes = is_bin ? o->via.bin.ptr : o->via.str.ptr;
	struct msg_bytes *bin;

	if (o->type != (is_bin ? MSGPACK_OBJECT_BIN : MSGPACK_OBJECT_STR))
		return bad(m, f, is_bin ? "must be bytes" : "must be text", err);
	if (!msg)
		return check_bytes(m, f, bytes, len, err);
	if (is_bin) {
		bin = at(f, msg);
		bin->len = len;
		memcpy(bin->bytes, bytes, len);
	} else {
		memcpy(at(f, msg), bytes, len);
		((char *)at(f, msg))[len] = 0;
	}
	return 0;
}

static int
get_field(const struct message *m, const struct msg_field *f, const msgpack_object *o,
	  void *msg, struct err *err)
{
	int is_bytes = f->kind == MSG_STR || f->kind == MSG_UUID || f->kind == MSG_BIN;

	if (o->type == MSGPACK_OBJECT_NIL &&
	    (f->kind == MSG_OPT || f->kind == MSG_REAL || (is_bytes && !f->min))) {
		if (msg)
			clear_field(f, msg);
		return 0;
	}
	return (is_bytes ? get_bytes : get_number)(m, f, o, msg, err);
}

int
msg_check_count(const struct message *m, int64_t version, size_t count, struct err *err)
{
	size_t n = 0;
	int i;

	if (version < 1 || version > 1000)
		return err_set(err, EBADMSG, "%s: version %lld is not one of ours", m->name,
			       (long long)version);
	for (i = 0; i < m->n_fields; i++)
		n += m->fields[i].since <= version;
	if (version > m->version ? count < n : count != n)
		return err_set(err, EBADMSG, "%s: version %lld has %zu fields, not %zu", m->name,
			       (long long)version, n, count);
	return 0;
}

static int
get_fields(const struct message *m, const msgpack_object *items, size_t count, void *msg,
	   struct err *err)
{
	int i;

	for (i = 0; i < m->n_fields; i++) {
		if ((size_t)i >= count && msg)
			clear_field(&m->fields[i], msg);
		else if ((size_t)i < count && get_field(m, &m->fields[i], &items[i], msg, err) < 0)
			return -1;
	}
	return 0;
}

static int
get_message(const struct message *m, const msgpack_object *o, struct msg_head *head, void *msg,
	    struct err *err)
{
	const msgpack_object *items = o->via.array.ptr;
	struct msg_head h;

	if (o->via.array.size < 3 || get_int(&items[0], &h.version) < 0 ||
	    get_int(&items[1], &h.run) < 0 || get_int(&items[2], &h.n) < 0 ||
	    h.run < 0 || h.run > MSG_COUNT || h.n < 0 || h.n > MSG_COUNT)
		return err_set(err, EBADMSG, "%s: head must be version, run, n", m->name);
	if (msg_check_count(m, h.version, o->via.array.size - 3u, err) < 0 ||
	    get_fields(m, items + 3, o->via.array.size - 3u, NULL, err) < 0)
		return -1;
	(void)get_fields(m, items + 3, o->via.array.size - 3u, msg, err);
	*head = h;
	return 0;
}

int
msg_decode(const struct message *message, const uint8_t *in, size_t len, struct msg_head *head,
	   void *msg, struct err *err)
{
	msgpack_zone zone;
	msgpack_object object;
	size_t offset = 0;
	int r;

	if (len > message->max_bytes + 4096 || walk(in, len) < 0)
		return err_set(err, EBADMSG, "%s: %zu bytes that are no array of scalars",
			       message->name, len);
	if (!msgpack_zone_init(&zone, 2048))
		return err_set(err, ENOMEM, "out of memory");
	if (msgpack_unpack((const char *)in, len, &offset, &zone, &object) !=
	    MSGPACK_UNPACK_SUCCESS)
		r = err_set(err, EBADMSG, "%s: not msgpack", message->name);
	else
		r = get_message(message, &object, head, msg, err);
	msgpack_zone_destroy(&zone);
	return r;
}

/* ---- text */

static size_t
text_set(const struct msg_field *f, int64_t v, char *text, size_t size)
{
	size_t used = 0;
	int i;

	for (i = 0; i < f->words->n && used < size; i++)
		if (v >> i & 1)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 used ? "+" : "", f->words->texts[i]);
	return used;
}

/* In quotes, on one line, whatever a device or a person wrote. */
static size_t
text_str(const char *s, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "\"%s\"", s), i;

	for (i = 1; i + 1 < n && i + 1 < size; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			text[i] = ' ';
		else if (text[i] == '"')
			text[i] = '\'';
		else if (text[i] == '\xc2' && text[i + 1] && (unsigned char)text[i + 1] < 0xa0)
			text[i] = text[i + 1] = ' ';  /* the control characters above ASCII */
	}
	return n;
}

static size_t
text_field(const struct msg_field *f, const void *msg, char *text, size_t size)
{
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		return (size_t)snprintf(text, size, "%lld", (long long)msg_int(f, msg));
	case MSG_REAL:
		return (size_t)snprintf(text, size, "%.10g", msg_real(f, msg));
	case MSG_WORD:
		return (size_t)snprintf(text, size, "%s", words_text(f->words, msg_int(f, msg)));
	case MSG_SET:
		return text_set(f, msg_int(f, msg), text, size);
	case MSG_UUID:
		return (size_t)snprintf(text, size, "%s", msg_str(f, msg));
	case MSG_STR:
		return text_str(msg_str(f, msg), text, size);
	case MSG_BIN:
		return (size_t)snprintf(text, size, "<%u bytes>", msg_bin(f, msg)->len);
	}
	return 0;
}

void
msg_text(const struct message *message, const void *msg, char *text, size_t size)
{
	const struct msg_field *f = message->fields;
	size_t used = (size_t)snprintf(text, size, "%s", message->name);

	for (; f < message->fields + message->n_fields && used + 1 < size; f++) {
		if (msg_absent(f, msg) || !strcmp(f->name, "request_id"))
			continue;
		used += (size_t)snprintf(text + used, size - used, " %s=", f->name);
		if (used < size)
			used += text_field(f, msg, text + used, size - used);
	}
}
