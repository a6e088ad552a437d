#include "tests/unit/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/ble-ingest/recording.h"

#define HEAD RECORDING_HEADER "\n"

static char path[] = "/tmp/ihht-recording.XXXXXX";

static struct recording *
open_bytes(const char *bytes, size_t len, struct err *err)
{
	FILE *f = fopen(path, "w");

	fwrite(bytes, 1, len, f);
	fclose(f);
	return recording_open(path, err);
}

static struct recording *
open_text(const char *text, struct err *err)
{
	return open_bytes(text, strlen(text), err);
}

TEST(every_good_row_gives_its_values)
{
	static const struct {
		const char *line;
		double t_ms, spo2, heart_rate, motion, perfusion_index;
	} rows[] = {
		{"0,94,57,,", 0, 94, 57, NAN, NAN},
		{"1000,96.4,58.2,,", 1000, 96.4, 58.2, NAN, NAN},
		{"7,,,,", 7, NAN, NAN, NAN, NAN},
		{"8,0,0,0,0", 8, 0, 0, 0, 0},
		{"9,100,500,1000000,100", 9, 100, 500, 1000000, 100},
		{"10,99.9,60.05,3.125,0.007", 10, 99.9, 60.05, 3.125, 0.007},
		{"316224000000,1,1,1,1", 316224000000, 1, 1, 1, 1},
		{"0011,094,1,1,1", 11, 94, 1, 1, 1},
	};
	struct recording_row row;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (recording_parse(rows[i].line, strlen(rows[i].line), &row, &err) < 0) {
			ok(0, "%s: %s", rows[i].line, err.text);
			continue;
		}
		is_real((double)row.t_ms, rows[i].t_ms);
		is_real(row.spo2, rows[i].spo2);
		is_real(row.heart_rate, rows[i].heart_rate);
		is_real(row.motion, rows[i].motion);
		is_real(row.perfusion_index, rows[i].perfusion_index);
	}
}

TEST(a_number_is_the_one_strtod_reads)
{
	struct recording_row row;
	char line[64];
	int i;

	for (i = 0; i <= 1000; i++) {
		(void)snprintf(line, sizeof(line), "1,%d.%d,1,,", i / 10, i % 10);
		is_int(recording_parse(line, strlen(line), &row, NULL), 0);
		is_real(row.spo2, strtod(line + 2, NULL));
	}
}

TEST(every_bad_row_is_told_with_column_and_reason)
{
	static const struct {
		const char *line, *complaint;
	} rows[] = {
		{"", "column 1 (t_ms): must be a whole number"},
		{",94,57,,", "column 1 (t_ms): must be a whole number"},
		{"x,94,57,,", "column 1 (t_ms): must be a whole number"},
		{"1.5,94,57,,", "column 1 (t_ms): must be a whole number"},
		{"-1,94,57,,", "column 1 (t_ms): must be a whole number"},
		{" 1,94,57,,", "column 1 (t_ms): must be a whole number"},
		{"316224000001,94,57,,", "column 1 (t_ms): must be from 0 to 316224000000"},
		{"9999999999999999,94,57,,", "column 1 (t_ms): must be a whole number"},
		{"1", "column 2 (spo2): is missing"},
		{"1,94", "column 3 (heart_rate): is missing"},
		{"1,94,57,", "column 5 (perfusion_index): is missing"},
		{"1,94,57,,,", "column 6: there must be 5"},
		{"1,100.1,57,,", "column 2 (spo2): must be from 0 to 100"},
		{"1,-1,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,nan,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,inf,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,0x5e,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,9e1,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,9.,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,.9,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,9.4.1,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,.,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,94 ,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,\"94\",57,,", "column 2 (spo2): must be a number or empty"},
		{"1,9\xc3\xa4,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,\xff\xfe,57,,", "column 2 (spo2): must be a number or empty"},
		{"1,94,501,,", "column 3 (heart_rate): must be from 0 to 500"},
		{"1,94,57,1000001,", "column 4 (motion): must be from 0 to 1000000"},
		{"1,94,57,,100.5", "column 5 (perfusion_index): must be from 0 to 100"},
		{"1,94,57,,5\r", "column 5 (perfusion_index): must be a number or empty"},
	};
	struct recording_row row;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_int(recording_parse(rows[i].line, strlen(rows[i].line), &row, &err), -1);
		is_str(err.text, rows[i].complaint);
	}
	is_int(recording_parse("1,9\0004,57,,", 10, &row, &err), -1);
	is_str(err.text, "column 2 (spo2): must be a number or empty");
}

