#include "services/dedupe-auditor/record/chain.h"

#include "tests/unit/test.h"

#define N 5

static char lines[N][CHAIN_LINE];
static struct chain head;

static void
make(void)
{
	static const char *const texts[N] = {"version=0.1.0", "sessions=3 different=0", "", "a=\"b c\"",
					     "rule=copies n=2"};
	int i;

	chain_init(&head);
	for (i = 0; i < N; i++)
		chain_add(&head, 1763889000000000 + i, "compared", texts[i], lines[i]);
}

/* How many lines are right. */
static int64_t
check(char all[N][CHAIN_LINE], int n)
{
	struct chain chain;
	struct err err;
	int i;

	chain_init(&chain);
	for (i = 0; i < n && chain_check(&chain, all[i], strlen(all[i]) - 1, &err) == 0; i++)
		;
	return chain.n;
}

TEST(what_was_added_is_right)
{
	make();
	is_int(head.n, N);
	is_int(check(lines, N), N);
	has_str(lines[0], "1 2025-11-23T09:10:00.000000Z compared version=0.1.0 sha256=");
	has_str(lines[4], head.hash);
}

TEST(a_flipped_byte_anywhere_is_seen_in_its_own_line)
{
	char all[N][CHAIN_LINE];
	size_t i, k, bit;

	make();
	for (i = 0; i < N; i++)
		for (k = 0; k + 1 < strlen(lines[i]); k++)
			for (bit = 0; bit < 8; bit++) {
				memcpy(all, lines, sizeof(all));
				all[i][k] = (char)(all[i][k] ^ 1 << bit);
				if (!all[i][k])
					continue;       /* ends the line: see below */
				ok(check(all, N) == (int64_t)i, "line %zu, byte %zu, bit %zu", i, k, bit);
			}
}

TEST(a_line_that_is_cut_or_too_long_is_seen)
{
	struct chain chain;
	struct err err;
	size_t len;

	make();
	for (len = 0; len + 1 < strlen(lines[0]); len++) {
		chain_init(&chain);
		ok(chain_check(&chain, lines[0], len, &err) < 0, "%zu bytes", len);
	}
	chain_init(&chain);
	is_int(chain_check(&chain, lines[0], CHAIN_LINE, &err), -1);
}

TEST(a_line_taken_out_put_in_or_moved_is_seen)
{
	char all[N][CHAIN_LINE];
	struct chain other;

	make();
	memcpy(all, lines, sizeof(all));
	memcpy(all[1], lines[2], CHAIN_LINE);
	is_int(check(all, N), 1);                       /* the second one is gone */
	memcpy(all, lines, sizeof(all));
	memcpy(all[0], lines[1], CHAIN_LINE);
	is_int(check(all, N), 0);                       /* the first one is gone */
	memcpy(all, lines, sizeof(all));
	memcpy(all[3], lines[2], CHAIN_LINE);
	is_int(check(all, N), 3);                       /* the third one twice */
	memcpy(all, lines, sizeof(all));
	chain_init(&other);
	chain_add(&other, 0, "forged", "", all[2]);
	is_int(check(all, N), 2);                       /* one of another chain */
}

TEST(a_number_that_lies_is_seen_though_its_digest_is_right)
{
	struct chain chain, forger;
	char line[CHAIN_LINE];
	struct err err;

	chain_init(&chain);
	chain_init(&forger);
	forger.n = 6;
	chain_add(&forger, 0, "forged", "", line);
	is_int(chain_check(&chain, line, strlen(line) - 1, &err), -1);
	has_str(err.text, "is not numbered 1");
}

TEST(text_of_any_kind_stays_one_line)
{
	char text[5000], line[CHAIN_LINE];
	struct chain chain, again;
	struct err err;

	chain_init(&chain);
	chain_init(&again);
	chain_add(&chain, 0, "found", "a\nb\tc\x01\xff", line);
	has_str(line, "found a?b?c?? sha256=");
	is_int(chain_check(&again, line, strlen(line) - 1, &err), 0);
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = 0;
	chain_add(&chain, 0, "found", text, line);
	ok(strlen(line) < CHAIN_LINE - 1 && line[strlen(line) - 1] == '\n');
	is_int(chain_check(&again, line, strlen(line) - 1, &err), 0);
}

int
main(void)
{
	RUN(what_was_added_is_right);
	RUN(a_flipped_byte_anywhere_is_seen_in_its_own_line);
	RUN(a_line_that_is_cut_or_too_long_is_seen);
	RUN(a_line_taken_out_put_in_or_moved_is_seen);
	RUN(a_number_that_lies_is_seen_though_its_digest_is_right);
	RUN(text_of_any_kind_stays_one_line);
	return test_done();
}
