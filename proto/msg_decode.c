/* Bytes that nobody vouches for, into a message. */
#include "proto/msg_parts.h"

#include <errno.h>
#include <math.h>
#include <msgpack.h>
#include <string.h>

static void *
at(const struct msg_field *field, void *msg)
{
	return (char *)msg + field->offset;
}

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
			return msg_bad(m, f, "must be a number", err);
		if (msg_check_real(m, f, d, err) < 0)
			return -1;
		if (msg)
			memcpy(at(f, msg), &d, sizeof(d));
		return 0;
	}
	if (get_int(o, &v) < 0)
		return msg_bad(m, f, "must be an integer", err);
	if (msg_check_int(m, f, v, err) < 0)
		return -1;
	if (msg)
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
		return msg_bad(m, f, is_bin ? "must be bytes" : "must be text", err);
	if (msg_check_bytes(m, f, bytes, len, err) < 0)
		return -1;
	if (!msg)
		return 0;
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
			msg_clear_field(f, msg);
		return 0;
	}
	return (is_bytes ? get_bytes : get_number)(m, f, o, msg, err);
}

int
msg_check_count(const struct message *m, int64_t version, size_t count, struct err *err)
{
	size_t n = 0;
	int i;

	if (version == m->version && count == (size_t)m->n_fields)
		return 0;
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
			msg_clear_field(&m->fields[i], msg);
		else if ((size_t)i < count && get_field(m, &m->fields[i], &items[i], msg, err) < 0)
			return -1;
	}
	return 0;
}

/* *msg is written when all of it is good: a small one from a draft, a large one in a second
 * pass. */
static int
get_message(const struct message *m, const msgpack_object *o, struct msg_head *head, void *msg,
	    struct err *err)
{
	const msgpack_object *items = o->via.array.ptr;
	_Alignas(8) char draft[512];
	void *first = m->size <= sizeof(draft) ? draft : NULL;
	struct msg_head h;

	if (o->via.array.size < 3 || get_int(&items[0], &h.version) < 0 ||
	    get_int(&items[1], &h.run) < 0 || get_int(&items[2], &h.n) < 0 ||
	    h.run < 0 || h.run > MSG_COUNT || h.n < 0 || h.n > MSG_COUNT)
		return err_set(err, EBADMSG, "%s: head must be version, run, n", m->name);
	if (msg_check_count(m, h.version, o->via.array.size - 3u, err) < 0 ||
	    get_fields(m, items + 3, o->via.array.size - 3u, first, err) < 0)
		return -1;
	if (first)
		memcpy(msg, draft, m->size);
	else
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
