#include "tests/unit/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "services/ble-ingest/spool_file.h"

#define BYTES 8192  /* 85 slots, 64 devices */
#define SLOTS 85

static char folder[] = "/dev/shm/ihht-spool.XXXXXX";
static char path[64], aside[80];

static void
fresh(void)
{
	(void)unlink(path);
	(void)unlink(aside);
}

static struct spool *
reopen(struct spool **spool, struct spool_found *found)
{
	struct err err = {0, ""};
	struct spool *s;

	if (spool)
		spool_close(spool);
	s = spool_open(path, BYTES, found, &err);
	ok(s, "%s", err.text);
	return s;
}

/* The n-th sample; everything in it follows from n. */
static struct sample
sample_of(int64_t n)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	s.taken_us = 1800000000000000 + n;
	s.spo2 = (double)(n % 1000) / 10;
	s.heart_rate = n % 7 ? 60 + (double)(n % 50) : NAN;
	return s;
}

static void
put(struct spool *spool, const char *id, int64_t n)
{
	struct sample s = sample_of(n);
	struct err err;

	is_int(spool_put_sample(spool, spool_device(spool, id, &err), &s, &err), 1);
}

/* What a record must be, given when it was taken. */
static void
check_at(const struct spool *spool, int64_t pos)
{
	union spool_out out;
	struct sample s;

	if (spool_get(spool, pos, &out) != &msg_sample)
		return;
	s = sample_of(out.sample.taken_us - 1800000000000000);
	is_real(out.sample.spo2, s.spo2);
	is_real(out.sample.heart_rate, s.heart_rate);
	is_int(out.sample.pos, pos);
}

static int64_t
taken_at(const struct spool *spool, int64_t pos)
{
	union spool_out out;

	(void)spool_get(spool, pos, &out);
	return out.sample.taken_us - 1800000000000000;
}

TEST(every_field_comes_back)
{
	struct sample in, full = {.taken_us = 5, .device_us = 6, .spo2 = 40.1, .heart_rate = 499.9,
				  .perfusion_index = 0.03, .motion = 1e6, .signal_strength = 1000,
				  .battery = 100, .status = 1099511627775, .invalid = INVALID_ARTEFACT,
				  .data_source = DATA_SOURCE_MANUAL, .epoch = 77, .seq = 9,
				  .rr = MSG_RR_MAX};
	struct gap gap, hole = {.from_us = 3, .to_us = 4, .lost = 7, .reason = GAP_SOURCE_GAP};
	union spool_out out;
	struct spool_found found;
	struct spool *spool;
	struct err err;
	int d;

	fresh();
	spool = reopen(NULL, &found);
	d = spool_device(spool, "aa:bb", &err);
	in = full;
	is_int(spool_put_sample(spool, d, &in, &err), 1);
	ok(spool_get(spool, 1, &out) == &msg_sample);
	is_int(in.pos, 1);
	is_int(in.epoch, 77);
	is_int(in.seq, 9);
	is_int(in.spool, spool_id(spool));
	is_str(in.device_id, "aa:bb");
	ok(!memcmp(&in, &out.sample, offsetof(struct sample, device_id)));
	is_str(out.sample.device_id, "aa:bb");
	ok(!memcmp(&in.epoch, &out.sample.epoch, sizeof(in) - offsetof(struct sample, epoch)));
	msg_clear(&msg_sample, &in);
	in.taken_us = 1;
	is_int(spool_put_sample(spool, d, &in, &err), 1);
	(void)spool_get(spool, 2, &out);
	is_int(out.sample.seq, 1);
	is_int(out.sample.epoch, spool_id(spool));
	is_int(out.sample.device_us, MSG_NONE);
	is_int(out.sample.signal_strength, MSG_NONE);
	is_int(out.sample.battery, MSG_NONE);
	is_int(out.sample.status, MSG_NONE);
	is_int(out.sample.rr, MSG_NONE);
	is_real(out.sample.spo2, NAN);
	gap = hole;
	is_int(spool_put_gap(spool, d, &gap, &err), 1);
	ok(spool_get(spool, 3, &out) == &msg_gap);
	is_int(out.gap.seq, 2);
	is_int(out.gap.from_us, 3);
	is_int(out.gap.to_us, 4);
	is_int(out.gap.lost, 7);
	is_int(out.gap.reason, GAP_SOURCE_GAP);
	is_str(out.gap.session_id, "");
	spool_close(&spool);
}

