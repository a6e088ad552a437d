/*
 * One row per check: for every field of every message, made from the table, each way it can
 * be wrong on the wire and in a struct.  Each must be refused by name, and touch nothing.
 */
#include <errno.h>
#include <stdlib.h>

#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"
#include "tests/unit/wire.h"

static struct wire wire, value;  /* a frame; one value to put into it */

static const struct msg_head head = {1, 1795403600306123, 42};

/* A valid message in which field i is what is in `value`, as a frame in `wire`. */
static void
make_frame(const struct message *m, int i, const void *msg)
{
	struct msg_head h = head;

	h.version = m->version;
	wire_start(&wire, &h, (size_t)m->n_fields);
	wire_fields(&wire, m, msg, i);
	wire_raw(&wire, value.bytes, value.len);
	for (i++; i < m->n_fields; i++)
		wire_field(&wire, &m->fields[i], msg);
	value.len = 0;
}

static void
is_refused(const struct message *m, int i, const void *msg, const char *what, const char *why)
{
	char *was = malloc(m->size), *got = malloc(m->size), name[200];
	struct msg_head h = {7, 7, 7};
	struct err err = {0};
	uint8_t *exact;

	make_frame(m, i, msg);
	exact = malloc(wire.len);  /* so that ASan sees the first byte too far */
	memcpy(exact, wire.bytes, wire.len);
	memset(was, 0x5a, m->size);
	memset(got, 0x5a, m->size);
	snprintf(name, sizeof(name), "%s.%s: must be %s", m->name, m->fields[i].name, why);
	ok(msg_decode(m, exact, wire.len, &h, got, &err) == -1, "%s.%s: %s was taken", m->name,
	   m->fields[i].name, what);
	ok(err.code == EBADMSG && strstr(err.text, name) == err.text,
	   "%s.%s: %s: \"%s\", not \"%s\"", m->name, m->fields[i].name, what, err.text, name);
	ok(!memcmp(was, got, m->size) && h.version == 7 && h.run == 7 && h.n == 7,
	   "%s.%s: %s was refused and yet written", m->name, m->fields[i].name, what);
	free(exact);
	free(was);
	free(got);
}

static void
is_taken(const struct message *m, int i, const void *msg, const char *what)
{
	char *got = malloc(m->size);
	struct msg_head h;
	struct err err = {0};

	make_frame(m, i, msg);
	ok(msg_decode(m, wire.bytes, wire.len, &h, got, &err) == 0, "%s.%s: %s: %s", m->name,
	   m->fields[i].name, what, err.text);
	free(got);
}

#define EACH(m, i) \
	for (int k_ = 0; ((m) = msg_at(k_)); k_++) \
		for (int i = 0; i < (m)->n_fields; i++)

static void *
new_msg(const struct message *m)
{
	void *msg = malloc(m->size);

	any_msg(m, msg);
	return msg;
}

static int
is_number(const struct msg_field *f)
{
	return f->kind == MSG_INT || f->kind == MSG_OPT || f->kind == MSG_WORD || f->kind == MSG_SET;
}

static int64_t
least(const struct msg_field *f)
{
	return f->words ? 0 : f->min;
}

static int64_t
most(const struct msg_field *f)
{
	return f->kind == MSG_WORD ? f->words->n - 1
	       : f->kind == MSG_SET ? ((int64_t)1 << f->words->n) - 1 : f->max;
}

static const char *
range(const struct msg_field *f)
{
	static char text[400];
	char list[200];

	if (f->words)
		snprintf(text, sizeof(text), "%s of %s", f->kind == MSG_WORD ? "one" : "some",
			 words_list(f->words, list, sizeof(list)));
	else
		snprintf(text, sizeof(text), "from %lld to %lld", (long long)f->min,
			 (long long)f->max);
	text[150] = 0;  /* longer lists are cut */
	return text;
}

TEST(an_integer_must_lie_in_its_range)
{
	const struct message *m;

	EACH(m, i) {
		const struct msg_field *f = &m->fields[i];
		void *msg = new_msg(m);

		if (is_number(f)) {
			wire_int(&value, least(f));
			is_taken(m, i, msg, "the least");
			wire_int(&value, most(f));
			is_taken(m, i, msg, "the most");
			wire_int(&value, least(f) - 1);
			is_refused(m, i, msg, "too small", range(f));
			wire_int(&value, INT64_MIN);
			is_refused(m, i, msg, "the absent mark", range(f));
			if (most(f) < INT64_MAX) {
				wire_int(&value, most(f) + 1);
				is_refused(m, i, msg, "too large", range(f));
				wire_int(&value, INT64_MAX);
				is_refused(m, i, msg, "far too large", range(f));
			}
			wire_head(&value, 0xcf, (uint64_t)1 << 63, 8);
			is_refused(m, i, msg, "beyond int64", "an integer");
		}
		free(msg);
	}
}

