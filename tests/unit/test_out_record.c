#include "services/dedupe-auditor/record/out_record.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char folder[] = "/tmp/test_out_record.XXXXXX";
static char path[60];

static void
write_some(int n)
{
	struct record *record;
	struct err err;
	int i;

	(void)unlink(path);
	record = record_open(path, &err);
	ok(record != NULL, "%s", record ? "" : err.text);
	for (i = 0; record && i < n; i++)
		is_int(record_add(record, &err, "found", "rule=copies n=%d", i), 0);
	record_close(&record);
}

static size_t
read_file(char *bytes, size_t size)
{
	FILE *from = fopen(path, "r");
	size_t n = fread(bytes, 1, size, from);

	(void)fclose(from);
	return n;
}

static void
write_file(const char *bytes, size_t n)
{
	FILE *to = fopen(path, "w");

	(void)fwrite(bytes, 1, n, to);
	(void)fclose(to);
}

TEST(entries_go_on_where_they_ended)
{
	struct record *record;
	struct chain chain;
	struct err err;

	write_some(3);
	record = record_open(path, &err);
	is_int(record_head(record)->n, 3);
	is_int(record_add(record, &err, "found", "more=1"), 0);
	record_close(&record);
	is_int(record_check(path, &chain, &err), 0);
	is_int(chain.n, 4);
}

TEST(a_flipped_byte_at_every_place_names_its_entry)
{
	char whole[2000], bytes[2000], want[40];
	struct chain chain;
	struct err err;
	size_t n, i, line = 1;

	write_some(3);
	n = read_file(whole, sizeof(whole));
	for (i = 0; i < n; i++) {
		memcpy(bytes, whole, n);
		bytes[i] ^= 1;
		write_file(bytes, n);
		(void)snprintf(want, sizeof(want), "entry %zu: ", line);
		ok(record_check(path, &chain, &err) < 0, "byte %zu", i);
		has_str(err.text, want);
		line += whole[i] == '\n';
	}
}

TEST(a_broken_file_is_not_written_to)
{
	char bytes[2000];
	struct record *record;
	struct err err;
	size_t n;

	write_some(3);
	n = read_file(bytes, sizeof(bytes));
	bytes[n / 2] ^= 1;
	write_file(bytes, n);
	record = record_open(path, &err);
	ok(!record);
	is_int(err.code, EBADMSG);
	has_str(err.text, "entry 2: ");
}

TEST(a_line_that_a_crash_cut_off_goes)
{
	char bytes[2000];
	struct record *record;
	struct chain chain;
	struct err err;
	size_t n;

	write_some(3);
	n = read_file(bytes, sizeof(bytes));
	write_file(bytes, n - 10);
	is_int(record_check(path, &chain, &err), -1);
	has_str(err.text, "entry 3: is cut off");
	record = record_open(path, &err);
	is_int(record_head(record)->n, 2);
	is_int(record_add(record, &err, "found", "again=1"), 0);
	record_close(&record);
	is_int(record_check(path, &chain, &err), 0);
	is_int(chain.n, 3);
}

TEST(two_writers_go_on_where_the_other_ended)
{
	struct record *record, *second;
	struct chain chain;
	struct err err;

	write_some(1);
	record = record_open(path, &err);
	second = record_open(path, &err);
	is_int(record_add(record, &err, "found", "n=2"), 0);
	is_int(record_add(second, &err, "applied", "n=3"), 0);
	is_int(record_add(second, &err, "applied", "n=4"), 0);
	is_int(record_follow(record, &err), 0);
	is_int(record_head(record)->n, 4);
	is_int(record_add(record, &err, "found", "n=5"), 0);
	is_int(record_check(path, &chain, &err), 0);
	is_int(chain.n, 5);
	is_str(chain.hash, record_head(record)->hash);
	record_close(&second);
	record_close(&record);
}

TEST(what_others_broke_is_not_gone_on_with)
{
	char bytes[2000];
	struct record *record;
	struct err err;
	size_t n;

	/* a line of another writer that is none */
	write_some(2);
	record = record_open(path, &err);
	n = read_file(bytes, sizeof(bytes));
	memcpy(bytes + n, "mine\n", 5);
	write_file(bytes, n + 5);
	is_int(record_add(record, &err, "found", "n=3"), -1);
	is_int(err.code, EBADMSG);
	has_str(err.text, "entry 3: ");
	/* entries gone */
	write_file(bytes, n - 5);
	is_int(record_add(record, &err, "found", "n=3"), -1);
	has_str(err.text, "entries are gone");
	/* another writer died in the midst of its line: it was never told to be there */
	memcpy(bytes + n, "3 2026", 6);
	write_file(bytes, n + 6);
	is_int(record_add(record, &err, "found", "n=3"), 0);
	is_int(record_head(record)->n, 3);
	record_close(&record);
}

TEST(a_file_that_is_not_there_is_said)
{
	struct chain chain;
	struct err err;

	(void)unlink(path);
	is_int(record_check(path, &chain, &err), -1);
	is_int(err.code, ENOENT);
}

int
main(void)
{
	if (!mkdtemp(folder))
		return 1;
	(void)snprintf(path, sizeof(path), "%s/audit.log", folder);
	RUN(entries_go_on_where_they_ended);
	RUN(a_flipped_byte_at_every_place_names_its_entry);
	RUN(a_broken_file_is_not_written_to);
	RUN(a_line_that_a_crash_cut_off_goes);
	RUN(two_writers_go_on_where_the_other_ended);
	RUN(what_others_broke_is_not_gone_on_with);
	RUN(a_file_that_is_not_there_is_said);
	(void)unlink(path);
	(void)rmdir(folder);
	return test_done();
}
