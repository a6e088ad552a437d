#include "proto/columns.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <zstd.h>

#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"

#define MOST 3000

static struct reading rows[MOST], got[MOST];
static uint8_t packed[MOST * 200];

static int
unpack_exact(const struct message *m, const uint8_t *bytes, size_t len, void *to, size_t most,
	     size_t *n, struct err *err)
{
	uint8_t *exact = malloc(len ? len : 1);
	int r;

	memcpy(exact, bytes, len);
	r = columns_unpack(m, exact, len, to, most, n, err);
	free(exact);
	return r;
}

/* Packs rows, unpacks them, compares; the size. */
static size_t
there_and_back(size_t n, const char *what)
{
	struct err err;
	size_t len = 0, back = 7, i;

	if (!ok(columns_pack(&msg_reading, rows, n, packed, sizeof(packed), &len, &err) == 0,
		"%s: %s", what, err.text))
		return 0;
	memset(got, 0x5a, n * sizeof(got[0]));
	ok(unpack_exact(&msg_reading, packed, len, got, n, &back, &err) == 0, "%s: %s", what, err.text);
	is_int(back, n);
	for (i = 0; i < n; i++)
		if (!ok(!differs(&msg_reading, &rows[i], &got[i]), "%s: row %zu of %zu: %s", what, i, n,
			differs(&msg_reading, &rows[i], &got[i])))
			break;
	return len;
}

TEST(random_rows_come_back_as_they_were)
{
	size_t n, i;
	int round;

	for (round = 0; round < 300; round++) {
		n = any(round < 100 ? 5 : 200);
		for (i = 0; i < n; i++)
			any_msg(&msg_reading, &rows[i]);
		there_and_back(n, "random");
	}
}

static void
fill_real(double (*value)(size_t), size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		msg_clear(&msg_reading, &rows[i]);
		rows[i].taken_us = 1795403600000000 + (int64_t)i * 1000000;
		rows[i].seq = (int64_t)i + 1;
		rows[i].spo2 = value(i);
	}
}

static double
one_decimal(size_t i)
{
	return (double)(i % 1001) / 10;
}

TEST(no_row_one_row_and_many_rows)
{
	size_t n;

	is_int(there_and_back(0, "none"), 3);
	any_msg(&msg_reading, &rows[0]);
	there_and_back(1, "one");
	fill_real(one_decimal, 1);
	for (n = 1; n < MOST; n++)
		rows[n] = rows[0];
	ok(there_and_back(MOST, "all alike") < 200);
}

static double
six_decimals(size_t i)
{
	return (double)(i * 33331 % 100000000) / 1e6;
}

static double
thirds(size_t i)
{
	return (double)(i % 300) / 3;
}

static double
floats(size_t i)
{
	return (double)((float)(i % 1000) / 10.0f);
}

static double
tiny(size_t i)
{
	return i % 3 == 0 ? 5e-324 : i % 3 == 1 ? 0 : 100 - 1.4210854715202004e-14;
}

static double
half_absent(size_t i)
{
	return i % 2 ? (double)NAN : 97;
}

static double
one_third_at_the_end(size_t i)
{
	return i == 999 ? 1.0 / 3 : 97;
}

TEST(reals_of_every_kind_come_back_bit_for_bit)
{
	static const struct {
		double (*value)(size_t);
		const char *what;
		size_t most;  /* bytes for 1000 rows, all else being constant */
	} kinds[] = {{one_decimal, "one decimal", 1200},     {six_decimals, "six decimals", 5000},
		     {thirds, "thirds", 8100},               {floats, "floats", 8100},
		     {tiny, "tiny", 8100},                   {half_absent, "half absent", 2100},
		     {one_third_at_the_end, "a third", 8100}};
	size_t i, len, other;

	fill_real(half_absent, 1000);
	for (i = 0; i < 1000; i++)
		rows[i].spo2 = NAN;
	other = there_and_back(1000, "absent");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		fill_real(kinds[i].value, 1000);
		len = there_and_back(1000, kinds[i].what);
		ok(len < other + kinds[i].most, "%s: %zu bytes", kinds[i].what, len - other);
	}
}

