#include "proto/crate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <uuid/uuid.h>
#include <zstd.h>

#include "proto/columns.h"
#include "proto/ids.h"
#include "proto/records.h"
#include "proto/varint.h"

#define ESCAPE      0xc1
#define STR8        0xd9
#define UUID_TEXT   36
#define LEVEL       3
#define CONTENT_MAX (2 * CRATE_BYTES + (3 * CRATE_BUNDLES + 1) * VARINT_MAX)

enum { ITSELF, UUID, SESSION_ID };

struct part {  /* one bundle of an open crate: where it stands in `plain` */
	int64_t readings, fresh;
	uint8_t *records, *columns, *end;
};

struct crate_opener {
	ZSTD_DCtx *zstd;
	struct part parts[CRATE_BUNDLES];
	size_t n, next;
	struct bundle bundle;
	uint8_t content[CONTENT_MAX], plain[CRATE_BYTES];
};

static int
put(struct bytes_out *out, const void *bytes, size_t len)
{
	if (len > (size_t)(out->end - out->p))
		return -1;
	memcpy(out->p, bytes, len);
	out->p += len;
	return 0;
}

/* ---- ids in records */

/* The length of a str's head, and of its text in *len; 0 when it is none that ends here. */
static size_t
str_head(const uint8_t *p, const uint8_t *end, size_t *len)
{
	size_t head = p == end ? 0 : (*p & 0xe0) == 0xa0 ? 1 : *p == STR8 && end - p >= 2 ? 2 : 0;

	if (!head)
		return 0;
	*len = head == 1 ? *p & 0x1fu : p[1];
	return *len <= (size_t)(end - p) - head ? head : 0;
}

/* The session id of the str at p. */
static int
session_id_of(const uint8_t *p, const uint8_t *end, ids_uuid id)
{
	char text[256];
	size_t len, head = str_head(p, end, &len);

	if (!head || memchr(p + head, ESCAPE, len) || memchr(p + head, 0, len))
		return -1;
	memcpy(text, p + head, len);
	text[len] = 0;
	ids_session(text, id);
	return 0;
}

static int
is_uuid(const uint8_t *p, const uint8_t *end, ids_uuid id)
{
	size_t len;

	if (*p != STR8 || str_head(p, end, &len) != 2 || len != UUID_TEXT)
		return 0;
	memcpy(id, p + 2, UUID_TEXT);
	id[UUID_TEXT] = 0;
	return ids_valid(id);
}

static int
put_records(struct bytes_out *out, const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	uint8_t short_id[2 + sizeof(uuid_t)] = {ESCAPE, UUID};
	ids_uuid id, computed;
	int r = 0;

	while (p < end && !r) {
		if (*p == ESCAPE) {
			r = put(out, (uint8_t[]){ESCAPE, ITSELF}, 2);
			p++;
		} else if (!is_uuid(p, end, id)) {
			r = put(out, p++, 1);
		} else {
			p += 2 + UUID_TEXT;
			ASSERT(uuid_parse(id, short_id + 2) == 0);
			if (session_id_of(p, end, computed) == 0 && !strcmp(id, computed))
				r = put(out, (uint8_t[]){ESCAPE, SESSION_ID}, 2);
			else
				r = put(out, short_id, sizeof(short_id));
		}
	}
	return r;
}

/* What stands for more than itself, at in->p. */
static int
get_escaped(struct bytes_in *in, struct bytes_out *out)
{
	uint8_t text[2 + UUID_TEXT + 1] = {STR8, UUID_TEXT};
	int what = in->end - in->p >= 2 ? in->p[1] : -1;

	in->p += 2;
	if (what == ITSELF)
		return put(out, (uint8_t[]){ESCAPE}, 1);
	if (what == UUID && (size_t)(in->end - in->p) >= sizeof(uuid_t)) {
		uuid_unparse_lower(in->p, (char *)text + 2);
		in->p += sizeof(uuid_t);
	} else if (what != SESSION_ID || session_id_of(in->p, in->end, (char *)text + 2) < 0)
		return -1;
	return put(out, text, 2 + UUID_TEXT);
}

/* Until out is full. */
static int
get_records(struct bytes_in *in, struct bytes_out *out)
{
	int r = 0;

	while (!r && out->p < out->end && in->p < in->end)
		if (*in->p == ESCAPE)
			r = get_escaped(in, out);
		else
			r = put(out, in->p++, 1);
	return r || out->p < out->end ? -1 : 0;
}

