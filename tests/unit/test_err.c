#include "common/err.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

TEST(an_error_is_minus_one_a_code_and_words)
{
	struct err err = {0};

	is_int(err_set(&err, EBADMSG, "%s.%s: bad", "sample", "seq"), -1);
	is_int(err.code, EBADMSG);
	is_str(err.text, "sample.seq: bad");
	is_int(err_in(&err, "row %d", 3), -1);
	is_int(err.code, EBADMSG);
	is_str(err.text, "row 3: sample.seq: bad");
}

TEST(who_does_not_want_the_words_gives_NULL)
{
	is_int(err_set(NULL, EIO, "x"), -1);
	is_int(err_in(NULL, "x"), -1);
}

TEST(the_words_may_be_made_of_the_words_that_are_there)
{
	struct err err;

	err_set(&err, EIO, "disk full");
	err_set(&err, EAGAIN, "%s: %s", "store", err.text);
	is_str(err.text, "store: disk full");
	err_in(&err, "%s", err.text);
	is_str(err.text, "store: disk full: store: disk full");
}

TEST(long_words_are_cut_at_the_size_and_never_within_a_character)
{
	struct err err;
	char text[400];
	int i, n;

	memset(text, 'x', sizeof(text));
	text[399] = 0;
	err_set(&err, EIO, "%s", text);
	is_int(strlen(err.text), sizeof(err.text) - 1);
	err_in(&err, "%s", text);
	is_int(strlen(err.text), sizeof(err.text) - 1);
	for (i = 290; i < 300; i++) {  /* the character of n bytes begins at i */
		for (n = 2; n <= 4; n++) {
			memset(text, 'x', sizeof(text));
			memcpy(text + i, n == 2 ? "é" : n == 3 ? "…" : "😀", (size_t)n);
			text[399] = 0;
			err_set(&err, EIO, "%s", text);
			is_int(strlen(err.text), i < 300 && i + n > 299 ? i : 299);
		}
	}
	memset(text, 'x', sizeof(text));
	text[299] = 0;
	err_set(&err, EIO, "%s", text);
	is_int(strlen(err.text), 299);
	err_in(&err, "here");
	is_int(strlen(err.text), 299);
	ok(!strncmp(err.text, "here: xxx", 9), "%s", err.text);
}

TEST(a_broken_promise_ends_the_process)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		(void)!freopen("/dev/null", "w", stderr);
		ASSERT(1 + 1 == 2);
		ASSERT(1 + 1 == 3);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	ok(WIFSIGNALED(status), "status %x", (unsigned)status);
}

int
main(void)
{
	RUN(an_error_is_minus_one_a_code_and_words);
	RUN(who_does_not_want_the_words_gives_NULL);
	RUN(the_words_may_be_made_of_the_words_that_are_there);
	RUN(long_words_are_cut_at_the_size_and_never_within_a_character);
	RUN(a_broken_promise_ends_the_process);
	return test_done();
}