/* Two integers without limits: the ends of the range, where a difference overflows. */
struct pair {
	int64_t a, b;
};
static const struct msg_field pair_fields[] = {
	{.name = "a", .kind = MSG_INT, .since = 1, .min = INT64_MIN + 1, .max = INT64_MAX,
	 .offset = offsetof(struct pair, a)},
	{.name = "b", .kind = MSG_OPT, .since = 2, .min = INT64_MIN + 1, .max = INT64_MAX,
	 .offset = offsetof(struct pair, b)}};
static const struct message pair_1 = {"pair", "", "", 0, 1, 1, sizeof(struct pair), 99, pair_fields};
static const struct message pair_2 = {"pair", "", "", 0, 2, 2, sizeof(struct pair), 99, pair_fields};

TEST(the_ends_of_the_range_come_back)
{
	static const int64_t ends[] = {INT64_MIN + 1, INT64_MIN + 2, -2, -1, 0, 1, 2, INT64_MAX - 1,
				       INT64_MAX};
	struct pair in[9 * 9 + 1], out[9 * 9 + 1];
	struct err err;
	size_t len, n, i;

	for (i = 0; i < 81; i++)
		in[i] = (struct pair){ends[i / 9], ends[i % 9]};
	in[81] = (struct pair){0, MSG_NONE};
	is_int(columns_pack(&pair_2, in, 82, packed, sizeof(packed), &len, &err), 0);
	is_int(unpack_exact(&pair_2, packed, len, out, 82, &n, &err), 0);
	ok(n == 82 && !memcmp(in, out, sizeof(in)));
	for (i = 0; i < 9; i++) {  /* each alone is a constant */
		in[0].a = in[0].b = ends[i];
		is_int(columns_pack(&pair_2, in, 1, packed, sizeof(packed), &len, &err), 0);
		is_int(unpack_exact(&pair_2, packed, len, out, 1, &n, &err), 0);
		ok(!memcmp(in, out, sizeof(in[0])), "%lld", (long long)ends[i]);
	}
}

TEST(older_and_newer_senders_are_understood)
{
	struct pair in[3] = {{1, 10}, {2, 20}, {3, MSG_NONE}}, out[3];
	struct err err;
	size_t len, n, i;

	is_int(columns_pack(&pair_1, in, 3, packed, sizeof(packed), &len, &err), 0);
	is_int(unpack_exact(&pair_2, packed, len, out, 3, &n, &err), 0);
	for (i = 0; i < 3; i++)
		ok(out[i].a == in[i].a && out[i].b == MSG_NONE);
	is_int(columns_pack(&pair_2, in, 3, packed, sizeof(packed), &len, &err), 0);
	memset(out, 0x5a, sizeof(out));
	is_int(unpack_exact(&pair_1, packed, len, out, 3, &n, &err), 0);
	for (i = 0; i < 3; i++)
		is_int(out[i].a, in[i].a);
	/* what cannot be: version 2 with one column, version 1 with two, newer with one */
	packed[2] = 1;
	is_int(unpack_exact(&pair_2, packed, len, out, 3, &n, &err), -1);
	is_str(err.text, "columns: pair: version 2 has 2 fields, not 1");
	packed[2] = 2;
	packed[0] = 1;
	is_int(unpack_exact(&pair_2, packed, len, out, 3, &n, &err), -1);
	is_str(err.text, "columns: pair: version 1 has 1 fields, not 2");
	packed[2] = 1;
	packed[0] = 9;
	is_int(unpack_exact(&pair_2, packed, len, out, 3, &n, &err), -1);
	is_str(err.text, "columns: pair: version 9 has 2 fields, not 1");
	packed[0] = 0;
	is_int(unpack_exact(&pair_2, packed, len, out, 3, &n, &err), -1);
	is_str(err.text, "columns: pair: version 0 is not one of ours");
}

TEST(a_row_that_breaks_its_limits_is_not_packed)
{
	struct err err;
	size_t len = 77, i;
	int k;

	for (k = 0; k < msg_reading.n_fields; k++) {
		const struct msg_field *f = &msg_reading.fields[k];
		double real = (double)f->max + 0.5;
		int64_t v = f->kind == MSG_WORD ? f->words->n : f->max + 1;
		char want[100];

		fill_real(one_decimal, 50);
		memcpy((char *)&rows[31] + f->offset, f->kind == MSG_REAL ? (void *)&real : (void *)&v, 8);
		ok(columns_pack(&msg_reading, rows, 50, packed, sizeof(packed), &len, &err) == -1, "%s",
		   f->name);
		snprintf(want, sizeof(want), "row 31: reading.%s: must be", f->name);
		has_str(err.text, want);
		v = f->words ? -1 : f->min - 1;
		real = -0.5;
		memcpy((char *)&rows[31] + f->offset, f->kind == MSG_REAL ? (void *)&real : (void *)&v, 8);
		ok(columns_pack(&msg_reading, rows, 50, packed, sizeof(packed), &len, &err) == -1, "%s",
		   f->name);
		has_str(err.text, want);
	}
	for (i = 0; i < 50; i++)
		rows[i].seq = INT64_MIN;  /* an INT is never absent */
	is_int(columns_pack(&msg_reading, rows, 50, packed, sizeof(packed), &len, &err), -1);
	is_int(len, 77);
}

