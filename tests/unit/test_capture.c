/* A capture: each form of a line, each way a line can be wrong, and what goes in comes out. */
#include "proto/capture.h"

#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"

#define PLX "00002a5f-0000-1000-8000-00805f9b34fb"
#define BAT "00002a19-0000-1000-8000-00805f9b34fb"

static const char *const good[] = {
	"1795403600306000 77 aa:bb:cc:dd:ee:ff plx begin 3600000000 - " PLX "," BAT " Nonin 3230 é",
	"1795403600306000 77 aa:bb:cc:dd:ee:ff plx begin -12600000000 1795403600000000 - -",
	"1795403600306000 77 aa:bb:cc:dd:ee:ff plx begin - - - -",
	"1795403600306000 77 aa:bb:cc:dd:ee:ff plx running 0 - " PLX " Nonin 3230",
	"1795403600306000 77 aa:bb:cc:dd:ee:ff plx heard " PLX " 00620048",
	"1795403600306000 9007199254740992 aa:bb:cc:dd:ee:ff plx heard " PLX " -",
	"0 0 x k due",
	"1795403600306000 77 aa:bb:cc:dd:ee:ff viatom end link_lost",
	"1795403600306000 77 aa:bb:cc:dd:ee:ff viatom end -",
};
#define N_GOOD (sizeof(good) / sizeof(good[0]))

TEST(every_form_is_read_and_written_back_as_it_was)
{
	char line[CAPTURE_LONGEST];
	struct raw raw;
	struct err err;
	size_t i;

	for (i = 0; i < N_GOOD; i++)
		if (ok(capture_read(good[i], strlen(good[i]), &raw, &err) == 1, "%s: %s", good[i],
		       err.text) &&
		    ok(capture_write(&raw, line, &err) == 0, "%s: %s", good[i], err.text))
			is_str(line, good[i]);
}

TEST(every_field_is_where_it_belongs)
{
	struct raw raw;
	struct err err;

	is_int(capture_read(good[0], strlen(good[0]), &raw, &err), 1);
	is_int(raw.at_us, 1795403600306000);
	is_int(raw.mono_us, 77);
	is_str(raw.device_id, "aa:bb:cc:dd:ee:ff");
	is_str(raw.kind, "plx");
	is_int(raw.what, RAW_BEGIN);
	is_int(raw.zone_us, 3600000000);
	is_int(raw.known_us, MSG_NONE);
	is_str(raw.port, PLX "," BAT);
	is_str(raw.name, "Nonin 3230 é");
	is_int(capture_read(good[1], strlen(good[1]), &raw, &err), 1);
	is_int(raw.known_us, 1795403600000000);
	is_str(raw.name, "");
	is_int(capture_read(good[4], strlen(good[4]), &raw, &err), 1);
	is_int(raw.what, RAW_HEARD);
	is_str(raw.port, PLX);
	is_int(raw.bytes.len, 4);
	is_int(memcmp(raw.bytes.bytes, "\x00\x62\x00\x48", 4), 0);
	is_int(capture_read(good[7], strlen(good[7]), &raw, &err), 1);
	is_int(raw.what, RAW_END);
	is_int(raw.reason, GAP_LINK_LOST);
}

TEST(remarks_and_empty_lines_are_passed_over)
{
	struct raw raw;
	struct err err;

	is_int(capture_read("", 0, &raw, &err), 0);
	is_int(capture_read(CAPTURE_HEADER, strlen(CAPTURE_HEADER), &raw, &err), 0);
}