/* They share a word of the record. */
TEST(status_and_intervals_come_back_whatever_the_other_is)
{
	static const int64_t statuses[] = {MSG_NONE, 0, 1, 1099511627775},
		intervals[] = {1, 0xffff, 0x10001, 0xffffffff, 0x100000001, 0xffff00000001, MSG_RR_MAX,
			       MSG_NONE};
	struct spool_found found;
	struct spool *spool;
	union spool_out out;
	struct sample s;
	struct err err;
	int64_t pos = 0;
	size_t i, k;

	fresh();
	spool = reopen(NULL, &found);
	for (i = 0; i < 4; i++)
		for (k = 0; k < 8; k++) {
			s = sample_of(1);
			s.status = statuses[i];
			s.rr = intervals[k];
			is_int(spool_put_sample(spool, spool_device(spool, "a", &err), &s, &err), 1);
			(void)spool_get(spool, ++pos, &out);
			ok(out.sample.status == statuses[i] && out.sample.rr == intervals[k],
			   "%zu %zu: %lld %lld", i, k, (long long)out.sample.status,
			   (long long)out.sample.rr);
		}
	spool_close(&spool);
}

TEST(what_could_never_be_sent_is_refused)
{
	struct sample s = sample_of(1);
	struct spool_found found;
	struct spool *spool;
	struct err err;

	fresh();
	spool = reopen(NULL, &found);
	s.spo2 = 101;
	is_int(spool_put_sample(spool, spool_device(spool, "a", &err), &s, &err), -1);
	has_str(err.text, "sample.spo2: must be from 0 to 100");
	is_int(spool_head(spool), 0);
	put(spool, "a", 1);
	is_int(spool_head(spool), 1);
	spool_close(&spool);
}

TEST(a_full_ring_says_so_and_has_room_after_an_ack)
{
	struct sample s = sample_of(1);
	struct spool_found found;
	struct spool *spool;
	struct err err;
	int64_t i;
	int d;

	fresh();
	spool = reopen(NULL, &found);
	is_int(spool_slots(spool), SLOTS);
	for (i = 1; i <= SLOTS; i++)
		put(spool, "a", i);
	d = spool_device(spool, "a", &err);
	is_int(spool_put_sample(spool, d, &s, &err), 0);
	is_int(spool_room(spool), 0);
	spool_ack(spool, 2);
	is_int(spool_room(spool), 2);
	put(spool, "a", 86);
	put(spool, "a", 87);
	s = sample_of(1);
	is_int(spool_put_sample(spool, d, &s, &err), 0);
	for (i = 3; i <= 87; i++) {
		is_int(taken_at(spool, i), i);
		check_at(spool, i);
	}
	spool_close(&spool);
}

TEST(numbers_go_on_when_it_is_opened_again)
{
	struct spool_found found;
	struct spool *spool = NULL;
	union spool_out out;
	int64_t id = 0, i;

	fresh();
	for (i = 1; i <= 1000; i++) {
		if (i % 13 == 1)
			spool = reopen(i == 1 ? NULL : &spool, &found);
		if (i == 1)
			id = spool_id(spool);
		put(spool, i % 2 ? "odd" : "even", i);
		(void)spool_get(spool, i, &out);
		is_int(out.sample.seq, (i + 1) / 2);
		is_int(out.sample.epoch, id);
		spool_ack(spool, i - i % 20);
	}
	spool = reopen(&spool, &found);
	is_int(found.is_new, 0);
	is_int(found.is_damaged, 0);
	is_int(found.known, 2);
	is_int(spool_head(spool), 1000);
	is_int(spool_acked(spool), 1000);
	is_int(spool_last_us(spool, 0), 1800000000000999);
	spool_close(&spool);
}