TEST(a_real_must_lie_in_its_range_and_be_a_number)
{
	const struct message *m;

	EACH(m, i) {
		const struct msg_field *f = &m->fields[i];
		void *msg = new_msg(m);

		if (f->kind == MSG_REAL) {
			wire_real(&value, (double)f->min);
			is_taken(m, i, msg, "the least");
			wire_real(&value, (double)f->max);
			is_taken(m, i, msg, "the most");
			wire_head(&value, 0xca, 0x3e800000, 4);
			is_taken(m, i, msg, "a short 0.25");
			wire_int(&value, f->min - 1);
			is_refused(m, i, msg, "an integer too small", range(f));
			wire_real(&value, nextafter((double)f->min, -1e9) - 1e-300);
			is_refused(m, i, msg, "just too small", range(f));
			wire_int(&value, f->max + 1);
			is_refused(m, i, msg, "an integer too large", range(f));
			wire_real(&value, nextafter((double)f->max, 1e99));
			is_refused(m, i, msg, "just too large", range(f));
			wire_real(&value, (double)INFINITY);
			is_refused(m, i, msg, "infinite", range(f));
			wire_head(&value, 0xca, 0xff800000, 4);
			is_refused(m, i, msg, "a short minus infinite", range(f));
			wire_real(&value, (double)NAN);
			is_refused(m, i, msg, "NaN", "a number");
			wire_head(&value, 0xca, 0x7fc00000, 4);
			is_refused(m, i, msg, "a short NaN", "a number");
		}
		free(msg);
	}
}

TEST(each_type_in_the_place_of_each_other_is_refused)
{
	const struct message *m;

	EACH(m, i) {
		const struct msg_field *f = &m->fields[i];
		void *msg = new_msg(m);
		const char *want = is_number(f) ? "an integer" : f->kind == MSG_REAL ? "a number"
				   : f->kind == MSG_BIN ? "bytes" : "text";
		int may_lack = f->kind == MSG_OPT || f->kind == MSG_REAL ||
			       (!is_number(f) && f->min == 0);

		wire_nil(&value);
		if (may_lack)
			is_taken(m, i, msg, "nil");
		else
			is_refused(m, i, msg, "nil", want);
		wire_head(&value, 0xc2, 0, 0);
		is_refused(m, i, msg, "false", want);
		wire_head(&value, 0xc3, 0, 0);
		is_refused(m, i, msg, "true", want);
		if (is_number(f)) {
			wire_real(&value, (double)least(f));
			is_refused(m, i, msg, "a real", want);
		} else if (f->kind != MSG_REAL) {
			wire_int(&value, 1);
			is_refused(m, i, msg, "an integer", want);
			wire_real(&value, 0.5);
			is_refused(m, i, msg, "a real", want);
		}
		if (f->kind != MSG_STR && f->kind != MSG_UUID) {
			wire_str(&value, "1", 1);
			is_refused(m, i, msg, "text", want);
		}
		if (f->kind != MSG_BIN) {
			wire_bin(&value, "1", 1);
			is_refused(m, i, msg, "bytes", want);
		}
		free(msg);
	}
}

TEST(text_and_bytes_must_have_their_length)
{
	static char long_text[1100000];
	const struct message *m;
	char why[100];

	memset(long_text, 'x', sizeof(long_text));
	EACH(m, i) {
		const struct msg_field *f = &m->fields[i];
		void *msg = new_msg(m);
		void (*put)(struct wire *, const void *, size_t) = f->kind == MSG_BIN ? wire_bin
										      : wire_str;

		snprintf(why, sizeof(why), f->min == f->max ? "%lld bytes" : "%lld to %lld bytes",
			 (long long)f->min, (long long)f->max);
		if (f->kind == MSG_STR || f->kind == MSG_BIN) {
			put(&value, long_text, (size_t)f->min);
			is_taken(m, i, msg, "the shortest");
			put(&value, long_text, (size_t)f->max);
			is_taken(m, i, msg, "the longest");
		}
		if (!is_number(f) && f->kind != MSG_REAL) {
			put(&value, long_text, (size_t)f->max + 1);
			is_refused(m, i, msg, "too long", why);
			if (f->min) {
				put(&value, long_text, (size_t)f->min - 1);
				is_refused(m, i, msg, "too short", why);
				put(&value, "", 0);
				is_refused(m, i, msg, "empty", why);
			}
		}
		free(msg);
	}
}

