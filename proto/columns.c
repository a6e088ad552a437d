#include "proto/columns.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "proto/varint.h"

enum { CONSTANT, STEPS, STEPS_OF_STEPS, PLAIN };

#define SCALE_MAX 6
#define ABSENT    INT64_MIN
static const double scales[SCALE_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};

static uint64_t
zigzag(uint64_t v)
{
	return v << 1 ^ (v >> 63 ? UINT64_MAX : 0);
}

static uint64_t
unzigzag(uint64_t v)
{
	return v >> 1 ^ (v & 1 ? UINT64_MAX : 0);
}

static size_t
varint_size(uint64_t v)
{
	return (70u - (unsigned)__builtin_clzll(v | 1)) / 7u;
}

/* ---- one value as a number: 0 is absent, the rest moves one away from it */

static uint64_t
code(int64_t v)
{
	return v == ABSENT ? 0 : v >= 0 ? (uint64_t)v + 1 : (uint64_t)v;
}

static int64_t
uncode(uint64_t c)
{
	return c == 0 ? ABSENT : c <= (uint64_t)1 << 63 ? (int64_t)(c - 1) : (int64_t)c;
}

static int
real_fits(double v, int scale)
{
	double scaled = v * scales[scale];

	return isnan(v) || (fabs(scaled) < 1e15 && rint(scaled) / scales[scale] == v);
}

/* The power of ten that makes all values of a REAL column whole, -1 when none does. */
static int
column_scale(const struct msg_field *f, const char *rows, size_t size, size_t n)
{
	int scale = 0;
	size_t i;

	for (i = 0; i < n; i++)
		while (!real_fits(msg_real(f, rows + i * size), scale))
			if (++scale > SCALE_MAX)
				return -1;
	return scale;
}

static uint64_t
value_code(const struct msg_field *f, const void *row, int scale)
{
	double v;

	if (f->kind != MSG_REAL)
		return code(msg_int(f, row));
	v = msg_real(f, row);
	return isnan(v) ? 0 : code((int64_t)rint(v * scales[scale]));
}

/* The limits of a column at once: msg_check_field() is asked only to find the words. */
static int
check_column(const struct message *m, const struct msg_field *f, const char *rows, size_t n,
	     struct err *err)
{
	int64_t v, min = f->words ? 0 : f->min, max = f->max;
	int is_real = f->kind == MSG_REAL, may_lack = f->kind == MSG_OPT, good;
	double d, least = (double)min, most;
	size_t i;

	if (f->words)
		max = f->kind == MSG_WORD ? f->words->n - 1 : ((int64_t)1 << f->words->n) - 1;
	most = (double)max;
	for (i = 0; i < n; i++, rows += m->size) {
		if (is_real) {
			d = msg_real(f, rows);
			good = (d >= least && d <= most) || isnan(d);
		} else {
			v = msg_int(f, rows);
			good = (v >= min && v <= max) || (may_lack && v == MSG_NONE);
		}
		if (!good) {
			(void)msg_check_field(m, f, rows, err);
			return err_in(err, "row %zu", i);
		}
	}
	return 0;
}

/* ---- pack */

static int
choose_form(const struct msg_field *f, const char *rows, size_t size, size_t n, int scale)
{
	uint64_t last = 0, step = 0, next, v;
	size_t i, steps = 0, steps_of_steps = 0;
	int constant = 1;

	for (i = 0; i < n; i++, last = v, step = next) {
		v = value_code(f, rows + i * size, scale);
		next = v - last;
		constant &= !i || !next;
		steps += varint_size(zigzag(next));
		steps_of_steps += varint_size(zigzag(next - step));
	}
	return constant ? CONSTANT : steps <= steps_of_steps ? STEPS : STEPS_OF_STEPS;
}

static int
put_plain(struct bytes_out *out, const struct msg_field *f, const char *rows, size_t size, size_t n)
{
	size_t i;

	if ((size_t)(out->end - out->p) < n * 8 + 1)
		return -1;
	*out->p++ = PLAIN;
	for (i = 0; i < n; i++, out->p += 8)
		memcpy(out->p, rows + i * size + f->offset, 8);
	return 0;
}

static int
put_column(struct bytes_out *out, const struct msg_field *f, const char *rows, size_t size, size_t n)
{
	int scale = f->kind == MSG_REAL ? column_scale(f, rows, size, n) : 0, form;
	uint64_t last = 0, step = 0, next, v;
	size_t i;

	if (scale < 0)
		return put_plain(out, f, rows, size, n);
	form = choose_form(f, rows, size, n, scale);
	if (out->p == out->end)
		return -1;
	*out->p++ = (uint8_t)(form | scale << 4);
	for (i = 0; i < (form == CONSTANT ? 1 : n); i++, last = v, step = next) {
		v = value_code(f, rows + i * size, scale);
		next = v - last;
		if (varint_put(out, zigzag(form == STEPS_OF_STEPS ? next - step : next)) < 0)
			return -1;
	}
	return 0;
}

/* Most columns hold one value, again and again: the first row then stands for all. */
static size_t
rows_that_count(const struct msg_field *f, const char *rows, size_t size, size_t n)
{
	int64_t first = msg_int(f, rows);
	size_t i;

	for (i = 1; i < n; i++)
		if (msg_int(f, rows + i * size) != first)
			return n;
	return 1;
}

