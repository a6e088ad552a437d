#include "tests/unit/test.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "common/log.h"
#include "services/ble-ingest/recording.h"
#include "services/ble-ingest/source.h"

#define HEAD RECORDING_HEADER "\n"
#define S    1000000LL

static const struct conf_key keys[] = {
	{"files", CONF_TEXT, "", 0, 4000, NULL, ""},
	{"speed", CONF_NUMBER, "0", 0, 100000, NULL, ""},
	{"start", CONF_TEXT, "2026-11-23T00:00:00Z", 0, 40, NULL, ""},
	{"data-source", CONF_WORD, "manual", 0, 0, "unknown|bluetooth|mock|manual", ""},
};

static char folder[] = "/tmp/ihht-replay.XXXXXX";
static int64_t start_us;

static void
write_file(const char *name, const char *format, ...)
{
	char path[200];
	va_list args;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	va_start(args, format);
	vfprintf(f, format, args);
	va_end(args);
	fclose(f);
}

static void
fresh(void)
{
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -rf %s && mkdir %s", folder, folder);
	ok(system(command) == 0);
}

static void *
replay(const char *files, const char *settings, struct err *err)
{
	char path[200];
	struct conf *conf;
	void *r;

	write_file("ihht.conf", "ble-ingest\n    files = \"%s\"\n%s", files, settings);
	(void)snprintf(path, sizeof(path), "%s/ihht.conf", folder);
	conf = conf_open(path, "ble-ingest", keys, sizeof(keys) / sizeof(keys[0]), err);
	r = conf ? source_replay.open(conf, err) : NULL;
	conf_close(&conf);
	return r;
}

static void *
must(void *r, const struct err *err)
{
	if (!ok(r, "%s", err->text)) {
		printf("1..0\nBail out!\n");
		exit(1);
	}
	return r;
}

static int
take_all(void *r, int64_t mono_us, struct taken *out, int most)
{
	struct source_now now = {1800000000 * S, mono_us};
	int n = 0;

	while (n < most && source_replay.take(r, &now, &out[n]) == 1)
		n++;
	return n;
}

TEST(files_become_devices_merged_by_time)
{
	struct taken out[20];
	struct err err;
	void *r;

	fresh();
	write_file("one.csv", HEAD "0,90,50,,\n2000,91,51,,\n");
	write_file("two.csv", HEAD "1000,80,60,3,0.5\n3000,81.5,61,,\n");
	write_file("README.md", "not a recording");
	r = must(replay(".", "", &err), &err);
	is_int(source_replay.n_devices(r), 2);
	is_str(source_replay.device_id(r, 0), "one");
	is_str(source_replay.device_id(r, 1), "two");
	ok(source_replay.can_wait(r));
	is_int(take_all(r, 1, out, 20), 8);
	is_int(out[0].kind, TAKEN_DEVICE);
	is_int(out[0].state.state, DEVICE_STREAMING);
	is_int(out[0].state.data_source, DATA_SOURCE_MANUAL);
	is_int(out[1].device, 0);
	is_int(out[1].sample.taken_us, start_us);
	is_int(out[1].sample.data_source, DATA_SOURCE_MANUAL);
	is_int(out[2].kind, TAKEN_DEVICE);
	is_int(out[3].device, 1);
	is_int(out[3].sample.taken_us, start_us + S);
	is_real(out[3].sample.spo2, 80);
	is_real(out[3].sample.heart_rate, 60);
	is_real(out[3].sample.motion, 3);
	is_real(out[3].sample.perfusion_index, 0.5);
	is_int(out[4].device, 0);
	is_int(out[5].kind, TAKEN_DEVICE);
	is_int(out[5].device, 0);
	is_int(out[5].state.state, DEVICE_OFF);
	is_int(out[6].device, 1);
	is_real(out[6].sample.spo2, 81.5);
	is_int(out[7].state.state, DEVICE_OFF);
	ok(source_replay.counts(r).is_done);
	source_replay.close(&r);
}

TEST(a_gap_takes_the_number_before_the_row_that_ends_it)
{
	struct taken out[20];
	struct err err;
	void *r;

	fresh();
	write_file("a.csv", HEAD "0,90,50,,\n1000,91,50,,\n2000,92,50,,\n9000,93,50,,\nbad\n10000,94,50,,\n");
	r = must(replay("a.csv", "", &err), &err);
	is_int(take_all(r, 1, out, 20), 8);
	is_int(out[3].sample.seq, 3);
	is_int(out[4].kind, TAKEN_GAP);
	is_int(out[4].gap.seq, 4);
	is_int(out[4].gap.epoch, out[3].sample.epoch);
	is_int(out[4].gap.from_us, start_us + 2 * S);
	is_int(out[4].gap.to_us, start_us + 9 * S);
	is_int(out[4].gap.lost, 6);
	is_int(out[4].gap.reason, GAP_SOURCE_GAP);
	is_int(out[5].sample.seq, 5);
	is_real(out[5].sample.spo2, 93);
	is_int(out[6].sample.seq, 6);
	is_int((int64_t)source_replay.counts(r).n_bad, 1);
	source_replay.close(&r);
}

