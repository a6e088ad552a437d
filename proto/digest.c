#include "proto/digest.h"

#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

/* Where each column lies, named as in Postgres: that is where somebody will look. */
static const struct column {
	const char *name;
	uint8_t at, size;
} columns[] = {
	{"user_id", 0, 16},        {"timestamp", 16, 8},       {"epoch", 24, 8},
	{"seq", 32, 8},            {"device_time", 40, 8},     {"spo2", 48, 4},
	{"heart_rate", 52, 4},     {"perfusion_index", 56, 4}, {"motion", 60, 4},
	{"signal_strength", 64, 8}, {"battery", 72, 8},        {"status", 80, 8},
	{"cycle_number", 88, 8},   {"fio2_level", 96, 8},      {"invalid", 104, 4},
	{"data_source", 108, 4},   {"phase_type", 112, 4},     {"is_valid", 116, 4},
	{"rr", 120, 8},
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void
put_i64(uint8_t *at, int64_t v)
{
	uint64_t le = htole64((uint64_t)v);

	memcpy(at, &le, sizeof(le));
}

static void
put_u32(uint8_t *at, int64_t v)
{
	uint32_t le = htole32((uint32_t)v);

	memcpy(at, &le, sizeof(le));
}

static void
put_real(uint8_t *at, double v)
{
	float f = (float)v + 0.0f;  /* -0 becomes 0: SQLite does not keep the sign */
	uint32_t bits;

	memcpy(&bits, &f, sizeof(bits));
	put_u32(at, isnan(v) ? UINT32_MAX : bits);
}

size_t
digest_layout(const struct row *row, uint8_t out[DIGEST_BYTES])
{
	const struct reading *r = &row->reading;

	memcpy(out, row->user, 16);
	put_i64(out + 16, r->taken_us);
	put_i64(out + 24, r->epoch);
	put_i64(out + 32, r->seq);
	put_i64(out + 40, r->device_us);
	put_real(out + 48, r->spo2);
	put_real(out + 52, r->heart_rate);
	put_real(out + 56, r->perfusion_index);
	put_real(out + 60, r->motion);
	put_i64(out + 64, r->signal_strength);
	put_i64(out + 72, r->battery);
	put_i64(out + 80, r->status);
	put_i64(out + 88, r->cycle_number);
	put_i64(out + 96, r->altitude_level);
	put_u32(out + 104, r->invalid);
	put_u32(out + 108, r->data_source);
	put_u32(out + 112, r->phase_type);
	put_u32(out + 116, row->is_valid);
	put_i64(out + 120, r->rr > 0 ? r->rr : 0);
	return r->rr > 0 ? DIGEST_BYTES : DIGEST_BYTES - 8;
}

static void
add(struct digest *digest, const void *bytes, size_t len)
{
	XXH128_hash_t h = XXH3_128bits(bytes, len);

	digest->count++;
	digest->sum += (unsigned __int128)h.high64 << 64 | h.low64;
}

void
digest_add(struct digest *digest, const struct row *row)
{
	uint8_t bytes[DIGEST_BYTES];

	add(digest, bytes, digest_layout(row, bytes));
}

void
digest_remove(struct digest *digest, const struct row *row)
{
	struct digest one = {0};

	digest_add(&one, row);
	digest->count--;
	digest->sum -= one.sum;
}

void
digest_join(struct digest *digest, const struct digest *other)
{
	digest->count += other->count;
	digest->sum += other->sum;
}

void
digest_add_record(struct digest *digest, const char *key, size_t len, int64_t hlc)
{
	uint8_t bytes[512 + 8];

	ASSERT(len <= 512);
	put_i64(bytes, hlc);
	memcpy(bytes + 8, key, len);
	add(digest, bytes, len + 8);
}

int
digest_equal(const struct digest *a, const struct digest *b)
{
	return a->count == b->count && a->sum == b->sum;
}

const char *
digest_text(const struct digest *digest, char text[DIGEST_TEXT])
{
	(void)snprintf(text, DIGEST_TEXT, "%016llx%016llx",
		       (unsigned long long)(digest->sum >> 64), (unsigned long long)digest->sum);
	return text;
}

int
digest_parse(const char *text, struct digest *digest)
{
	unsigned long long high, low;
	char more;

	if (strspn(text, "0123456789abcdef") != 32 || sscanf(text, "%16llx%16llx%c", &high, &low, &more) != 2)
		return -1;
	digest->sum = (unsigned __int128)high << 64 | low;
	return 0;
}

uint32_t
digest_differing(const struct row *a, const struct row *b)
{
	uint8_t x[DIGEST_BYTES], y[DIGEST_BYTES];
	uint32_t bits = 0;
	size_t i;

	(void)digest_layout(a, x);
	(void)digest_layout(b, y);
	for (i = 0; i < N_COLUMNS; i++)
		if (memcmp(x + columns[i].at, y + columns[i].at, columns[i].size))
			bits |= 1u << i;
	return bits;
}

const char *
digest_column(unsigned n)
{
	return n < N_COLUMNS ? columns[n].name : NULL;
}