int
columns_pack(const struct message *message, const void *rows, size_t n, uint8_t *out,
	     size_t size, size_t *len, struct err *err)
{
	struct bytes_out to = {out, out + size};
	const struct msg_field *f = message->fields;
	size_t some;
	int r;

	r = varint_put(&to, (uint64_t)message->version) | varint_put(&to, n) |
	    varint_put(&to, (uint64_t)message->n_fields);
	for (; !r && f < message->fields + message->n_fields && n; f++) {
		ASSERT(f->kind <= MSG_SET);
		some = rows_that_count(f, rows, message->size, n);
		if (check_column(message, f, rows, some, err) < 0)
			return -1;
		r = put_column(&to, f, rows, message->size, some);
	}
	if (r)
		return err_set(err, EMSGSIZE, "%s: %zu rows need more than %zu bytes",
			       message->name, n, size);
	*len = (size_t)(to.p - out);
	return 0;
}

/* ---- unpack */

static void
set_value(const struct msg_field *f, void *row, uint64_t c, int scale)
{
	int64_t v = uncode(c);
	double d = v == ABSENT ? NAN : (double)v / scales[scale];

	if (f->kind == MSG_REAL)
		memcpy((char *)row + f->offset, &d, sizeof(d));
	else
		memcpy((char *)row + f->offset, &v, sizeof(v));
}

static int
get_plain(struct bytes_in *in, const struct msg_field *f, char *rows, size_t size, size_t n)
{
	size_t i;

	if ((size_t)(in->end - in->p) < n * 8 || (f && f->kind != MSG_REAL))
		return -1;
	for (i = 0; i < n; i++, in->p += 8)
		if (f)
			memcpy(rows + i * size + f->offset, in->p, 8);
	return 0;
}

/* With f NULL the column is one we do not know, and is skipped. */
static int
get_column(struct bytes_in *in, const struct msg_field *f, char *rows, size_t size, size_t n)
{
	uint64_t v = 0, step = 0, coded;
	int form, scale;
	size_t i;

	if (in->p == in->end)
		return -1;
	form = *in->p & 0x0f;
	scale = *in->p++ >> 4;
	if (form == PLAIN)
		return get_plain(in, f, rows, size, n);
	if (form > PLAIN || scale > SCALE_MAX || (f && scale && f->kind != MSG_REAL))
		return -1;
	for (i = 0; i < n; i++) {
		if (form != CONSTANT || !i) {
			if (varint_get(in, &coded) < 0)
				return -1;
			step = form == STEPS_OF_STEPS ? step + unzigzag(coded) : unzigzag(coded);
			v += step;
		}
		if (f)
			set_value(f, rows + i * size, v, scale);
	}
	return 0;
}

static int
get_head(struct bytes_in *in, uint64_t *version, uint64_t *rows, uint64_t *columns)
{
	return varint_get(in, version) < 0 || varint_get(in, rows) < 0 || varint_get(in, columns) < 0 ||
			       *version > INT64_MAX || *columns > 1000
		       ? -1 : 0;
}

int
columns_unpack(const struct message *message, const uint8_t *in, size_t len, void *rows,
	       size_t most, size_t *n, struct err *err)
{
	struct bytes_in from = {in, in + len};
	uint64_t version, count, columns, i;
	const struct msg_field *f;

	if (get_head(&from, &version, &count, &columns) < 0)
		return err_set(err, EBADMSG, "%s columns: bad head", message->name);
	if (msg_check_count(message, (int64_t)version, columns, err) < 0)
		return err_in(err, "columns");
	if (count > most)
		return err_set(err, EBADMSG, "%s columns: %llu rows, more than %zu", message->name,
			       (unsigned long long)count, most);
	for (i = 0; i < count; i++)
		msg_clear(message, (char *)rows + i * message->size);
	for (i = 0; i < columns && count; i++) {
		f = i < (uint64_t)message->n_fields ? &message->fields[i] : NULL;
		ASSERT(!f || f->kind <= MSG_SET);
		if (get_column(&from, f, rows, message->size, count) < 0)
			return err_set(err, EBADMSG, "%s columns: column %llu (%s) is damaged",
				       message->name, (unsigned long long)i, f ? f->name : "new");
		if (f && check_column(message, f, rows, count, err) < 0)
			return -1;
	}
	if (from.p != from.end)
		return err_set(err, EBADMSG, "%s columns: bytes left over", message->name);
	*n = count;
	return 0;
}

/* ---- walk */

size_t
columns_head(const uint8_t *in, size_t len, uint64_t *rows, uint64_t *columns)
{
	struct bytes_in from = {in, in + len};
	uint64_t version;

	if (get_head(&from, &version, rows, columns) < 0)
		return 0;
	*columns = *rows ? *columns : 0;
	return (size_t)(from.p - in);
}

size_t
columns_next(const uint8_t *in, size_t len, uint64_t rows)
{
	const uint8_t *p = in, *end = in + len;
	uint64_t left;
	int form;

	if (p == end)
		return 0;
	form = *p++ & 0x0f;
	if (form > PLAIN)
		return 0;
	if (form == PLAIN)
		return rows <= (len - 1) / 8 ? 1 + (size_t)rows * 8 : 0;
	for (left = form == CONSTANT ? 1 : rows; left && p < end; p++)
		left -= !(*p & 0x80);
	return left ? 0 : (size_t)(p - in);
}