TEST(absent_values_say_so)
{
	struct taken out[20];
	struct err err;
	void *r;

	fresh();
	write_file("a.csv", HEAD "0,,50,,\n1000,91,,,\n2000,,,,\n");
	r = must(replay("a.csv", "", &err), &err);
	take_all(r, 1, out, 20);
	is_int(out[1].sample.invalid, INVALID_NO);
	is_real(out[1].sample.spo2, NAN);
	is_int(out[2].sample.invalid, INVALID_NO);
	is_int(out[3].sample.invalid, INVALID_UNAVAILABLE);
	source_replay.close(&r);
}

TEST(twice_is_the_same_samples)
{
	static struct taken a[2000], b[2000];
	struct err err;
	char rows[20000];
	size_t n = 0;
	void *r;
	int i, k;

	fresh();
	for (i = 1; i < 500; i++)
		n += (size_t)snprintf(rows + n, sizeof(rows) - n, "%d,%d.%d,60,,\n", i * 1000 + i / 50 * 7000,
				      70 + i % 30, i % 10);
	write_file("x.csv", HEAD "%s", rows);
	memset(a, 0, sizeof(a));
	memset(b, 0, sizeof(b));
	r = must(replay("x.csv", "    start = \"\"\n", &err), &err);
	i = take_all(r, 1, a, 2000);
	source_replay.close(&r);
	r = must(replay("x.csv", "    start = \"\"\n", &err), &err);
	for (n = 0; (k = take_all(r, 99, b + n, 7)); n += (size_t)k)
		;
	is_int(n, i);
	is_int(i, 500 - 1 + 9 + 2);
	ok(!memcmp(a, b, sizeof(a)));
	source_replay.close(&r);
}

TEST(without_a_start_the_last_row_has_the_time_of_the_file)
{
	struct utimbuf when = {1790000000, 1790000000};
	struct taken out[20];
	struct err err;
	char path[200];
	void *r;

	fresh();
	write_file("a.csv", HEAD "0,90,50,,\n7000,91,50,,\n");
	(void)snprintf(path, sizeof(path), "%s/a.csv", folder);
	ok(utime(path, &when) == 0);
	r = must(replay("a.csv", "    start = \"\"\n", &err), &err);
	take_all(r, 1, out, 20);
	is_int(out[1].sample.taken_us, 1790000000 * S - 7 * S);
	is_int(out[2].sample.taken_us, 1790000000 * S);
	source_replay.close(&r);
}

TEST(at_real_speed_each_row_waits_for_its_time)
{
	struct source_now now = {0, 50 * S};
	struct taken out[20];
	struct err err;
	void *r;

	fresh();
	write_file("a.csv", HEAD "5000,90,50,,\n6000,91,50,,\n8000,92,50,,\n");
	r = must(replay("a.csv", "    speed = \"1\"\n", &err), &err);
	is_int(source_replay.wait_us(r, &now), 0);
	is_int(take_all(r, 50 * S, out, 20), 2);
	is_int(source_replay.wait_us(r, &now), S);
	is_int(take_all(r, 51 * S - 1, out, 20), 0);
	is_int(take_all(r, 51 * S, out, 20), 1);
	now.mono_us = 51 * S;
	is_int(source_replay.wait_us(r, &now), 2 * S);
	is_int(take_all(r, 60 * S, out, 20), 3);
	ok(source_replay.wait_us(r, &now) == INT64_MAX);
	source_replay.close(&r);
}

TEST(ten_times_as_fast_is_a_tenth_of_the_wait)
{
	struct taken out[20];
	struct err err;
	void *r;

	fresh();
	write_file("a.csv", HEAD "0,90,50,,\n1000,91,50,,\n");
	r = must(replay("a.csv", "    speed = \"10\"\n", &err), &err);
	is_int(take_all(r, 50 * S, out, 20), 2);
	is_int(take_all(r, 50 * S + S / 10 - 1, out, 20), 0);
	is_int(take_all(r, 50 * S + S / 10, out, 20), 2);
	source_replay.close(&r);
}