static const struct {
	const char *bytes;
	size_t len;
	const char *what;
} not_utf8[] = {
#define BYTES(text, what) {text, sizeof(text) - 1, what}
	BYTES("\x80", "a continuation without a start"),
	BYTES("\xbf\xbf", "two of them"),
	BYTES("\xc3", "cut after one of two"),
	BYTES("\xe2\x82", "cut after two of three"),
	BYTES("\xf0\x9f\x98", "cut after three of four"),
	BYTES("\xc3(", "a start without a continuation"),
	BYTES("\xe2(\xac", "second of three wrong"),
	BYTES("\xe2\x82(", "third of three wrong"),
	BYTES("\xf0\x9f\x98(", "fourth of four wrong"),
	BYTES("\xe2\x82\xc0", "a start for a continuation"),
	BYTES("\xc0\xaf", "overlong two"),
	BYTES("\xc0\x80", "overlong NUL"),
	BYTES("\xc1\xbf", "overlong two, the last"),
	BYTES("\xe0\x9f\xbf", "overlong three"),
	BYTES("\xf0\x8f\xbf\xbf", "overlong four"),
	BYTES("\xed\xa0\x80", "the first surrogate"),
	BYTES("\xed\xbf\xbf", "the last surrogate"),
	BYTES("\xf4\x90\x80\x80", "above 10ffff"),
	BYTES("\xf5\x80\x80\x80", "f5"),
	BYTES("\xf8\x88\x80\x80\x80", "five bytes"),
	BYTES("\xff", "ff"),
	BYTES("\0", "NUL"),
	BYTES("a\0b", "NUL within"),
};

TEST(text_must_be_UTF_8_without_NUL)
{
	const struct message *m;
	size_t n;

	EACH(m, i) {
		void *msg = new_msg(m);

		for (n = 0; n < sizeof(not_utf8) / sizeof(not_utf8[0]); n++) {
			if (m->fields[i].kind != MSG_STR ||
			    not_utf8[n].len > (size_t)m->fields[i].max)
				continue;
			wire_str(&value, not_utf8[n].bytes, not_utf8[n].len);
			is_refused(m, i, msg, not_utf8[n].what, "UTF-8 without NUL");
		}
		free(msg);
	}
}

TEST(a_UUID_must_be_36_characters_in_lower_case)
{
	static const char good[] = "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11";
	static const struct {
		int place;
		char c;
	} wrong[] = {{0, 'A'}, {1, 'F'}, {35, 'g'}, {8, '0'}, {13, 'a'}, {18, '0'}, {23, '_'},
		     {7, '-'}, {9, '-'}, {5, '\0'}, {35, '\0'}, {35, ' '}, {0, '{'}, {20, '/'},
		     {20, ':'}, {20, '`'}, {20, '@'}};
	const struct message *m;
	char text[37];
	size_t n;

	EACH(m, i) {
		void *msg = new_msg(m);

		if (m->fields[i].kind == MSG_UUID) {
			wire_str(&value, good, 36);
			is_taken(m, i, msg, "a good one");
			for (n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
				memcpy(text, good, sizeof(text));
				text[wrong[n].place] = wrong[n].c;
				wire_str(&value, text, 36);
				is_refused(m, i, msg, text, "a UUID in lower case");
			}
			if (!m->fields[i].min) {
				wire_str(&value, good, 35);
				is_refused(m, i, msg, "35 characters", "a UUID in lower case");
			}
		}
		free(msg);
	}
}

/* What a programmer can put into a struct is refused on the way out with the same words. */
TEST(a_struct_that_breaks_a_limit_is_not_sent)
{
	static uint8_t out[1 << 20];
	const struct message *m;
	struct err err;
	char name[100];
	size_t len;

	EACH(m, i) {
		const struct msg_field *f = &m->fields[i];
		char *msg = new_msg(m);
		int64_t low = is_number(f) ? least(f) - 1 : 0;
		double real = (double)f->max + 0.5;

		if (is_number(f))
			memcpy(msg + f->offset, &low, sizeof(low));
		else if (f->kind == MSG_REAL)
			memcpy(msg + f->offset, &real, sizeof(real));
		else if (f->kind == MSG_BIN)
			((struct msg_bytes *)(msg + f->offset))->len = (uint32_t)f->max + 1;
		else if (f->kind == MSG_UUID)
			memcpy(msg + f->offset, "0C9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11", 37);
		else
			memcpy(msg + f->offset, "\xff", 2);
		snprintf(name, sizeof(name), "%s.%s: must be", m->name, f->name);
		ok(msg_encode(m, &head, msg, out, sizeof(out), &len, &err) == -1, "%s", name);
		has_str(err.text, name);
		ok(msg_check(m, msg, &err) == -1, "%s", name);
		has_str(err.text, name);
		ok(msg_check_field(m, f, msg, &err) == -1, "%s", name);
		free(msg);
	}
}

int
main(void)
{
	RUN(an_integer_must_lie_in_its_range);
	RUN(a_real_must_lie_in_its_range_and_be_a_number);
	RUN(each_type_in_the_place_of_each_other_is_refused);
	RUN(text_and_bytes_must_have_their_length);
	RUN(text_must_be_UTF_8_without_NUL);
	RUN(a_UUID_must_be_36_characters_in_lower_case);
	RUN(a_struct_that_breaks_a_limit_is_not_sent);
	return test_done();
}
