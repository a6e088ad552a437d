/* Other programs: how they end, what is heard of them, where their output goes. */
#include "common/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char said[40];
static struct err err;

static int
sh(const char *script)
{
	const char *argv[] = {"sh", "-c", script, NULL};
	struct program program = {.argv = argv, .out = -1};

	return program_run(&program, said, sizeof(said), &err);
}

TEST(how_it_ends_is_told)
{
	const char *nobody[] = {"no-such-program-of-anybody", NULL};
	struct program program = {.argv = nobody, .out = -1};

	is_int(sh("exit 0"), 0);
	is_int(sh("exit 7"), 7);
	is_int(sh("kill -9 $$"), 128 + 9);
	is_int(program_run(&program, said, sizeof(said), &err), 127);
}

TEST(standard_error_is_heard_and_cut)
{
	(void)sh("echo out; echo this is wrong >&2");
	is_str(said, "this is wrong\n");
	is_int(sh("yes | head -c 1000000 >&2"), 0);
	is_int(strlen(said), sizeof(said) - 1);
	(void)sh("exit 0");
	is_str(said, "");
	is_int(sh("test -z \"$(cat)\""), 0);
}

static void
set_word(const void *arg)
{
	(void)setenv("WORD", arg, 1);
}

TEST(it_runs_as_prepared)
{
	const char *argv[] = {"sh", "-c", "printf '%s' \"$WORD\"", NULL};
	struct program program = {argv, -1, set_word, "of the child"};
	char path[] = "/tmp/ihht-unit-XXXXXX", text[40] = "";

	program.out = mkstemp(path);
	is_int(program_run(&program, said, sizeof(said), &err), 0);
	is_int(pread(program.out, text, sizeof(text) - 1, 0), 12);
	is_str(text, "of the child");
	ok(!getenv("WORD"));
	(void)close(program.out);
	(void)unlink(path);
}

int
main(void)
{
	RUN(how_it_ends_is_told);
	RUN(standard_error_is_heard_and_cut);
	RUN(it_runs_as_prepared);
	return test_done();
}