TEST(every_wrong_line_is_told_its_column)
{
	static const struct { const char *line, *why; } rows[] = {
		{" ", "column 1 (at_us): is empty"},
		{"x", "column 1 (at_us): must be a whole number"},
		{"-", "column 1 (at_us): must be a whole number"},
		{"--1 7 x plx due", "column 1 (at_us): must be a whole number"},
		{"1e3 7 x plx due", "column 1 (at_us): must be a whole number"},
		{"999999999999999999 7 x plx due", "column 1 (at_us): must be a whole number"},
		{"-1 7 x plx due", "raw.at_us"},
		{"1", "column 2 (mono_us): is missing"},
		{"1  7 x plx due", "column 2 (mono_us): is empty; one space between"},
		{"1 -7 x plx due", "raw.mono_us"},
		{"1 7", "column 3 (device_id): is missing"},
		{"1 7 - plx due", "raw.device_id"},
		{"1 7 x", "column 4 (kind): is missing"},
		{"1 7 x\ty plx due", "column 3 (device_id): has a control character"},
		{"1 7 x 123456789012345678901234567890123 due", "column 4 (kind): is too long"},
		{"1 7 x plx", "column 5 (what): is missing"},
		{"1 7 x plx -", "column 5 (what): must be one of begin, heard, due, end, running"},
		{"1 7 x plx speaks", "column 5 (what): must be one of begin, heard, due, end, running"},
		{"1 7 x plx due now", "column 6: there must be 5"},
		{"1 7 x plx due ", "column 6: there must be 5"},
		{"1 7 x plx begin", "column 6 (zone_us): is missing"},
		{"1 7 x plx begin y - - n", "column 6 (zone_us): must be a whole number"},
		{"1 7 x plx begin 0", "column 7 (known_us): is missing"},
		{"1 7 x plx begin 0 x - n", "column 7 (known_us): must be a whole number"},
		{"1 7 x plx begin 86400000001 - - n", "raw.zone_us"},
		{"1 7 x plx begin 0 -", "column 8 (ports): is missing"},
		{"1 7 x plx begin 0 - -", "column 9 (name): is missing"},
		{"1 7 x plx begin 0 - - ", "column 9 (name): is missing"},
		{"1 7 x plx begin 0 - - a\tb", "column 9 (name): has a control character"},
		{"1 7 x plx begin 0 - - \xff\xff", "raw.name"},
		{"1 7 x plx begin 0 - - 12345678901234567890123456789012345678901234567890123456789012345",
		 "column 9 (name): is too long"},
		{"1 7 x plx heard", "column 6 (port): is missing"},
		{"1 7 x plx heard p", "column 7 (bytes): is missing"},
		{"1 7 x plx heard p 123", "column 7 (bytes): must be up to 512 bytes in hex"},
		{"1 7 x plx heard p 1G", "column 7 (bytes): must be hex"},
		{"1 7 x plx heard p G1", "column 7 (bytes): must be hex"},
		{"1 7 x plx heard p AB", "column 7 (bytes): must be hex, in small letters"},
		{"1 7 x plx heard p 12 34", "column 8: there must be 7"},
		{"1 7 x plx end", "column 6 (reason): is missing"},
		{"1 7 x plx end bored", "column 6 (reason): must be one of link_lost, device_silent"},
		{"1 7 x plx end - -", "column 7: there must be 6"},
	};
	struct raw raw, before;
	struct err err;
	size_t i;

	memset(&before, 0x5a, sizeof(before));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		raw = before;
		err = (struct err){0};
		ok(capture_read(rows[i].line, strlen(rows[i].line), &raw, &err) == -1, "%s",
		   rows[i].line);
		ok(strstr(err.text, rows[i].why), "%s: \"%s\" lacks \"%s\"", rows[i].line, err.text,
		   rows[i].why);
		ok(!memcmp(&raw, &before, sizeof(raw)), "%s: something was written", rows[i].line);
	}
}

TEST(a_nul_byte_is_no_end_of_a_line)
{
	struct raw raw;
	struct err err;

	is_int(capture_read("1 7 x\0y plx due", 15, &raw, &err), -1);
	has_str(err.text, "column 3 (device_id): has a control character");
}

TEST(bytes_are_bounded)
{
	char line[1200] = "1 7 x plx heard p ";
	size_t at = strlen(line);
	struct raw raw;
	struct err err;

	memset(line + at, '0', 1026);
	is_int(capture_read(line, at + 1024, &raw, &err), 1);
	is_int(raw.bytes.len, 512);
	is_int(capture_read(line, at + 1026, &raw, &err), -1);
	has_str(err.text, "must be up to 512 bytes");
}