TEST(acks_beyond_the_head_or_backwards_are_harmless)
{
	struct spool_found found;
	struct spool *spool;

	fresh();
	spool = reopen(NULL, &found);
	put(spool, "a", 1);
	put(spool, "a", 2);
	spool_ack(spool, 99);
	is_int(spool_acked(spool), 2);
	spool_ack(spool, 1);
	is_int(spool_acked(spool), 2);
	is_int(spool_used_bytes(spool), 0);
	spool_close(&spool);
}

TEST(a_second_process_is_refused)
{
	struct spool_found found;
	struct spool *spool;
	struct err err;

	fresh();
	spool = reopen(NULL, &found);
	ok(!spool_open(path, BYTES, &found, &err));
	is_int(err.code, EBUSY);
	has_str(err.text, "another ble-ingest is using it; give each its own ble-ingest/spool");
	spool_close(&spool);
	spool = reopen(NULL, &found);
	spool_close(&spool);
}

TEST(a_full_table_of_devices_says_so_and_empties_itself)
{
	struct spool_found found;
	struct spool *spool;
	struct err err;
	char id[20];
	int i;

	fresh();
	spool = reopen(NULL, &found);
	for (i = 0; i < 64; i++) {
		(void)snprintf(id, sizeof(id), "d%d", i);
		is_int(spool_device(spool, id, &err), i);
	}
	is_int(spool_device(spool, "one more", &err), -1);
	has_str(err.text, "the spool knows 64 devices, its most");
	put(spool, "d63", 1);
	spool = reopen(&spool, &found);
	is_int(found.is_new, 0);
	spool_ack(spool, 1);
	spool = reopen(&spool, &found);
	is_int(found.is_new, 1);
	is_int(found.is_damaged, 0);
	ok(spool_device(spool, "one more", &err) >= 0, "%s", err.text);
	spool_close(&spool);
}

/* ---- as if it had died in between */

static void
poke(size_t offset, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY);

	ok(pwrite(fd, bytes, len, (off_t)offset) == (ssize_t)len);
	close(fd);
}

static void
filled(int n, int acked)
{
	struct spool_found found;
	struct spool *spool;
	int i;

	fresh();
	spool = reopen(NULL, &found);
	for (i = 1; i <= n; i++)
		put(spool, i % 3 ? "a" : "b", i);
	spool_ack(spool, acked);
	spool_close(&spool);
}

TEST(killed_between_record_and_head_the_record_is_kept_and_its_seq_not_given_again)
{
	static const int64_t head = 9, seq = 6, seq_not = ~6LL;
	const size_t row = SPOOL_PAGE;
	struct spool_found found;
	struct spool *spool;
	union spool_out out;

	filled(10, 4);  /* the tenth is the seventh of "a" */
	poke(offsetof(struct spool_head, head), &head, 8);
	poke(row + offsetof(struct spool_row, seq), &seq, 8);
	poke(row + offsetof(struct spool_row, seq_not), &seq_not, 8);
	spool = reopen(NULL, &found);
	is_int(found.is_new, 0);
	is_int(found.kept, 6);
	is_int(spool_head(spool), 10);
	put(spool, "a", 11);
	(void)spool_get(spool, 11, &out);
	is_int(out.sample.seq, 8);
	spool_close(&spool);
}

TEST(killed_between_the_two_halves_of_a_number_it_goes_on)
{
	static const int64_t acked_not = ~3LL, seq_not = ~6LL;
	struct spool_found found;
	struct spool *spool;

	filled(10, 4);
	poke(offsetof(struct spool_head, acked_not), &acked_not, 8);
	poke(SPOOL_PAGE + offsetof(struct spool_row, seq_not), &seq_not, 8);
	spool = reopen(NULL, &found);
	is_int(found.is_new, 0);
	is_int(spool_acked(spool), 3);
	spool_close(&spool);
}