TEST(a_file_without_the_header_is_refused)
{
	static const char *const files[] = {
		"", "\n", "t_ms\n", "0,94,57,,\n", " " HEAD, "t_ms,spo2,heart_rate,motion\n",
		RECORDING_HEADER ",x\n", "T_MS,SPO2,HEART_RATE,MOTION,PERFUSION_INDEX\n",
		"t_ms;spo2;heart_rate;motion;perfusion_index\n",
	};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		ok(!open_text(files[i], &err), "%s", files[i]);
		has_str(err.text, "line 1: column 1: must be t_ms,spo2,heart_rate,motion,perfusion_index");
	}
}

TEST(every_form_of_the_header_and_of_line_ends_is_read)
{
	static const char *const files[] = {
		HEAD "0,94,57,,\n1000,95,57,,\n", HEAD "0,94,57,,\n1000,95,57,,",
		RECORDING_HEADER "\r\n0,94,57,,\r\n1000,95,57,,\r\n",
		"\xef\xbb\xbf" HEAD "0,94,57,,\n1000,95,57,,",
	};
	struct recording_row row;
	struct recording *r;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!ok((r = open_text(files[i], &err)), "file %zu: %s", i, err.text))
			continue;
		is_int(recording_rows(r), 2);
		is_int(recording_bad(r, &err), 0);
		is_int(recording_next(r, &row, &err), 1);
		is_real(row.spo2, 94);
		is_int(recording_next(r, &row, &err), 1);
		is_real(row.spo2, 95);
		is_int(recording_next(r, &row, &err), 0);
		is_int(recording_next(r, &row, &err), 0);
		recording_close(&r);
	}
}

TEST(a_bad_line_costs_nothing_else_and_is_told_with_file_and_line)
{
	struct recording_row row;
	struct recording *r;
	struct err err;

	r = open_text(HEAD "0,94,57,,\noops\n1000,95,57,,\n1000,96,57,,\n500,97,57,,\n\n2000,98,57,,",
		      &err);
	if (!ok(!!r, "%s", err.text))
		return;
	is_int(recording_rows(r), 3);
	is_int(recording_bad(r, &err), 4);
	has_str(err.text, path);
	has_str(err.text, ": line 3: column 1 (t_ms): must be a whole number");
	is_int(recording_next(r, &row, &err), 1);
	is_int(recording_next(r, &row, &err), -1);
	is_int(recording_next(r, &row, &err), 1);
	is_int(row.t_ms, 1000);
	is_int(recording_next(r, &row, &err), -1);
	has_str(err.text, "line 5: column 1 (t_ms): must be more than the 1000 before it");
	is_int(recording_next(r, &row, &err), -1);
	has_str(err.text, "line 6: column 1 (t_ms): must be more than the 1000 before it");
	is_int(recording_next(r, &row, &err), -1);
	has_str(err.text, "line 7");
	is_int(recording_next(r, &row, &err), 1);
	is_real(row.spo2, 98);
	is_int(recording_next(r, &row, &err), 0);
	recording_close(&r);
}