TEST(what_no_line_can_hold_is_refused)
{
	static const struct { const char *id, *kind, *port, *why; int64_t what; } rows[] = {
		{"a b", "plx", "", "raw.device_id: cannot be a column", RAW_DUE},
		{"-", "plx", "", "raw.device_id: cannot be a column", RAW_DUE},
		{"", "plx", "", "raw.device_id", RAW_DUE},
		{"x", "p\nlx", "", "raw.kind: cannot be a column", RAW_DUE},
		{"x", "plx", "a b", "raw.port: cannot be a column", RAW_HEARD},
		{"x", "plx", "", "raw.what: is missing", RAW_NONE},
	};
	char line[CAPTURE_LONGEST];
	struct raw raw;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		msg_clear(&msg_raw, &raw);
		strcpy(raw.device_id, rows[i].id);
		strcpy(raw.kind, rows[i].kind);
		strcpy(raw.port, rows[i].port);
		raw.what = rows[i].what;
		is_int(capture_write(&raw, line, &err), -1);
		has_str(err.text, rows[i].why);
	}
}

TEST(a_name_never_breaks_its_line)
{
	char line[CAPTURE_LONGEST];
	struct raw raw;
	struct err err;

	is_int(capture_read(good[0], strlen(good[0]), &raw, &err), 1);
	strcpy(raw.name, "a\nb\x7f" "c d");
	is_int(capture_write(&raw, line, &err), 0);
	has_str(line, " a?b?c d");
	is_int(capture_read(line, strlen(line), &raw, &err), 1);
	is_str(raw.name, "a?b?c d");
}

/* Fields that a line of this kind does not carry. */
static void
leave_out(struct raw *raw)
{
	if (raw->what != RAW_BEGIN && raw->what != RAW_RUNNING) {
		raw->name[0] = 0;
		raw->zone_us = MSG_NONE;
		raw->known_us = MSG_NONE;
	}
	if (raw->what == RAW_DUE || raw->what == RAW_END)
		raw->port[0] = 0;
	if (raw->what != RAW_HEARD)
		raw->bytes.len = 0;
	if (raw->what != RAW_END)
		raw->reason = GAP_NONE;
}

TEST(what_goes_in_comes_out)
{
	char line[CAPTURE_LONGEST];
	struct raw in, out;
	struct err err;
	const char *what;
	int i, n = 0;

	for (i = 0; i < 20000; i++) {
		any_msg(&msg_raw, &in);
		if (i % 2) {
			strcpy(in.device_id, "aa:bb:cc:dd:ee:ff");
			strcpy(in.kind, "plx");
			strcpy(in.port, PLX);
		}
		if (capture_write(&in, line, &err) < 0)
			continue;
		n++;
		ok(strlen(line) < CAPTURE_LONGEST);
		if (!ok(capture_read(line, strlen(line), &out, &err) == 1, "%s: %s", line, err.text))
			continue;
		if (in.what == RAW_BEGIN || in.what == RAW_RUNNING)
			strcpy(in.name, out.name);  /* for people: see above */
		leave_out(&in);
		what = differs(&msg_raw, &in, &out);
		ok(!what, "%s: %s", line, what);
	}
	ok(n > 5000, "%d", n);
}

int
main(void)
{
	RUN(every_form_is_read_and_written_back_as_it_was);
	RUN(every_field_is_where_it_belongs);
	RUN(remarks_and_empty_lines_are_passed_over);
	RUN(every_wrong_line_is_told_its_column);
	RUN(a_nul_byte_is_no_end_of_a_line);
	RUN(bytes_are_bounded);
	RUN(what_no_line_can_hold_is_refused);
	RUN(a_name_never_breaks_its_line);
	RUN(what_goes_in_comes_out);
	return test_done();
}
