#include <errno.h>
#include <stdlib.h>

#include "proto/vld.h"
#include "tests/unit/test.h"

/* A night that began on 6 March 2023, 21:47:12, with 6543 records in 26172 s. */
static const uint8_t night[VLD_HEAD] = {
	3, 0, 0xe7, 0x07, 3, 6, 21, 47, 12, 0xf3, 0x7f, 0, 0, 0x3c, 0x66, 0, 0, 94, 83,
};
#define NIGHT_LEN (VLD_HEAD + 6543 * VLD_RECORD)
#define NIGHT_S   1678139232 /* date -u -d '2023-03-06 21:47:12' +%s */

TEST(a_header_tells_when_how_long_and_how_fast)
{
	struct vld v;
	struct err err = {0};

	if (!ok(vld_head(&v, night, NIGHT_LEN, &err) == 0, "%s", err.text))
		return;
	is_int(v.version, 3);
	is_int(v.local_s, NIGHT_S);
	is_int(v.length_s, 26172);
	is_int(v.step_s, 4);
	is_int(v.n_records, 6543);
	is_int(v.n_missing, 0);
}

TEST(the_pace_is_the_length_over_the_records_where_that_is_a_pace_of_these_rings)
{
	static const struct {
		uint8_t version;
		int length_s, records;
		int step_s;
	} rows[] = {
		{3, 400, 100, 4},   {3, 401, 100, 4}, {3, 399, 100, 4},  {3, 200, 100, 2},
		{3, 100, 100, 1},   {5, 200, 100, 2}, {5, 400, 100, 4},  {6, 100, 100, 1},
		{3, 0, 100, 4},     {5, 0, 100, 2},   {6, 0, 100, 2},    {3, 300, 100, 4},
		{5, 300, 100, 2},   {5, 6500, 100, 2}, {3, 4, 1, 4},     {3, 1, 1, 1},
	};
	uint8_t head[VLD_HEAD];
	struct vld v;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(head, night, sizeof(head));
		head[0] = rows[i].version;
		head[9] = head[10] = 0;
		head[13] = (uint8_t)rows[i].length_s;
		head[14] = (uint8_t)(rows[i].length_s >> 8);
		if (ok(vld_head(&v, head, (uint64_t)(VLD_HEAD + rows[i].records * VLD_RECORD), &err) == 0,
		       "row %zu: %s", i, err.text))
			ok(v.step_s == rows[i].step_s, "row %zu: %lld", i, (long long)v.step_s);
	}
}

TEST(what_is_cut_off_is_told_and_the_pace_stays)
{
	struct vld v;
	struct err err;

	is_int(vld_head(&v, night, VLD_HEAD + 5000 * VLD_RECORD + 3, &err), 0);
	is_int(v.n_records, 5000);
	is_int(v.n_missing, 1543);
	is_int(v.step_s, 4);
}

TEST(more_than_the_header_counts_is_kept)
{
	struct vld v;
	struct err err;

	is_int(vld_head(&v, night, VLD_HEAD + 2 * 6543 * VLD_RECORD, &err), 0);
	is_int(v.n_records, 2 * 6543);
	is_int(v.n_missing, 0);
	is_int(v.step_s, 2);
}