TEST(huge_lines_and_NULs_are_skipped)
{
	static char text[300000];
	struct recording_row row;
	struct recording *r;
	struct err err;
	size_t n = strlen(HEAD);

	memcpy(text, HEAD, n);
	memset(text + n, '1', 200000);
	n += 200000;
	memcpy(text + n, "\n5,94,57,,\n", 11);
	n += 11;
	memset(text + n, 0, 50000);
	n += 50000;
	memcpy(text + n, "\n6,95,57,,\n", 11);
	if (!ok((r = open_bytes(text, n + 11, &err)), "%s", err.text))
		return;
	is_int(recording_next(r, &row, &err), -1);
	has_str(err.text, "line 2: column 1: longer than 1000 bytes");
	is_int(recording_next(r, &row, &err), 1);
	is_int(row.t_ms, 5);
	is_int(recording_next(r, &row, &err), -1);
	is_int(recording_next(r, &row, &err), 1);
	is_int(row.t_ms, 6);
	recording_close(&r);
}

/* Lines that straddle what is read at once, at every offset. */
TEST(a_line_may_begin_anywhere_in_the_buffer)
{
	static char text[20000];
	struct recording_row row;
	struct recording *r;
	struct err err;
	int pad, i;
	size_t n;

	for (pad = 1; pad < 40; pad++) {
		n = (size_t)sprintf(text, HEAD "%0*d,94,57,,\n", pad, 0);
		for (i = 1; i < 600; i++)
			n += (size_t)sprintf(text + n, "%d,%d.5,57,,\n", i, i % 90);
		r = open_bytes(text, n, &err);
		is_int(recording_rows(r), pad <= 15 ? 600 : 599);
		while ((i = recording_next(r, &row, &err)))
			if (i > 0 && row.t_ms)
				is_real(row.spo2, (double)(row.t_ms % 90) + 0.5);
		recording_close(&r);
	}
}

TEST(the_period_is_the_usual_step)
{
	static const struct {
		const char *rows;
		int period_ms;
	} files[] = {
		{"", 1000},
		{"5,,,,\n", 1000},
		{"0,,,,\n500,,,,\n1500,,,,\n2500,,,,\n3500,,,,\n", 1000},
		{"0,,,,\n1000,,,,\n2000,,,,\n9000,,,,\n10000,,,,\n", 1000},
		{"840000,,,,\n3120000,,,,\n3180000,,,,\n3240000,,,,\n", 60000},
		{"0,,,,\n250,,,,\n500,,,,\n20000,,,,\n20250,,,,\n", 250},
	};
	char text[500];
	struct recording *r;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(text, sizeof(text), HEAD "%s", files[i].rows);
		r = open_text(text, &err);
		is_int(recording_period_ms(r), files[i].period_ms);
		recording_close(&r);
	}
}

TEST(the_epoch_is_that_of_the_content)
{
	struct err err;
	struct recording *a = open_text(HEAD "0,94,57,,\n", &err), *b, *c;

	b = open_text(HEAD "0,94,57,,\n", &err);
	c = open_text(HEAD "0,95,57,,\n", &err);
	is_int(recording_epoch(a), recording_epoch(b));
	ok(recording_epoch(a) != recording_epoch(c));
	ok(recording_epoch(a) > 0 && recording_epoch(a) <= 9007199254740992);
	recording_close(&a);
	recording_close(&b);
	recording_close(&c);
}

TEST(what_is_no_file_is_refused)
{
	struct err err;

	ok(!recording_open("/tmp", &err));
	has_str(err.text, "/tmp: is not a file");
	ok(!recording_open("/nowhere/x.csv", &err));
	has_str(err.text, "/nowhere/x.csv: No such file");
}

int
main(void)
{
	close(mkstemp(path));
	RUN(every_good_row_gives_its_values);
	RUN(a_number_is_the_one_strtod_reads);
	RUN(every_bad_row_is_told_with_column_and_reason);
	RUN(a_file_without_the_header_is_refused);
	RUN(every_form_of_the_header_and_of_line_ends_is_read);
	RUN(a_bad_line_costs_nothing_else_and_is_told_with_file_and_line);
	RUN(huge_lines_and_NULs_are_skipped);
	RUN(a_line_may_begin_anywhere_in_the_buffer);
	RUN(the_period_is_the_usual_step);
	RUN(the_epoch_is_that_of_the_content);
	RUN(what_is_no_file_is_refused);
	unlink(path);
	return test_done();
}
