#include <stdlib.h>

#include "proto/digest.h"
#include "tests/unit/test.h"

static struct row
a_row(void)
{
	struct row row = {.user = {1, 2, 3}, .session = {9}, .id = 5, .is_valid = 1};

	row.reading = (struct reading){
		.taken_us = 1767225600000001, .epoch = 7, .seq = 3, .device_us = 1767225600000000,
		.spo2 = 97.3, .heart_rate = 61, .perfusion_index = 1.5, .motion = 2,
		.signal_strength = 4, .battery = 80, .status = 32, .invalid = INVALID_NO,
		.data_source = DATA_SOURCE_MOCK, .phase_type = PHASE_ALTITUDE, .cycle_number = 1,
		.altitude_level = 6};
	return row;
}

static struct digest
digest_of(const struct row *rows, size_t n)
{
	struct digest digest = {0};
	size_t i;

	for (i = 0; i < n; i++)
		digest_add(&digest, &rows[i]);
	return digest;
}

static void
differs(const char *column, const struct row *changed)
{
	struct row row = a_row();
	struct digest a = digest_of(&row, 1), b = digest_of(changed, 1);
	uint32_t bits = digest_differing(&row, changed);
	unsigned i;

	ok(!digest_equal(&a, &b), "%s", column);
	ok(bits && !(bits & (bits - 1)), "%s alone: %x", column, bits);
	for (i = 0; digest_column(i) && strcmp(digest_column(i), column); i++)
		;
	ok(bits == 1u << i, "%s is bit %u, not %x", column, i, bits);
}

#define CHANGE(column, member, value)                \
	do {                                         \
		struct row changed_ = a_row();       \
		changed_.member = (value);           \
		differs(column, &changed_);          \
	} while (0)

TEST(a_change_in_any_column_alters_the_digest)
{
	CHANGE("user_id", user[15], 1);
	CHANGE("timestamp", reading.taken_us, 1767225600000002);
	CHANGE("epoch", reading.epoch, 8);
	CHANGE("seq", reading.seq, 4);
	CHANGE("device_time", reading.device_us, 1767225600000001);
	CHANGE("spo2", reading.spo2, 97.4);
	CHANGE("heart_rate", reading.heart_rate, 62);
	CHANGE("perfusion_index", reading.perfusion_index, 1.6);
	CHANGE("motion", reading.motion, 3);
	CHANGE("signal_strength", reading.signal_strength, 5);
	CHANGE("battery", reading.battery, 81);
	CHANGE("status", reading.status, 33);
	CHANGE("cycle_number", reading.cycle_number, 2);
	CHANGE("fio2_level", reading.altitude_level, 7);
	CHANGE("invalid", reading.invalid, INVALID_ARTEFACT);
	CHANGE("data_source", reading.data_source, DATA_SOURCE_MANUAL);
	CHANGE("phase_type", reading.phase_type, PHASE_RECOVERY);
	CHANGE("is_valid", is_valid, 0);
	CHANGE("rr", reading.rr, 1);
}

#define ABSENT(column, member, none)                         \
	do {                                                 \
		struct row zero_ = a_row(), absent_ = a_row(); \
		zero_.member = 0;                            \
		absent_.member = (none);                     \
		ok(digest_differing(&zero_, &absent_), "%s", column); \
	} while (0)

TEST(absent_is_not_zero)
{
	ABSENT("device_time", reading.device_us, MSG_NONE);
	ABSENT("spo2", reading.spo2, (double)NAN);
	ABSENT("heart_rate", reading.heart_rate, (double)NAN);
	ABSENT("perfusion_index", reading.perfusion_index, (double)NAN);
	ABSENT("motion", reading.motion, (double)NAN);
	ABSENT("signal_strength", reading.signal_strength, MSG_NONE);
	ABSENT("battery", reading.battery, MSG_NONE);
	ABSENT("status", reading.status, MSG_NONE);
	ABSENT("cycle_number", reading.cycle_number, MSG_NONE);
	ABSENT("fio2_level", reading.altitude_level, MSG_NONE);
}