TEST(what_is_no_recording_is_refused_with_the_byte_that_says_so)
{
	static const struct {
		int at, value, value2;  /* value2 < 0: one byte only */
		uint64_t len;
		const char *why;
	} rows[] = {
		{0, 0, -1, NIGHT_LEN, "byte 0: version 0; only 3, 5 and 6 are known"},
		{0, 4, -1, NIGHT_LEN, "byte 0: version 4"},
		{0, 7, -1, NIGHT_LEN, "byte 0: version 7"},
		{0, 255, -1, NIGHT_LEN, "byte 0: version 255"},
		{0, 1, 3, NIGHT_LEN, "byte 0: a recording of an O2Ring S, which is another format"},
		{2, 0xd9, 0x07, NIGHT_LEN, "byte 2: year 2009"},
		{2, 0x34, 0x08, NIGHT_LEN, "byte 2: year 2100"},
		{2, 0xff, 0xff, NIGHT_LEN, "byte 2: year 65535"},
		{4, 0, -1, NIGHT_LEN, "byte 4: no date and time (month 0"},
		{4, 13, -1, NIGHT_LEN, "byte 4: no date and time (month 13"},
		{5, 0, -1, NIGHT_LEN, "byte 5: month 3 of 2023 has no day 0"},
		{5, 32, -1, NIGHT_LEN, "byte 5: month 3 of 2023 has no day 32"},
		{4, 2, 29, NIGHT_LEN, "byte 5: month 2 of 2023 has no day 29"},
		{6, 24, -1, NIGHT_LEN, "24:47:12"},
		{7, 60, -1, NIGHT_LEN, "21:60:12"},
		{8, 60, -1, NIGHT_LEN, "21:47:60"},
		{0, 3, -1, 0, "byte 40: no records"},
		{0, 3, -1, VLD_HEAD - 1, "byte 40: no records"},
		{0, 3, -1, VLD_HEAD + VLD_RECORD - 1, "byte 40: no records"},
		{0, 3, -1, VLD_HEAD + (VLD_MOST_RECORDS + 1ull) * VLD_RECORD, "200001 records"},
		{0, 3, -1, UINT64_MAX, "records; a recording has 200000 at most"},
	};
	uint8_t head[VLD_HEAD];
	struct vld v;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(head, night, sizeof(head));
		head[rows[i].at] = (uint8_t)rows[i].value;
		if (rows[i].value2 >= 0)
			head[rows[i].at + 1] = (uint8_t)rows[i].value2;
		err = (struct err){0};
		v.version = -7;
		ok(vld_head(&v, head, rows[i].len, &err) == -1, "row %zu was taken", i);
		has_str(err.text, rows[i].why);
		ok(err.code == EBADMSG && v.version == -7, "row %zu: code, or output touched", i);
	}
}

TEST(the_longest_recording_is_taken)
{
	struct vld v;
	struct err err;

	is_int(vld_head(&v, night, VLD_HEAD + (uint64_t)VLD_MOST_RECORDS * VLD_RECORD, &err), 0);
	is_int(v.n_records, VLD_MOST_RECORDS);
}

TEST(a_promise_beyond_all_reason_is_no_missing_record)
{
	uint8_t head[VLD_HEAD];
	struct vld v;
	struct err err;

	memcpy(head, night, sizeof(head));
	memset(head + 9, 0xff, 4);
	is_int(vld_head(&v, head, NIGHT_LEN, &err), 0);
	is_int(v.n_missing, 0);
}

TEST(a_record_has_values_or_says_that_it_has_none)
{
	static const struct {
		uint8_t bytes[VLD_RECORD];
		double spo2, heart_rate, motion;
	} rows[] = {
		{{94, 67, 0, 0, 0}, 94, 67, 0},
		{{100, 44, 1, 254, 0xff}, 100, 300, 254},
		{{1, 1, 0, 1, 0}, 1, 1, 1},              /* low is signal */
		{{0, 67, 0, 3, 0}, NAN, 67, 3},
		{{101, 67, 0, 3, 0}, NAN, 67, 3},
		{{127, 67, 0, 3, 0}, NAN, 67, 3},
		{{255, 255, 255, 255, 0}, NAN, NAN, NAN},
		{{94, 0, 0, 3, 0}, 94, NAN, 3},
		{{94, 255, 0, 3, 0}, 94, NAN, 3},
		{{94, 255, 1, 3, 0}, 94, NAN, 3},        /* 511 */
		{{94, 0xf4, 1, 3, 0}, 94, 500, 3},
		{{94, 0xf5, 1, 3, 0}, 94, NAN, 3},       /* 501 */
		{{94, 254, 0, 3, 0}, 94, 254, 3},
		{{94, 0, 1, 3, 0}, 94, 256, 3},
	};
	struct vld v = {.local_s = 1000, .step_s = 4};
	struct vld_record r;
	uint8_t *heap = malloc(VLD_RECORD);
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(heap, rows[i].bytes, VLD_RECORD);
		vld_record(&v, (int64_t)i, heap, &r);
		is_int(r.local_s, 1000 + 4 * (int)i);
		is_real(r.spo2, rows[i].spo2);
		is_real(r.heart_rate, rows[i].heart_rate);
		is_real(r.motion, rows[i].motion);
	}
	free(heap);
}

int
main(void)
{
	RUN(a_header_tells_when_how_long_and_how_fast);
	RUN(the_pace_is_the_length_over_the_records_where_that_is_a_pace_of_these_rings);
	RUN(what_is_cut_off_is_told_and_the_pace_stays);
	RUN(more_than_the_header_counts_is_kept);
	RUN(what_is_no_recording_is_refused_with_the_byte_that_says_so);
	RUN(the_longest_recording_is_taken);
	RUN(a_promise_beyond_all_reason_is_no_missing_record);
	RUN(a_record_has_values_or_says_that_it_has_none);
	return test_done();
}