TEST(a_refused_file_costs_only_itself)
{
	struct err err;
	void *r;

	fresh();
	write_file("bad.csv", "time,spo2\n1,2\n");
	write_file("good.csv", HEAD "0,90,50,,\n");
	write_file("\xff\xfe.csv", HEAD "0,90,50,,\n");
	write_file("1234567890123456789012345678901234567890123456789012345678901234x.csv", HEAD);
	r = must(replay(".", "", &err), &err);
	is_int(source_replay.n_devices(r), 1);
	is_str(source_replay.device_id(r, 0), "good");
	source_replay.close(&r);
}

TEST(every_wrong_setting_is_told)
{
	static const struct {
		const char *files, *settings, *complaint;
	} rows[] = {
		{"", "", "ble-ingest/files: no recording there; give a folder of .csv files"},
		{"empty", "", "ble-ingest/files: no recording there"},
		{"nowhere", "", "/nowhere: No such file or directory"},
		{"a.csv, sub/a.csv", "", "there is another file named a.csv; names become devices"},
		{"a.csv", "    start = \"soon\"\n", "ble-ingest/start: \"soon\" is not a time such as"},
		{"a.csv", "    start = \"2099-01-01T00:00:00Z\"\n", "ble-ingest/start"},
		{"bad.csv", "", "ble-ingest/files: no recording there"},
	};
	char path[200];
	struct err err;
	size_t i;

	fresh();
	(void)snprintf(path, sizeof(path), "%s/empty", folder);
	ok(mkdir(path, 0700) == 0);
	(void)snprintf(path, sizeof(path), "%s/sub", folder);
	ok(mkdir(path, 0700) == 0);
	write_file("a.csv", HEAD "0,90,50,,\n");
	write_file("sub/a.csv", HEAD "0,90,50,,\n");
	write_file("bad.csv", "nonsense");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(!replay(rows[i].files, rows[i].settings, &err), "row %zu", i);
		has_str(err.text, rows[i].complaint);
	}
}

TEST(a_list_may_mix_files_and_folders)
{
	char path[200], list[300];
	struct err err;
	void *r;

	fresh();
	(void)snprintf(path, sizeof(path), "%s/sub", folder);
	ok(mkdir(path, 0700) == 0);
	write_file("a.csv", HEAD "0,90,50,,\n");
	write_file("sub/b.csv", HEAD "0,90,50,,\n");
	write_file("sub/c.csv", HEAD "0,90,50,,\n");
	(void)snprintf(list, sizeof(list), "a.csv, %s/sub", folder);
	r = must(replay(list, "", &err), &err);
	is_int(source_replay.n_devices(r), 3);
	source_replay.close(&r);
}

TEST(many_files_side_by_side_stay_in_order)
{
	static struct taken out[20000];
	int64_t last = 0;
	struct err err;
	char name[20], rows[4000];
	int i, k, n, samples = 0;
	size_t used;
	void *r;

	fresh();
	srand(1);
	for (i = 0; i < 100; i++) {
		for (used = 0, n = rand() % 1000, k = 0; k < 50; k++, n += 1 + rand() % 1500)
			used += (size_t)snprintf(rows + used, sizeof(rows) - used, "%d,90,50,,\n", n);
		(void)snprintf(name, sizeof(name), "f%03d.csv", i);
		write_file(name, HEAD "%s", rows);
	}
	r = must(replay(".", "", &err), &err);
	n = take_all(r, 1, out, 20000);
	for (i = 0; i < n; i++) {
		if (out[i].kind != TAKEN_SAMPLE)
			continue;
		samples++;
		ok(out[i].sample.taken_us >= last);
		last = out[i].sample.taken_us;
	}
	is_int(samples, 5000);
	source_replay.close(&r);
}

int
main(void)
{
	char command[100];

	if (!mkdtemp(folder))
		return 1;
	log_open("test");
	start_us = 1795392000 * S;  /* 2026-11-23 */
	RUN(files_become_devices_merged_by_time);
	RUN(a_gap_takes_the_number_before_the_row_that_ends_it);
	RUN(absent_values_say_so);
	RUN(twice_is_the_same_samples);
	RUN(without_a_start_the_last_row_has_the_time_of_the_file);
	RUN(at_real_speed_each_row_waits_for_its_time);
	RUN(ten_times_as_fast_is_a_tenth_of_the_wait);
	RUN(a_refused_file_costs_only_itself);
	RUN(every_wrong_setting_is_told);
	RUN(a_list_may_mix_files_and_folders);
	RUN(many_files_side_by_side_stay_in_order);
	(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command) || test_done();
}