TEST(a_value_is_the_same_before_and_after_postgres)
{
	struct row lite = a_row(), cloud = a_row();

	cloud.reading.rr = MSG_NONE;
	is_int(digest_differing(&lite, &cloud), 0);

	cloud.reading.spo2 = (double)(float)lite.reading.spo2;
	ok(cloud.reading.spo2 > lite.reading.spo2 || cloud.reading.spo2 < lite.reading.spo2,
	   "a float is not a double");
	is_int(digest_differing(&lite, &cloud), 0);
	lite.reading.motion = -0.0;
	cloud.reading.motion = 0;
	is_int(digest_differing(&lite, &cloud), 0);
	lite.reading.motion = -(double)NAN;
	cloud.reading.motion = (double)NAN;
	is_int(digest_differing(&lite, &cloud), 0);
	cloud.id = 77;
	is_int(digest_differing(&lite, &cloud), 0);
}

/* Others compute it too: the layout and the hash are for ever. */
TEST(the_digest_of_a_known_row_is_what_it_always_was)
{
	struct row row = a_row();
	struct digest digest = digest_of(&row, 1);
	uint8_t bytes[DIGEST_BYTES];
	char text[DIGEST_TEXT];

	digest_layout(&row, bytes);
	is_int(bytes[0], 1);
	is_int(bytes[24], 7);
	is_int(bytes[116], 1);
	is_str(digest_text(&digest, text), "a7b87627cdab2c7ac139269e25b8123f");
}

#define N 300

static void
random_rows(struct row rows[N])
{
	int i;

	for (i = 0; i < N; i++) {
		rows[i] = a_row();
		rows[i].reading.seq = i + 1;
		rows[i].reading.taken_us += rand() % 100;
		rows[i].reading.spo2 = rand() % 4 ? rand() % 1000 / 10.0 : (double)NAN;
		rows[i].reading.battery = rand() % 3 ? rand() % 101 : MSG_NONE;
	}
}

TEST(order_does_not_matter_but_every_row_does)
{
	struct row rows[N + 1], swap;
	struct digest whole, other;
	int round, i, k;

	srand(1);
	for (round = 0; round < 200; round++) {
		random_rows(rows);
		whole = digest_of(rows, N);
		for (i = 0; i < N; i++) {
			k = rand() % N;
			swap = rows[i];
			rows[i] = rows[k];
			rows[k] = swap;
		}
		other = digest_of(rows, N);
		ok(digest_equal(&whole, &other), "round %d, shuffled", round);
		other = digest_of(rows, N - 1);
		ok(!digest_equal(&whole, &other), "round %d, one missing", round);
		rows[N] = rows[rand() % N];
		other = digest_of(rows, N + 1);
		ok(!digest_equal(&whole, &other), "round %d, one twice", round);
		other = digest_of(rows + 1, N);
		ok(digest_equal(&whole, &other) == !digest_differing(&rows[0], &rows[N]),
		   "round %d, one in place of another", round);
		rows[rand() % N].reading.heart_rate += 1;
		other = digest_of(rows, N);
		ok(!digest_equal(&whole, &other), "round %d, one changed", round);
	}
}

/* An exclusive or would take a row that is there three times for one. */
TEST(a_row_three_times_is_not_a_row_once)
{
	struct row rows[3] = {a_row(), a_row(), a_row()};
	struct digest once = digest_of(rows, 1), thrice = digest_of(rows, 3);

	ok(once.sum != thrice.sum);
	is_int(thrice.count, 3);
	once.sum = thrice.sum;
	ok(!digest_equal(&once, &thrice), "the count counts");
}

TEST(a_record_counts_with_its_key_and_its_hlc)
{
	struct digest a = {0}, b = {0}, c = {0}, d = {0};

	digest_add_record(&a, "survey pre", 10, 5);
	digest_add_record(&b, "survey pre", 10, 5);
	digest_add_record(&c, "survey pre", 10, 6);
	digest_add_record(&d, "survey post", 11, 5);
	ok(digest_equal(&a, &b));
	ok(!digest_equal(&a, &c));
	ok(!digest_equal(&a, &d));
}

int
main(void)
{
	RUN(a_change_in_any_column_alters_the_digest);
	RUN(absent_is_not_zero);
	RUN(a_value_is_the_same_before_and_after_postgres);
	RUN(the_digest_of_a_known_row_is_what_it_always_was);
	RUN(order_does_not_matter_but_every_row_does);
	RUN(a_row_three_times_is_not_a_row_once);
	RUN(a_record_counts_with_its_key_and_its_hlc);
	return test_done();
}
