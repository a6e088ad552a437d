#include "services/sync-worker/encode.h"

#include <math.h>

#include "tests/unit/test.h"

static struct reading
a_reading(void)
{
	struct reading r;

	msg_clear(&msg_reading, &r);
	r.taken_us = 946684800000001;  /* 1 us after Postgres' own beginning */
	r.epoch = 2;
	r.seq = 3;
	r.spo2 = 97.5;
	r.battery = 100;
	r.data_source = DATA_SOURCE_MOCK;
	r.phase_type = PHASE_ALTITUDE;
	return r;
}

static void
is_hex(const uint8_t *bytes, size_t n, const char *want)
{
	char hex[2 * ENCODE_ROW + 1];
	size_t i;

	for (i = 0; i < n; i++)
		snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	is_str(hex, want);
}

TEST(a_row_is_what_copy_binary_wants)
{
	static const uint8_t user[16] = {0x11}, session[16] = {0x22};
	struct reading r = a_reading();
	uint8_t out[ENCODE_ROW];

	is_hex(out, encode_copy_row(user, session, &r, out),
	       "0014"                                         /* columns */
	       "0000001011000000000000000000000000000000"     /* user_id */
	       "0000001022000000000000000000000000000000"     /* session_id */
	       "000000080000000000000001"                     /* timestamp */
	       "000000080000000000000002"                     /* epoch */
	       "000000080000000000000003"                     /* seq */
	       "ffffffff"                                     /* device_time: NULL */
	       "ffffffff"                                     /* status */
	       "0000000442c30000"                             /* spo2 */
	       "ffffffff" "ffffffff" "ffffffff"               /* heart_rate, perfusion_index, motion */
	       "ffffffff" "ffffffff" "ffffffff"               /* signal, cycle, level */
	       "000000020064"                                 /* battery */
	       "0000000101"                                   /* is_valid */
	       "000000046d6f636b"                             /* mock */
	       "00000008414c544954554445"                     /* ALTITUDE */
	       "ffffffff"                                     /* invalid */
	       "ffffffff");                                   /* rr: NULL though it is 0 */
}

TEST(an_invalid_reading_says_why)
{
	static const uint8_t id[16];
	struct reading r = a_reading();
	uint8_t out[ENCODE_ROW];
	size_t n;

	r.invalid = INVALID_NO_FINGER;
	n = encode_copy_row(id, id, &r, out);
	ok(!memcmp(out + n - 13, "no_finger", 9));
	r.phase_type = PHASE_NONE;
	r.data_source = DATA_SOURCE_UNKNOWN;
	n = encode_copy_row(id, id, &r, out);
	is_hex(out + n - 37, 37, "0000000100" "00000007756e6b6e6f776e" "ffffffff"
	       "000000096e6f5f66696e676572" "ffffffff");
	r.rr = 0x35e00000396;
	n = encode_copy_row(id, id, &r, out);
	is_hex(out + n - 12, 12, "000000080000035e00000396");
}

TEST(the_largest_row_has_room)
{
	static const uint8_t id[16];
	struct reading r;
	uint8_t out[ENCODE_ROW];
	int i, k;

	msg_clear(&msg_reading, &r);
	r.taken_us = r.device_us = MSG_TIME_MAX;
	r.epoch = r.seq = MSG_COUNT;
	r.spo2 = r.heart_rate = r.perfusion_index = r.motion = 1;
	r.signal_strength = r.battery = r.status = r.cycle_number = r.altitude_level = r.rr = 1;
	for (i = 0; i < words_invalid.n; i++)
		for (k = 0; k < words_phase.n; k++) {
			r.invalid = i;
			r.phase_type = k;
			ok(encode_copy_row(id, id, &r, out) <= ENCODE_ROW);
		}
}

TEST(an_array_holds_one_column)
{
	struct reading rows[2] = {a_reading(), a_reading()};
	uint8_t out[200];
	size_t i;

	rows[1].spo2 = NAN;
	rows[1].seq = 4;
	for (i = 0; i < encode_columns(); i++)
		ok(encode_array(i, rows, 2, out) <= encode_array_size(2));
	is_str(encode_name(2), "seq");
	is_hex(out, encode_array(2, rows, 2, out),
	       "00000001" "00000001" "00000014" "00000002" "00000001"
	       "000000080000000000000003" "000000080000000000000004");
	is_str(encode_name(5), "spo2");
	is_hex(out, encode_array(5, rows, 2, out),
	       "00000001" "00000001" "000002bc" "00000002" "00000001" "0000000442c30000" "ffffffff");
}

int
main(void)
{
	RUN(a_row_is_what_copy_binary_wants);
	RUN(an_invalid_reading_says_why);
	RUN(the_largest_row_has_room);
	RUN(an_array_holds_one_column);
	return test_done();
}