/* ---- columns, those of the same field side by side */

static int
copy(struct bytes_in *in, struct bytes_out *out, size_t len)
{
	if (!len || put(out, in->p, len) < 0)
		return -1;
	in->p += len;
	return 0;
}

/* The columns of n bundles, one of each in turn: from n places to one, or from one to n. */
static int
deal(struct bytes_in *in[], struct bytes_out *out[], size_t n)
{
	uint64_t rows[CRATE_BUNDLES], columns[CRATE_BUNDLES];
	size_t i, left;

	for (i = 0; i < n; i++)
		if (copy(in[i], out[i], columns_head(in[i]->p, (size_t)(in[i]->end - in[i]->p), &rows[i],
						     &columns[i])) < 0)
			return -1;
	do
		for (i = left = 0; i < n; i++) {
			if (!columns[i])
				continue;
			if (copy(in[i], out[i], columns_next(in[i]->p, (size_t)(in[i]->end - in[i]->p),
							     rows[i])) < 0)
				return -1;
			left += --columns[i] > 0;
		}
	while (left);
	return 0;
}

static int
put_columns(struct bytes_out *out, const struct crate_item *items, size_t n)
{
	struct bytes_in strips[CRATE_BUNDLES], *in[CRATE_BUNDLES];
	struct bytes_out *to[CRATE_BUNDLES];
	size_t i, some = 0;

	for (i = 0; i < n; i++) {
		if (!items[i].columns_len)
			continue;
		strips[some] = (struct bytes_in){items[i].columns, items[i].columns + items[i].columns_len};
		in[some] = &strips[some];
		to[some++] = out;
	}
	if (deal(in, to, some) < 0)
		return -1;
	for (i = 0; i < some; i++)
		if (strips[i].p < strips[i].end)
			return -1;
	return 0;
}

static int
get_columns(struct bytes_in *in, struct crate_opener *o)
{
	struct bytes_out strips[CRATE_BUNDLES], *out[CRATE_BUNDLES];
	struct bytes_in *from[CRATE_BUNDLES];
	size_t i, some = 0;

	for (i = 0; i < o->n; i++) {
		if (o->parts[i].columns == o->parts[i].end)
			continue;
		strips[some] = (struct bytes_out){o->parts[i].columns, o->parts[i].end};
		out[some] = &strips[some];
		from[some++] = in;
	}
	if (deal(from, out, some) < 0)
		return -1;
	for (i = 0; i < some; i++)
		if (strips[i].p < strips[i].end)
			return -1;
	return 0;
}

/* ---- pack */

static int
put_content(struct bytes_out *out, const struct crate_item *items, size_t n)
{
	size_t i;
	int r;

	r = varint_put(out, n);
	for (i = 0; i < n && !r; i++)
		r = varint_put(out, (uint64_t)(2 * items[i].readings + items[i].fresh)) |
		    varint_put(out, items[i].records_len) | varint_put(out, items[i].columns_len);
	for (i = 0; i < n && !r; i++)
		r = put_records(out, items[i].records, items[i].records_len);
	ASSERT(!r);  /* CONTENT_MAX holds the worst */
	return put_columns(out, items, n);
}

int
crate_pack(const struct crate_item *items, size_t n, struct crate *crate, struct err *err)
{
	uint8_t *content;
	struct bytes_out out;
	size_t i, len = 0;

	for (i = 0; i < n; i++)
		len += (size_t)items[i].records_len + items[i].columns_len;
	if (n > CRATE_BUNDLES || len > CRATE_BYTES)
		return err_set(err, EMSGSIZE, "crate: %zu bundles of %zu bytes", n, len);
	content = malloc(CONTENT_MAX);
	ASSERT(content);
	out = (struct bytes_out){content, content + CONTENT_MAX};
	if (put_content(&out, items, n) < 0) {
		free(content);
		return err_set(err, EBADMSG, "crate: columns that are none");
	}
	len = ZSTD_compress(crate->content.bytes, sizeof(crate->content.bytes), content,
			    (size_t)(out.p - content), LEVEL);
	ASSERT(!ZSTD_isError(len));
	free(content);
	crate->bundles = (int64_t)n;
	crate->content.len = (uint32_t)len;
	return 0;
}

/* ---- open */

struct crate_opener *
crate_opener_new(void)
{
	struct crate_opener *o = calloc(1, sizeof(*o));

	ASSERT(o);
	o->zstd = ZSTD_createDCtx();
	ASSERT(o->zstd);
	return o;
}

