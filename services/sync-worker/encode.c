#include "services/sync-worker/encode.h"

#include <endian.h>
#include <math.h>
#include <string.h>

#include "common/pg.h"

enum type { TIME, INT8, INT4, INT2, REAL4, BOOL, TEXT, BEATS };  /* BEATS: 0 is none */

/* From server/catalog/pg_type.dat: the numbers never change. */
static const struct {
	const char *name;
	uint32_t oid;
} types[] = {
	[TIME] = {"timestamptz", 1184}, [INT8] = {"bigint", 20}, [INT4] = {"integer", 23},
	[INT2] = {"smallint", 21},      [REAL4] = {"real", 700}, [BOOL] = {"boolean", 16},
	[TEXT] = {"text", 25},          [BEATS] = {"bigint", 20},
};

#define AT(field) offsetof(struct reading, field)
static const struct column {
	const char *name;
	enum type type;
	size_t at;
	const struct words *words;
} columns[] = {
	{"timestamp", TIME, AT(taken_us), NULL},
	{"epoch", INT8, AT(epoch), NULL},
	{"seq", INT8, AT(seq), NULL},
	{"device_time", TIME, AT(device_us), NULL},
	{"status", INT8, AT(status), NULL},
	{"spo2", REAL4, AT(spo2), NULL},
	{"heart_rate", REAL4, AT(heart_rate), NULL},
	{"perfusion_index", REAL4, AT(perfusion_index), NULL},
	{"motion", REAL4, AT(motion), NULL},
	{"signal_strength", INT4, AT(signal_strength), NULL},
	{"cycle_number", INT4, AT(cycle_number), NULL},
	{"fio2_level", INT4, AT(altitude_level), NULL},
	{"battery", INT2, AT(battery), NULL},
	{"is_valid", BOOL, AT(invalid), NULL},
	{"data_source", TEXT, AT(data_source), &words_data_source},
	{"phase_type", TEXT, AT(phase_type), &words_phase},
	{"invalid", TEXT, AT(invalid), &words_invalid},
	{"rr", BEATS, AT(rr), NULL},
};
#define N_COLUMNS  (sizeof(columns) / sizeof(columns[0]))
#define MOST_VALUE 20  /* bytes: the length, and a time or the longest word */
#define ARRAY_HEAD 20

size_t
encode_columns(void)
{
	return N_COLUMNS;
}

const char *
encode_name(size_t column)
{
	return columns[column].name;
}

const char *
encode_type(size_t column)
{
	return types[columns[column].type].name;
}

static uint8_t *
put_16(uint8_t *p, uint16_t v)
{
	v = htobe16(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static uint8_t *
put_32(uint8_t *p, uint32_t v)
{
	v = htobe32(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static uint8_t *
put_64(uint8_t *p, uint64_t v)
{
	v = htobe64(v);
	memcpy(p, &v, sizeof(v));
	return p + sizeof(v);
}

static uint8_t *
put_null(uint8_t *p)
{
	return put_32(p, UINT32_MAX);
}

static uint8_t *
put_text(uint8_t *p, const struct words *words, int64_t word)
{
	const char *text = words_text(words, word);
	size_t n = strlen(text);

	if (!n)
		return put_null(p);
	ASSERT(n + 4 <= MOST_VALUE);
	p = put_32(p, (uint32_t)n);
	memcpy(p, text, n);
	return p + n;
}

static uint8_t *
put_real(uint8_t *p, const uint8_t *from)
{
	uint32_t bits;
	double v;
	float f;

	memcpy(&v, from, sizeof(v));
	if (isnan(v))
		return put_null(p);
	f = (float)v;
	memcpy(&bits, &f, sizeof(bits));
	return put_32(put_32(p, 4), bits);
}

/* A value with its length in front. */
static uint8_t *
put_value(uint8_t *p, const struct column *c, const struct reading *row)
{
	const uint8_t *from = (const uint8_t *)row + c->at;
	int64_t v;

	if (c->type == REAL4)
		return put_real(p, from);
	memcpy(&v, from, sizeof(v));
	if (v == MSG_NONE || (c->type == BEATS && !v))
		return put_null(p);
	switch (c->type) {
	case TIME:
		return put_64(put_32(p, 8), (uint64_t)(v - PG_EPOCH_US));
	case INT8:
	case BEATS:
		return put_64(put_32(p, 8), (uint64_t)v);
	case INT4:
		return put_32(put_32(p, 4), (uint32_t)v);
	case INT2:
		return put_16(put_32(p, 2), (uint16_t)v);
	case BOOL:
		p = put_32(p, 1);
		*p = v == INVALID_NO;
		return p + 1;
	case TEXT:
		return put_text(p, c->words, v);
	case REAL4:
		break;
	}
	return p;
}

size_t
encode_copy_head(uint8_t out[ENCODE_HEAD])
{
	memcpy(out, "PGCOPY\n\377\r\n\0", 11);
	memset(out + 11, 0, 8);  /* no flags, no extension */
	return ENCODE_HEAD;
}

size_t
encode_copy_row(const uint8_t user_id[16], const uint8_t session_id[16],
		const struct reading *row, uint8_t out[ENCODE_ROW])
{
	uint8_t *p = put_16(out, N_COLUMNS + 2);
	size_t i;

	_Static_assert(2 + 2 * 20 + N_COLUMNS * MOST_VALUE <= ENCODE_ROW, "a row fits");
	p = put_32(p, 16);
	memcpy(p, user_id, 16);
	p = put_32(p + 16, 16);
	memcpy(p, session_id, 16);
	p += 16;
	for (i = 0; i < N_COLUMNS; i++)
		p = put_value(p, &columns[i], row);
	return (size_t)(p - out);
}

size_t
encode_array_size(size_t n)
{
	return ARRAY_HEAD + n * MOST_VALUE;
}

size_t
encode_array(size_t column, const struct reading *rows, size_t n, uint8_t *out)
{
	const struct column *c = &columns[column];
	uint8_t *p = out;
	size_t i;

	p = put_32(p, 1);  /* dimensions */
	p = put_32(p, 1);  /* may hold NULL */
	p = put_32(p, types[c->type].oid);
	p = put_32(p, (uint32_t)n);
	p = put_32(p, 1);  /* counted from 1 */
	for (i = 0; i < n; i++)
		p = put_value(p, c, &rows[i]);
	return (size_t)(p - out);
}

void
encode_int(int64_t v, uint8_t out[8])
{
	(void)put_64(out, (uint64_t)v);
}

void
encode_real(double v, uint8_t out[8])
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	(void)put_64(out, bits);
}

void
encode_time(int64_t utc_us, uint8_t out[8])
{
	(void)put_64(out, (uint64_t)(utc_us - PG_EPOCH_US));
}
