#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>

#include "services/ble-ingest/in_mock.h"

#define S 1000000LL
static const int64_t day = 1800000000LL * S;

static void *
mock(unsigned devices, unsigned rate, int64_t samples)
{
	struct mock_settings set = {.devices = devices, .rate = rate, .samples = samples, .seed = 1,
				    .altitude_s = 420, .recovery_s = 180};

	return mock_new(&set);
}

/* All that is due at that moment. */
static int
take_all(void *m, int64_t utc_us, struct taken *out, int most)
{
	struct source_now now = {utc_us, 0};
	int n = 0;

	while (n < most && source_mock.take(m, &now, &out[n]) == 1)
		n++;
	return n;
}

TEST(devices_have_names_and_numbers)
{
	void *m = mock(1000, 1, 0);

	is_int(source_mock.n_devices(m), 1000);
	is_str(source_mock.device_id(m, 0), "mock-001");
	is_str(source_mock.device_id(m, 999), "mock-1000");
	source_mock.close(&m);
	ok(!m);
}

TEST(each_device_speaks_once_a_period_on_its_place_of_the_grid)
{
	static struct taken out[5000];
	void *m = mock(100, 2, 0);
	int64_t last[100] = {0}, t;
	int n[100] = {0}, i, got;
	struct source_now now = {day + 123, 0};

	ok(source_mock.wait_us(m, &now) <= S);
	for (t = day; t < day + 10 * S; t += 1000) {
		got = take_all(m, t, out, 5000);
		for (i = 0; i < got; i++) {
			if (out[i].kind != TAKEN_SAMPLE)
				continue;
			ok(out[i].sample.taken_us <= t && out[i].sample.taken_us > t - 1000);
			is_int(out[i].sample.taken_us % (S / 2) / MOCK_TICK_US * MOCK_TICK_US,
			       out[i].device * 5000u);
			ok(!last[out[i].device] || (out[i].sample.taken_us - last[out[i].device]) % (S / 2) == 0);
			last[out[i].device] = out[i].sample.taken_us;
			is_int(out[i].sample.data_source, DATA_SOURCE_MOCK);
			n[out[i].device]++;
		}
	}
	for (i = 0, got = 0; i < 100; i++)
		got += n[i];
	ok(got > 1800 && got <= 2000, "%d of 2000", got);
	source_mock.close(&m);
}

TEST(a_thousand_devices_share_wake_ups)
{
	static struct taken out[5000];
	void *m = mock(1000, 1, 0);
	struct source_now now = {day, 0};
	int wakes = 0;

	take_all(m, day, out, 5000);
	while (now.utc_us < day + 10 * S) {
		now.utc_us += source_mock.wait_us(m, &now);
		take_all(m, now.utc_us, out, 5000);
		wakes++;
	}
	ok(wakes > 1500 && wakes <= 2001, "%d in 10 s", wakes);
	source_mock.close(&m);
}

TEST(the_same_seed_and_grid_give_the_same_values)
{
	static struct taken a[20000], b[20000];
	void *m = mock(10, 1, 0), *k = mock(10, 1, 0);
	int n, o, i;

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	for (n = 0, i = 0; i < 600; i++)
		n += take_all(m, day + i * S, a + n, 20000 - n);
	for (o = 0, i = 0; i < 6000; i++)
		o += take_all(k, day + i * (S / 10), b + o, 20000 - o);
	/* the second one looked ten times as often, and stopped 0.9 s later */
	ok(n > 5000 && o >= n);
	for (i = 0; i < n && !test_state.n_bad; i++) {
		is_int(a[i].kind, b[i].kind);
		if (a[i].kind == TAKEN_SAMPLE)
			ok(!memcmp(&a[i].sample, &b[i].sample, sizeof(a[i].sample)), "value %d", i);
	}
	source_mock.close(&m);
	source_mock.close(&k);
}