TEST(killed_while_a_device_was_added_it_goes_on)
{
	struct spool_found found;
	struct spool *spool;
	struct err err;

	filled(10, 4);
	poke(SPOOL_PAGE + 2 * sizeof(struct spool_row), "half of", 7);
	spool = reopen(NULL, &found);
	is_int(found.is_new, 0);
	is_int(spool_device(spool, "c", &err), 2);
	spool_close(&spool);
}

TEST(killed_in_the_middle_of_a_record_nothing_is_wrong)
{
	struct spool_found found;
	struct spool *spool;

	filled(10, 4);
	poke(SPOOL_PAGE + 64 * sizeof(struct spool_row) + 11 * sizeof(struct spool_record), "half", 4);
	spool = reopen(NULL, &found);
	is_int(found.is_new, 0);
	is_int(found.kept, 6);
	spool_close(&spool);
}

TEST(after_another_boot_the_rest_is_kept_and_a_new_epoch_begins)
{
	struct spool_found found;
	struct spool *spool;
	union spool_out out;
	int64_t id, pos;

	filled(10, 4);
	spool = reopen(NULL, &found);
	id = spool_id(spool);
	spool_close(&spool);
	poke(offsetof(struct spool_head, boot), "00000000", 8);
	spool = reopen(NULL, &found);
	is_int(found.is_new, 1);
	is_int(found.is_damaged, 0);
	is_str(found.why, "the machine was started anew");
	is_int(found.kept, 6);
	ok(spool_id(spool) > id);
	is_int(spool_acked(spool), 0);
	for (pos = 1; pos <= 6; pos++) {
		check_at(spool, pos);
		is_int(taken_at(spool, pos), pos + 4);
		(void)spool_get(spool, pos, &out);
		is_int(out.sample.epoch, id);
		is_int(out.sample.spool, spool_id(spool));
	}
	put(spool, "a", 11);
	(void)spool_get(spool, 7, &out);
	is_int(out.sample.seq, 1);
	is_int(out.sample.epoch, spool_id(spool));
	is_int(spool_last_us(spool, spool_device(spool, "b", NULL)), 1800000000000009);
	spool_close(&spool);
}

TEST(what_has_gone_round_the_ring_is_kept_in_its_order)
{
	struct spool_found found;
	struct spool *spool;
	int64_t i;

	fresh();
	spool = reopen(NULL, &found);
	for (i = 1; i <= 120; i++) {
		put(spool, "a", i);
		spool_ack(spool, i - 60);
	}
	spool_close(&spool);
	poke(offsetof(struct spool_head, boot), "00000000", 8);
	spool = reopen(NULL, &found);
	is_int(found.kept, 60);
	for (i = 1; i <= 60; i++)
		is_int(taken_at(spool, i), i + 60);
	spool_close(&spool);
}

TEST(another_size_keeps_what_is_in_it)
{
	struct spool_found found;
	struct spool *spool;
	struct err err;

	filled(SLOTS, 5);
	ok((spool = spool_open(path, 100000, &found, &err)), "%s", err.text);
	is_int(found.kept, 80);
	is_int(spool_slots(spool), 1041);
	is_int(found.is_damaged, 0);
	spool_close(&spool);
	spool = reopen(NULL, &found);
	is_int(found.kept, 80);
	is_int(spool_slots(spool), 90);  /* not smaller than it can be */
	spool_close(&spool);
}

/* ---- damage */

static char original[65536];
static size_t original_size;

static void
keep_original(void)
{
	int fd = open(path, O_RDONLY);

	original_size = (size_t)read(fd, original, sizeof(original));
	close(fd);
}

static void
write_file(const char *bytes, size_t len)
{
	int fd;

	fresh();
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	ok(write(fd, bytes, len) == (ssize_t)len);
	close(fd);
}

/* The next one to try: all of them, but few of the zeros between head, rows and records. */
static size_t
next_byte(size_t at)
{
	size_t rows_end = SPOOL_PAGE + 2 * sizeof(struct spool_row);

	if ((at > 256 && at < SPOOL_PAGE - 37) ||
	    (at > rows_end && at < SPOOL_PAGE + 64 * sizeof(struct spool_row) - 37))
		return at + 37;
	return at + 1;
}