void
crate_opener_free(struct crate_opener **opener)
{
	if (!*opener)
		return;
	ZSTD_freeDCtx((*opener)->zstd);
	free(*opener);
	*opener = NULL;
}

size_t
crate_left(const struct crate_opener *o)
{
	return o->n - o->next;
}

/* How many there are, and how long each is: room for all of them is in `plain`. */
static int
get_lengths(struct bytes_in *in, struct crate_opener *o, const struct crate *crate)
{
	uint64_t n, readings, records, columns;
	uint8_t *at = o->plain;
	struct part *part;

	if (varint_get(in, &n) < 0 || n != (uint64_t)crate->bundles || n > CRATE_BUNDLES)
		return -1;
	for (part = o->parts; part < o->parts + n; part++) {
		if (varint_get(in, &readings) < 0 || varint_get(in, &records) < 0 ||
		    varint_get(in, &columns) < 0 || records > CRATE_BYTES || columns > CRATE_BYTES ||
		    records + columns > (size_t)(o->plain + CRATE_BYTES - at))
			return -1;
		*part = (struct part){.readings = (int64_t)(readings >> 1), .fresh = readings & 1, .records = at};
		part->columns = part->records + records;
		at = part->end = part->columns + columns;
	}
	o->n = n;
	return 0;
}

static int
get_content(struct bytes_in *in, struct crate_opener *o, const struct crate *crate, struct err *err)
{
	struct part *part;

	if (get_lengths(in, o, crate) < 0)
		return err_set(err, EBADMSG, "crate: bad lengths");
	for (part = o->parts; part < o->parts + o->n; part++)
		if (get_records(in, &(struct bytes_out){part->records, part->columns}) < 0)
			return err_set(err, EBADMSG, "crate: records are damaged");
	if (get_columns(in, o) < 0)
		return err_set(err, EBADMSG, "crate: columns are damaged");
	if (in->p != in->end)
		return err_set(err, EBADMSG, "crate: bytes left over");
	return 0;
}

int
crate_open(struct crate_opener *o, const struct crate *crate, struct err *err)
{
	struct bytes_in in;
	size_t n;

	o->n = o->next = 0;
	n = ZSTD_decompressDCtx(o->zstd, o->content, sizeof(o->content), crate->content.bytes,
				crate->content.len);
	if (ZSTD_isError(n))
		return err_set(err, EBADMSG, "crate: zstd: %s", ZSTD_getErrorName(n));
	in = (struct bytes_in){o->content, o->content + n};
	if (get_content(&in, o, crate, err) == 0)
		return 0;
	o->n = 0;
	return -1;
}

/* Whose it is stands in its own records, as bundle_open() wants to see it confirmed. */
static int
name_owner(const struct part *part, struct bundle *bundle, struct err *err)
{
	struct records records = {part->records, part->columns};
	const struct message *message;
	union {
		struct session session;
		uint8_t room[RECORDS_MAX];
	} first;
	int r = records_next(&records, &message, &first, err);

	if (r <= 0 || message != &msg_session)
		return r < 0 ? -1 : err_set(err, EBADMSG, "crate: the first record is no session");
	memcpy(bundle->session_id, first.session.id, sizeof(bundle->session_id));
	memcpy(bundle->user_id, first.session.user_id, sizeof(bundle->user_id));
	return 0;
}

int
crate_next(struct crate_opener *o, const char *gateway, const struct bundle **bundle, struct err *err)
{
	const struct part *part = &o->parts[o->next];
	struct bundle *b = &o->bundle;

	if (!crate_left(o))
		return 0;
	o->next++;
	if (name_owner(part, b, err) < 0)
		return -1;
	(void)snprintf(b->gateway, sizeof(b->gateway), "%s", gateway);
	b->fresh = part->fresh;
	b->readings = part->readings;
	b->packing = PACKING_PLAIN;
	b->records.len = (uint32_t)(part->columns - part->records);
	b->columns.len = (uint32_t)(part->end - part->columns);
	memcpy(b->records.bytes, part->records, b->records.len);
	memcpy(b->columns.bytes, part->columns, b->columns.len);
	ids_bundle(b->gateway, b->records.bytes, b->records.len, b->columns.bytes, b->columns.len, b->id);
	if (msg_check(&msg_bundle, b, err) < 0)
		return -1;
	*bundle = b;
	return 1;
}
