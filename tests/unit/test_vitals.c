#include "tests/unit/test.h"

#include <string.h>

#include "services/ble-ingest/vitals.h"

#define S 1000000LL

static const struct schedule schedule = {420, 180};
static const int64_t day = 1800000000LL * S;

/* One value a second of one person from `day` on. */
static void
live(unsigned device, int seconds, struct vitals *out)
{
	struct vitals_person p;
	int i;

	vitals_person(&p, &schedule, 1, device);
	for (i = 0; i < seconds; i++)
		vitals_at(&p, &schedule, day + i * S, &out[i]);
}

TEST(the_same_question_has_the_same_answer)
{
	struct vitals a[60], b[60];

	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	live(3, 60, a);
	live(3, 60, b);
	ok(!memcmp(a, b, sizeof(a)));
}

TEST(another_seed_or_device_is_another_person)
{
	struct vitals_person a, b, c;

	vitals_person(&a, &schedule, 1, 0);
	vitals_person(&b, &schedule, 1, 1);
	vitals_person(&c, &schedule, 2, 0);
	ok(a.seed != b.seed && a.seed != c.seed && b.seed != c.seed);
	ok(fabs(a.lag_s - b.lag_s) > 1e-6 && fabs(a.lag_s - c.lag_s) > 1e-6);
}

TEST(the_finger_lags_10_to_35_s_and_people_differ)
{
	struct vitals_person p;
	double least = 99, most = 0;
	unsigned i;

	for (i = 0; i < 1000; i++) {
		vitals_person(&p, &schedule, 1, i);
		least = fmin(least, p.lag_s);
		most = fmax(most, p.lag_s);
	}
	ok(least >= 10 && least < 11 && most <= 35 && most > 34, "from %g to %g", least, most);
}

TEST(saturation_turns_one_lag_after_the_air)
{
	struct vitals_person p;
	struct vitals v;
	struct schedule_at at = schedule_at(&schedule, 5, day);
	int64_t begins = day - at.cycle_us + schedule_cycle_us(&schedule);
	double before = 0, late = 0;
	int i;

	vitals_person(&p, &schedule, 1, 5);
	for (i = -5; i < (int)p.lag_s - 2; i++) {
		vitals_at(&p, &schedule, begins + i * S, &v);
		if (!v.invalid)
			before = v.spo2;
	}
	ok(before > 94, "still %g in thin air, before the lag is over", before);
	for (i = 0; i < 40; i++) {
		vitals_at(&p, &schedule, begins + (int64_t)((p.lag_s + 200) * 1e6) + i * S, &v);
		if (!v.invalid)
			late = v.spo2;
	}
	ok(late < 90, "%g after 200 s of thin air", late);
}

TEST(somebody_falls_by_nearly_40_points_in_30_s_and_nobody_by_more_than_41)
{
	static struct vitals v[6200];
	double deepest = 0, lowest = 100;
	unsigned device;
	int i, k;

	for (device = 0; device < 20; device++) {
		live(device, 6200, v);
		for (i = 30; i < 6200; i++) {
			if (v[i].invalid)
				continue;
			lowest = fmin(lowest, v[i].spo2);
			for (k = i - 30; k < i; k++)
				if (!v[k].invalid)
					deepest = fmax(deepest, v[k].spo2 - v[i].spo2);
		}
	}
	ok(deepest >= 30 && deepest <= 41, "deepest fall %g", deepest);
	ok(lowest >= 38 && lowest < 70, "lowest %g", lowest);
}

TEST(the_pulse_answers)
{
	static struct vitals v[6200];
	double low_air = 0, rich_air = 0;
	int n_low = 0, n_rich = 0, i;

	live(2, 6200, v);
	for (i = 0; i < 6200; i++) {
		if (v[i].invalid)
			continue;
		if (v[i].spo2 < 88)
			low_air += v[i].heart_rate, n_low++;
		else if (v[i].spo2 > 95)
			rich_air += v[i].heart_rate, n_rich++;
	}
	ok(n_low > 100 && n_rich > 100 && low_air / n_low > rich_air / n_rich + 3,
	   "%g in thin air, %g in rich", low_air / n_low, rich_air / n_rich);
}

TEST(invalid_values_say_why_and_are_absent_and_rare)
{
	static struct vitals v[6200];
	int seen[INVALID_OUT_OF_RANGE + 1] = {0}, i;
	unsigned device;
	long bad = 0;

	for (device = 0; device < 20; device++) {
		live(device, 6200, v);
		for (i = 0; i < 6200; i++) {
			seen[v[i].invalid] = 1;
			bad += !!v[i].invalid;
			if (!ok(!!v[i].invalid == isnan(v[i].spo2) &&
				!!v[i].invalid == isnan(v[i].heart_rate), "reason %d, spo2 %g",
				v[i].invalid, v[i].spo2))
				return;
		}
	}
	ok(seen[INVALID_NO_FINGER] && seen[INVALID_SEARCHING] && seen[INVALID_LOW_SIGNAL] &&
	   seen[INVALID_ARTEFACT]);
	ok(bad > 500 && bad < 5000, "%ld of 124000", bad);
}

TEST(links_break_for_4_to_40_s_and_come_back_step_by_step)
{
	static const int next[] = {[DEVICE_STREAMING] = DEVICE_LOST, [DEVICE_LOST] = DEVICE_SEARCHING,
				   [DEVICE_SEARCHING] = DEVICE_CONNECTING,
				   [DEVICE_CONNECTING] = DEVICE_STREAMING, [DEVICE_SILENT] = 0};
	struct vitals_person p;
	int breaks = 0, t;
	enum device_state was, is;
	double since = 0, length;
	unsigned i;

	for (i = 0; i < 50; i++) {
		vitals_person(&p, &schedule, 1, i);
		was = DEVICE_STREAMING;
		for (t = 0; t < 72000; t++, was = is) {
			is = vitals_link(&p, day + t * 100000LL);
			if (is == was || t == 0)
				continue;
			ok((int)is == next[was], "from %d to %d", was, is);
			if (is == DEVICE_LOST)
				since = t / 10.0;
			length = t / 10.0 - since;
			if (is == DEVICE_STREAMING && ++breaks)
				ok(length > 3.8 && length < 40.2, "%g s", length);
		}
	}
	ok(breaks > 90 && breaks < 270, "%d breaks in 1500 windows", breaks);
}

int
main(void)
{
	RUN(the_same_question_has_the_same_answer);
	RUN(another_seed_or_device_is_another_person);
	RUN(the_finger_lags_10_to_35_s_and_people_differ);
	RUN(saturation_turns_one_lag_after_the_air);
	RUN(somebody_falls_by_nearly_40_points_in_30_s_and_nobody_by_more_than_41);
	RUN(the_pulse_answers);
	RUN(invalid_values_say_why_and_are_absent_and_rare);
	RUN(links_break_for_4_to_40_s_and_come_back_step_by_step);
	return test_done();
}
