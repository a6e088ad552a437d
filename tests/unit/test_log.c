#include "common/log.h"

#include <stdlib.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char said[4000];

static FILE *file;
static int real_stderr;

static void
listen_to_stderr(void)
{
	fflush(stderr);
	file = tmpfile();
	real_stderr = dup(2);
	dup2(fileno(file), 2);
}

/* What was said since, in `said`. */
static void
stop_listening(void)
{
	size_t n;

	fflush(stderr);
	dup2(real_stderr, 2);
	close(real_stderr);
	rewind(file);
	n = fread(said, 1, sizeof(said) - 1, file);
	said[n] = 0;
	fclose(file);
}

static int
count(const char *text, char c)
{
	int n = 0;

	for (; *text; text++)
		n += *text == c;
	return n;
}

TEST(a_line_is_time_level_process_event_and_fields)
{
	char *after = NULL;

	listen_to_stderr();
	log_warn("sample_dropped", "why=\"%s\" n=%d", "sample.seq: bad", 3);
	stop_listening();
	ok(strtoll(said, &after, 10) > 1700000000, "%s", said);
	ok(after && *after == '.' && after[4] == ' ', "%s", said);
	is_str(after + 4, " warn tester sample_dropped why=\"sample.seq: bad\" n=3\n");
}

TEST(without_fields_there_is_no_space_at_the_end)
{
	listen_to_stderr();
	log_info("ready", "%s", "");
	log_error("gone", "%s", "");
	stop_listening();
	has_str(said, " info tester ready\n");
	has_str(said, " error tester gone\n");
}

TEST(no_text_breaks_the_line)
{
	char bad[2];
	int c;

	listen_to_stderr();
	for (c = 1; c < 32; c++) {
		bad[0] = (char)c;
		bad[1] = 0;
		log_warn("x", "why=\"a%sb\"", bad);
	}
	log_warn("x", "why=\"a%sb\"", "\x7f");
	log_warn("x", "why=\"%s\"", "\r\n1795403600.306 error forged line\n");
	stop_listening();
	is_int(count(said, '\n'), 33);
	for (c = 1; c < 32; c++)
		is_int(count(said, (char)c), c == '\n' ? 33 : 0);
	is_int(count(said, 127), 0);
	ok(!strstr(said, "\n1795403600.306"));
}

TEST(a_long_line_is_cut_and_still_ends)
{
	char text[3000];

	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	listen_to_stderr();
	log_warn("long", "why=\"%s\"", text);
	log_warn("next", "%s", "");
	stop_listening();
	is_int(count(said, '\n'), 2);
	ok(strlen(said) < 1100, "%zu", strlen(said));
	has_str(said, "x\n");
}

TEST(debug_is_silent_unless_asked_for)
{
	unsetenv("IHHT_DEBUG");
	listen_to_stderr();
	log_debug("quiet", "%s", "");
	setenv("IHHT_DEBUG", "1", 1);
	log_debug("loud", "%s", "");
	unsetenv("IHHT_DEBUG");
	stop_listening();
	ok(!strstr(said, "quiet"));
	has_str(said, " debug tester loud\n");
}

TEST(a_repeated_warning_is_said_once_a_minute_with_its_count)
{
	struct log_often often = {0};
	int64_t now = 5;

	is_int(log_often(&often, now), 1);
	is_int(often.n, 1);
	often.n = 0;
	is_int(log_often(&often, now + 1), 0);
	is_int(log_often(&often, now + 59999999), 0);
	is_int(log_often(&often, now + 60000000), 1);
	is_int(often.n, 3);
	often.n = 0;
	is_int(log_often(&often, now + 60000001), 0);
	is_int(log_often(&often, now + 120000000), 1);
}

int
main(void)
{
	log_open("tester");
	RUN(a_line_is_time_level_process_event_and_fields);
	RUN(without_fields_there_is_no_space_at_the_end);
	RUN(no_text_breaks_the_line);
	RUN(a_long_line_is_cut_and_still_ends);
	RUN(debug_is_silent_unless_asked_for);
	RUN(a_repeated_warning_is_said_once_a_minute_with_its_count);
	return test_done();
}