static void
is_bad(const char *bytes, size_t len, const char *complaint)
{
	struct pair out[4];
	struct err err = {0};
	size_t n = 7;

	ok(unpack_exact(&pair_2, (const uint8_t *)bytes, len, out, 4, &n, &err) == -1, "%s", complaint);
	has_str(err.text, complaint);
	is_int(err.code, EBADMSG);
	is_int(n, 7);
}

TEST(each_way_to_be_damaged_is_named)
{
#define IS_BAD(text, complaint) is_bad(text, sizeof(text) - 1, complaint)
	IS_BAD("", "bad head");
	IS_BAD("\x02\x02", "bad head");
	IS_BAD("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x02", "bad head");
	IS_BAD("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02\x02", "bad head");
	IS_BAD("\x02\x00\xe9\x07", "bad head");
	IS_BAD("\x02\x05\x02", "5 rows, more than 4");
	IS_BAD("\x02\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02", "rows, more than 4");
	IS_BAD("\x02\x00\x02\x00", "bytes left over");
	IS_BAD("\x02\x01\x02\x00\x02\x00\x02\x00", "bytes left over");
	IS_BAD("\x02\x01\x02", "column 0 (a) is damaged");
	IS_BAD("\x02\x01\x02\x00", "column 0 (a) is damaged");
	IS_BAD("\x02\x01\x02\x00\x80", "column 0 (a) is damaged");
	IS_BAD("\x02\x01\x02\x00\x02", "column 1 (b) is damaged");
	IS_BAD("\x02\x02\x02\x01\x02", "column 0 (a) is damaged");
	IS_BAD("\x02\x01\x02\x04\x02\x00\x02", "column 0 (a) is damaged");  /* form 4 */
	IS_BAD("\x02\x01\x02\x10\x02\x00\x02", "column 0 (a) is damaged");  /* an INT scaled */
	IS_BAD("\x02\x01\x02\x70\x02\x00\x02", "column 0 (a) is damaged");  /* scale 7 */
	IS_BAD("\x02\x01\x02\x03" "12345678" "\x00\x02", "column 0 (a) is damaged");  /* plain INT */
	IS_BAD("\x03\x01\x03\x00\x02\x00\x02\x03" "1234567", "column 2 (new) is damaged");
	IS_BAD("\x02\x01\x02\x00\x00\x00\x02", "row 0: pair.a: must be from");  /* an INT absent */
}

TEST(plain_reals_are_checked_like_all_others)
{
	static const double bad[] = {100.1, -0.1, INFINITY, -INFINITY};
	struct err err;
	size_t len, n, i, at;

	for (i = 0; i < 4; i++) {
		fill_real(thirds, 3);
		is_int(columns_pack(&msg_reading, rows, 3, packed, sizeof(packed), &len, &err), 0);
		for (at = 0; at + 8 < len && memcmp(packed + at, &rows[2].spo2, 8); at++)
			;
		memcpy(packed + at, &bad[i], 8);
		is_int(unpack_exact(&msg_reading, packed, len, got, 3, &n, &err), -1);
		has_str(err.text, "row 2: reading.spo2: must be from 0 to 100");
	}
}

TEST(every_truncation_is_refused_and_too_little_room_is_said)
{
	struct err err;
	size_t len, cut, n, i;
	int round;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < 20; i++)
			any_msg(&msg_reading, &rows[i]);
		is_int(columns_pack(&msg_reading, rows, 20, packed, sizeof(packed), &len, &err), 0);
		for (cut = 0; cut < len; cut++)
			if (!ok(unpack_exact(&msg_reading, packed, cut, got, 20, &n, &err) == -1, "%zu", cut))
				break;
		for (cut = 0; cut < len; cut++) {
			uint8_t *small = malloc(cut + 1);

			n = 7;
			ok(columns_pack(&msg_reading, rows, 20, small, cut, &n, &err) == -1 && n == 7, "%zu",
			   cut);
			free(small);
		}
		is_int(unpack_exact(&msg_reading, packed, len, got, 19, &n, &err), -1);
		is_str(err.text, "reading columns: 20 rows, more than 19");
	}
}