/* All that is kept is right, in order, and was there. */
static int64_t
check_kept(struct spool *spool, int64_t first, int64_t last)
{
	int64_t pos, before = first - 1;

	for (pos = spool_acked(spool) + 1; pos <= spool_head(spool); pos++) {
		check_at(spool, pos);
		if (!ok(taken_at(spool, pos) > before && taken_at(spool, pos) <= last))
			break;
		before = taken_at(spool, pos);
	}
	return spool_head(spool) - spool_acked(spool);
}

TEST(cut_off_at_any_byte_it_keeps_the_records_before_the_cut)
{
	const size_t slots = SPOOL_PAGE + 64 * sizeof(struct spool_row);
	struct spool_found found;
	struct spool *spool;
	int64_t kept, want;
	size_t cut;

	filled(60, 10);
	keep_original();
	for (cut = 0; cut < original_size && test_state.n_bad < 10; cut = next_byte(cut)) {
		write_file(original, cut);
		spool = reopen(NULL, &found);
		kept = check_kept(spool, 1, 60);
		want = cut < slots ? 0 : (int64_t)((cut - slots) / sizeof(struct spool_record)) - 11;
		want = want < 0 ? 0 : want > 50 ? 50 : want;
		ok(kept == want && found.kept == want, "cut at %zu: %lld, not %lld", cut,
		   (long long)kept, (long long)want);
		is_int(found.is_damaged, 1);
		is_int(access(aside, F_OK), 0);
		put(spool, "a", 61);
		spool_close(&spool);
	}
}

TEST(a_wrong_byte_anywhere_costs_at_most_what_it_is_part_of)
{
	const size_t rows = SPOOL_PAGE, slots = SPOOL_PAGE + 64 * sizeof(struct spool_row);
	struct spool_found found;
	struct spool *spool;
	int64_t kept, want;
	size_t at;

	filled(60, 10);
	keep_original();
	for (at = 0; at < original_size && test_state.n_bad < 10; at = next_byte(at)) {
		original[at] ^= 0x55;
		write_file(original, original_size);
		original[at] ^= 0x55;
		spool = reopen(NULL, &found);
		kept = check_kept(spool, 1, 60);
		want = at >= slots + 11 * 96 && at < slots + 61 * 96 ? 49 : 50;
		if (at >= rows && at < rows + 76)
			want = 17;  /* the name of "a": its records have no owner */
		else if (at >= rows + 128 && at < rows + 128 + 76)
			want = 33;
		ok(kept >= want && kept <= 60, "byte %zu: %lld of %lld (%s)", at, (long long)kept,
		   (long long)want, found.why);
		spool_close(&spool);
	}
}

TEST(nonsense_is_moved_aside)
{
	static const char nonsense[] = "this is not a spool";
	struct spool_found found;
	struct spool *spool;
	char back[sizeof(nonsense)] = "";
	int fd;

	write_file(nonsense, sizeof(nonsense));
	spool = reopen(NULL, &found);
	is_int(found.is_damaged, 1);
	is_str(found.why, "its head is damaged");
	is_int(found.kept, 0);
	fd = open(aside, O_RDONLY);
	ok(read(fd, back, sizeof(back)) == sizeof(back));
	is_str(back, nonsense);
	close(fd);
	spool_close(&spool);
}

TEST(a_folder_in_its_place_is_told)
{
	struct spool_found found;
	struct err err;

	fresh();
	ok(!spool_open("/nowhere/spool", BYTES, &found, &err));
	has_str(err.text, "/nowhere/spool.lock: No such file or directory");
	ok(mkdir(path, 0700) == 0);
	ok(!spool_open(path, BYTES, &found, &err));
	has_str(err.text, "Is a directory");
	rmdir(path);
}

/* ---- killed for real */