TEST(a_broken_link_becomes_states_and_a_gap)
{
	static struct taken out[5000];
	void *m = mock(1, 1, 0);
	int n = 0, i, gaps = 0;
	int64_t last = 0;
	enum device_state state = DEVICE_NONE;

	for (i = 0; i < 4000; i++)
		n += take_all(m, day + i * S, out + n, 5000 - n);
	is_int(out[0].kind, TAKEN_DEVICE);
	for (i = 0; i < n && !test_state.n_bad; i++) {
		if (out[i].kind == TAKEN_DEVICE) {
			ok((enum device_state)out[i].state.state != state);
			state = (enum device_state)out[i].state.state;
		} else if (out[i].kind == TAKEN_GAP) {
			gaps++;
			is_int(out[i].gap.reason, GAP_LINK_LOST);
			is_int(out[i].gap.from_us, last);
			is_int(out[i + 1].kind, TAKEN_SAMPLE);
			is_int(out[i].gap.to_us, out[i + 1].sample.taken_us);
			is_int(out[i].gap.lost, (out[i].gap.to_us - last) / S - 1);
			is_int(state, DEVICE_STREAMING);
		} else {
			is_int(state, DEVICE_STREAMING);
			ok(!last || out[i].sample.taken_us == last + S || out[i - 1].kind == TAKEN_GAP);
			last = out[i].sample.taken_us;
		}
	}
	ok(gaps > 0, "no break in 4000 s");
	source_mock.close(&m);
}

TEST(what_was_missed_while_nobody_was_there_is_a_gap)
{
	struct taken out[10];
	void *m = mock(1, 1, 0);
	int n;

	source_mock.knew(m, 0, day - 60 * S);
	take_all(m, day, out, 10);
	n = take_all(m, day + S, out, 10);
	is_int(n, 3);
	is_int(out[1].kind, TAKEN_GAP);
	is_int(out[1].gap.from_us, day - 60 * S);
	is_int(out[1].gap.to_us, out[2].sample.taken_us);
	is_int(out[1].gap.lost, 60);
	source_mock.close(&m);
}

TEST(after_a_sleep_it_goes_on_now_and_after_a_step_back_too)
{
	struct taken out[10];
	void *m = mock(1, 1, 0);
	int n;

	take_all(m, day, out, 10);
	take_all(m, day + S, out, 10);
	is_int(take_all(m, day + 100 * S, out, 10), 0);
	n = take_all(m, day + 101 * S, out, 10);
	is_int(n, 2);
	is_int(out[0].kind, TAKEN_GAP);
	is_int(out[0].gap.lost, 99);
	is_int(take_all(m, day - 1000 * S, out, 10), 0);
	n = take_all(m, day - 999 * S, out, 10);
	is_int(n, 1);
	is_int(out[0].kind, TAKEN_SAMPLE);
	is_int(out[0].sample.taken_us, day - 999 * S);
	source_mock.close(&m);
}

TEST(a_number_of_samples_is_given_and_no_more)
{
	static struct taken out[2000];
	void *m = mock(3, 1, 100);
	struct source_now now = {day, 0};
	int n = 0, samples = 0, i;

	ok(!source_mock.can_wait(m));
	for (i = 0; i < 1000; i++)
		n += take_all(m, day + i * S, out + n, 2000 - n);
	for (i = 0; i < n; i++)
		samples += out[i].kind == TAKEN_SAMPLE;
	is_int(samples, 300);
	ok(source_mock.counts(m).is_done);
	ok(source_mock.wait_us(m, &now) == INT64_MAX);
	source_mock.close(&m);
}

TEST(flat_out_time_still_goes_forward)
{
	static struct taken out[3000];
	void *m = mock(2, 0, 1000);
	int64_t last[2] = {0};
	int n, i;

	ok(source_mock.can_wait(m));
	n = take_all(m, day, out, 3000);
	is_int(n, 2002);
	for (i = 0; i < n; i++) {
		if (out[i].kind == TAKEN_DEVICE)
			continue;
		is_int(out[i].kind, TAKEN_SAMPLE);
		ok(out[i].sample.taken_us > last[out[i].device]);
		last[out[i].device] = out[i].sample.taken_us;
	}
	ok(source_mock.counts(m).is_done);
	source_mock.close(&m);
}

int
main(void)
{
	RUN(devices_have_names_and_numbers);
	RUN(each_device_speaks_once_a_period_on_its_place_of_the_grid);
	RUN(a_thousand_devices_share_wake_ups);
	RUN(the_same_seed_and_grid_give_the_same_values);
	RUN(a_broken_link_becomes_states_and_a_gap);
	RUN(what_was_missed_while_nobody_was_there_is_a_gap);
	RUN(after_a_sleep_it_goes_on_now_and_after_a_step_back_too);
	RUN(a_number_of_samples_is_given_and_no_more);
	RUN(flat_out_time_still_goes_forward);
	return test_done();
}