TEST(every_damaged_byte_is_refused_or_gives_rows_within_limits)
{
	static const uint8_t flips[] = {1, 0x80, 0x40, 0xff, 0x0f};
	struct err err;
	size_t len, at, n, i, k;

	for (i = 0; i < 20; i++)
		any_msg(&msg_reading, &rows[i]);
	is_int(columns_pack(&msg_reading, rows, 20, packed, sizeof(packed), &len, &err), 0);
	for (at = 0; at < len; at++)
		for (k = 0; k < sizeof(flips); k++) {
			packed[at] ^= flips[k];
			if (unpack_exact(&msg_reading, packed, len, got, 20, &n, &err) == 0)
				for (i = 0; i < n; i++)
					ok(msg_check(&msg_reading, &got[i], &err) == 0, "%s", err.text);
			packed[at] ^= flips[k];
		}
}

/* ---- how large a reading is */

static size_t
read_recording(const char *path)
{
	char line[200], *p, *end;
	double v[5];
	FILE *file = fopen(path, "r");
	size_t n = 0, i;

	if (!file || !fgets(line, sizeof(line), file))
		return 0;
	while (n < MOST && fgets(line, sizeof(line), file)) {
		for (i = 0, p = line; i < 5; i++, p = end + (*end == ',')) {
			v[i] = strtod(p, &end);
			v[i] = end == p ? (double)NAN : v[i];
		}
		msg_clear(&msg_reading, &rows[n]);
		rows[n].taken_us = 1795403600000000 + (int64_t)v[0] * 1000 + (int64_t)any(4000);
		rows[n].epoch = 1795403600306123;
		rows[n].seq = (int64_t)n + 1;
		rows[n].spo2 = v[1];
		rows[n].heart_rate = v[2];
		rows[n].motion = v[3];
		rows[n].perfusion_index = v[4];
		rows[n].data_source = DATA_SOURCE_BLUETOOTH;
		rows[n].phase_type = n / 300 % 2 ? PHASE_RECOVERY : PHASE_ALTITUDE;
		rows[n].cycle_number = (int64_t)n / 600 + 1;
		n++;
	}
	fclose(file);
	return n;
}

TEST(recordings_take_less_than_six_bytes_a_reading_with_zstd)
{
	static uint8_t z[sizeof(packed) + 1000];
	size_t i, n, total = 0, plain = 0, one = 0, three = 0, len;
	glob_t files;

	if (glob("../shared/data/recordings/*.csv", 0, NULL, &files))
		SKIP("no recordings here");
	for (i = 0; i < files.gl_pathc; i++) {
		if (!(n = read_recording(files.gl_pathv[i])))
			continue;
		len = there_and_back(n, files.gl_pathv[i]);
		total += n;
		plain += len;
		one += ZSTD_compress(z, sizeof(z), packed, len, 1);
		three += ZSTD_compress(z, sizeof(z), packed, len, 3);
	}
	globfree(&files);
	printf("# %zu readings: %.2f bytes each plain, %.2f zstd 1, %.2f zstd 3\n", total,
	       (double)plain / (double)total, (double)one / (double)total,
	       (double)three / (double)total);
	ok((double)one / (double)total < 6);
}

int
main(void)
{
	RUN(random_rows_come_back_as_they_were);
	RUN(no_row_one_row_and_many_rows);
	RUN(reals_of_every_kind_come_back_bit_for_bit);
	RUN(the_ends_of_the_range_come_back);
	RUN(older_and_newer_senders_are_understood);
	RUN(a_row_that_breaks_its_limits_is_not_packed);
	RUN(each_way_to_be_damaged_is_named);
	RUN(plain_reals_are_checked_like_all_others);
	RUN(every_truncation_is_refused_and_too_little_room_is_said);
	RUN(every_damaged_byte_is_refused_or_gives_rows_within_limits);
	RUN(recordings_take_less_than_six_bytes_a_reading_with_zstd);
	return test_done();
}