/* Puts and acknowledges until somebody kills it; tells what it has done through a pipe. */
static void
work_until_killed(int told)
{
	struct spool_found found;
	struct err err;
	struct spool *spool = spool_open(path, BYTES, &found, &err);
	int a = spool_device(spool, "a", &err), b = spool_device(spool, "b", &err);
	int64_t last[2];
	struct sample s;

	for (;;) {
		s = sample_of(spool_head(spool) + 1);
		(void)spool_put_sample(spool, spool_head(spool) % 2 ? a : b, &s, &err);
		if (spool_room(spool) < 40)
			spool_ack(spool, spool_head(spool) - 30);
		last[0] = spool_head(spool);
		last[1] = spool_acked(spool);
		if (write(told, last, sizeof(last)) < 0)
			_exit(1);
	}
}

TEST(killed_at_any_instant_nothing_that_was_put_is_missing)
{
	struct spool_found found;
	struct spool *spool;
	union spool_out out;
	int64_t last[2], told[2], pos, id = 0;
	int pipes[2], round;
	pid_t child;

	fresh();
	for (round = 0; round < 40 && !test_state.n_bad; round++) {
		ok(pipe(pipes) == 0);
		if (!(child = fork()))
			work_until_killed(pipes[1]);
		close(pipes[1]);
		for (pos = 0; pos < 20 + round * 37; pos++)
			(void)!read(pipes[0], last, sizeof(last));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		while (read(pipes[0], told, sizeof(told)) == sizeof(told))
			memcpy(last, told, sizeof(last));
		close(pipes[0]);
		spool = reopen(NULL, &found);
		is_int(found.is_damaged, 0);
		ok(!id || id == spool_id(spool));
		id = spool_id(spool);
		ok(spool_head(spool) >= last[0] && spool_head(spool) <= last[0] + 1);
		ok(spool_acked(spool) >= last[1] && spool_acked(spool) <= last[1] + 40);
		for (pos = spool_acked(spool) + 1; pos <= spool_head(spool); pos++) {
			is_int(taken_at(spool, pos), pos);
			check_at(spool, pos);
			(void)spool_get(spool, pos, &out);
			is_int(out.sample.seq, (pos + 1) / 2);
		}
		spool_close(&spool);
	}
}

int
main(void)
{
	if (access("/dev/shm", W_OK) < 0)
		(void)snprintf(folder, sizeof(folder), "/tmp/ihht-spool.XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/spool", folder);
	(void)snprintf(aside, sizeof(aside), "%s.damaged", path);
	RUN(every_field_comes_back);
	RUN(status_and_intervals_come_back_whatever_the_other_is);
	RUN(what_could_never_be_sent_is_refused);
	RUN(a_full_ring_says_so_and_has_room_after_an_ack);
	RUN(numbers_go_on_when_it_is_opened_again);
	RUN(acks_beyond_the_head_or_backwards_are_harmless);
	RUN(a_second_process_is_refused);
	RUN(a_full_table_of_devices_says_so_and_empties_itself);
	RUN(killed_between_record_and_head_the_record_is_kept_and_its_seq_not_given_again);
	RUN(killed_between_the_two_halves_of_a_number_it_goes_on);
	RUN(killed_while_a_device_was_added_it_goes_on);
	RUN(killed_in_the_middle_of_a_record_nothing_is_wrong);
	RUN(after_another_boot_the_rest_is_kept_and_a_new_epoch_begins);
	RUN(what_has_gone_round_the_ring_is_kept_in_its_order);
	RUN(another_size_keeps_what_is_in_it);
	RUN(cut_off_at_any_byte_it_keeps_the_records_before_the_cut);
	RUN(a_wrong_byte_anywhere_costs_at_most_what_it_is_part_of);
	RUN(nonsense_is_moved_aside);
	RUN(a_folder_in_its_place_is_told);
	RUN(killed_at_any_instant_nothing_that_was_put_is_missing);
	fresh();
	(void)snprintf(aside, sizeof(aside), "%s.lock", path);
	(void)unlink(aside);
	(void)snprintf(aside, sizeof(aside), "%s.new", path);
	(void)unlink(aside);
	(void)rmdir(folder);
	return test_done();
}
