#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"
#include "tests/unit/wire.h"

#ifdef __SANITIZE_ADDRESS__
#define IS_ASAN 1  /* maps terabytes for itself */
#else
#define IS_ASAN 0
#endif

static struct wire wire;
static const struct msg_head head = {1, 1795403600306123, 42};

/* Decodes from a block of exactly that size, so that ASan sees one byte too far. */
static int
decode_exact(const struct message *m, const uint8_t *bytes, size_t len, void *msg,
	     struct err *err)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct msg_head h;
	int r;

	memcpy(exact, bytes, len);
	r = msg_decode(m, len ? exact : exact + 1, len, &h, msg, err);
	free(exact);
	return r;
}

TEST(every_message_arrives_as_it_was_sent)
{
	static uint8_t out[1 << 20];
	const struct message *m;
	struct msg_head h, own = head;
	struct err err;
	char *sent, *got;
	size_t len;
	int i, round;

	for (i = 0; (m = msg_at(i)); i++) {
		own.version = m->version;
		sent = malloc(m->size);
		got = malloc(m->size);
		for (round = 0; round < 100; round++) {
			any_msg(m, sent);
			if (!ok(msg_encode(m, &head, sent, out, sizeof(out), &len, &err) == 0, "%s",
				err.text))
				break;
			ok(len <= m->max_bytes, "%s: %zu bytes", m->name, len);
			ok(decode_exact(m, out, len, got, &err) == 0, "%s", err.text);
			is_str(differs(m, sent, got), NULL);
			wire_start(&wire, &own, (size_t)m->n_fields);
			wire_fields(&wire, m, sent, m->n_fields);
			ok(wire.len == len && !memcmp(wire.bytes, out, len), "%s: bytes", m->name);
		}
		is_int(msg_decode(m, out, len, &h, got, &err), 0);
		ok(h.version == m->version && h.run == head.run && h.n == head.n, "%s", m->name);
		free(sent);
		free(got);
	}
}

TEST(the_largest_message_fits_max_bytes_and_one_byte_less_is_said)
{
	const struct message *m;
	struct msg_head far = {1, MSG_COUNT, MSG_COUNT};
	struct err err;
	uint8_t *out;
	size_t len = 0, cut, at_least;
	char *msg;
	int i, k;

	for (i = 0; (m = msg_at(i)); i++) {
		msg = malloc(m->size);
		out = malloc(m->max_bytes);
		msg_clear(m, msg);
		for (k = 0; k < m->n_fields; k++)
			do  /* until every field has its longest form */
				any_field(&m->fields[k], msg);
			while ((m->fields[k].kind == MSG_STR &&
				strlen(msg_str(&m->fields[k], msg)) < (size_t)m->fields[k].max) ||
			       (m->fields[k].kind == MSG_BIN &&
				msg_bin(&m->fields[k], msg)->len < (uint32_t)m->fields[k].max) ||
			       (m->fields[k].kind == MSG_UUID && !*msg_str(&m->fields[k], msg)));
		is_int(msg_encode(m, &far, msg, out, m->max_bytes, &len, &err), 0);
		at_least = len > 600 ? len - 600 : 0;
		for (cut = len; cut-- > at_least;)
			if (!ok(msg_encode(m, &far, msg, out, cut, &len, &err) == -1 &&
				err.code == EMSGSIZE, "%s into %zu", m->name, cut))
				break;
		has_str(err.text, "larger than");
		free(out);
		free(msg);
	}
}

TEST(every_truncation_is_refused)
{
	const struct message *m;
	char *msg, *was;
	struct err err;
	size_t len;
	int i, round;

	for (i = 0; (m = msg_at(i)); i++) {
		msg = malloc(m->size);
		was = malloc(m->size);
		for (round = 0; round < 5; round++) {
			any_msg(m, msg);
			wire_start(&wire, &head, (size_t)m->n_fields);
			wire_fields(&wire, m, msg, m->n_fields);
			memcpy(was, msg, m->size);
			/* of long ones the middle is all one field */
			for (len = 0; len < wire.len; len += len > 700 && len + 700 < wire.len ? 211 : 1)
				if (!ok(decode_exact(m, wire.bytes, len, msg, &err) == -1 &&
					err.code == EBADMSG, "%s cut at %zu", m->name, len))
					break;
			ok(!memcmp(was, msg, m->size), "%s: written though refused", m->name);
		}
		free(msg);
		free(was);
	}
}

/* A message as it was in version 1 and as it became in version 3. */
struct grown {
	int64_t a, b;
	char c[9];
	double d;
};
#define LIKE(kind_, name_, since_, lo, hi) \
	{.name = #name_, .meaning = "", .kind = MSG_##kind_, .since = since_, .min = lo, \
	 .max = hi, .offset = offsetof(struct grown, name_)}
static const struct msg_field grown_fields[] = {LIKE(INT, a, 1, 1, 9), LIKE(INT, b, 2, 5, 9),
						LIKE(STR, c, 2, 1, 8), LIKE(REAL, d, 3, 0, 9)};
static const struct message grown_1 = {"grown", "", "", 0, 1, 1, sizeof(struct grown), 200,
				       grown_fields};
static const struct message grown_3 = {"grown", "", "", 0, 3, 4, sizeof(struct grown), 200,
				       grown_fields};

static int
take_grown(const struct message *m, int64_t version, int n_ours, int n_more, struct grown *got,
	   struct err *err)
{
	static const struct grown full = {3, 7, "sea", 2.5};
	struct msg_head h = {version, 0, 0};
	int i;

	wire_start(&wire, &h, (size_t)(n_ours + n_more));
	wire_fields(&wire, &grown_3, &full, n_ours);
	for (i = 0; i < n_more; i++)
		i % 2 ? wire_bin(&wire, "new", 3) : wire_real(&wire, 0.1);
	err->text[0] = 0;
	return decode_exact(m, wire.bytes, wire.len, got, err);
}

TEST(an_older_sender_s_missing_fields_are_absent)
{
	struct grown got = {0};
	struct err err;

	is_int(take_grown(&grown_3, 1, 1, 0, &got, &err), 0);
	ok(got.a == 3 && got.b == 0 && got.c[0] == 0 && isnan(got.d));
	is_int(take_grown(&grown_3, 2, 3, 0, &got, &err), 0);
	ok(got.a == 3 && got.b == 7 && !strcmp(got.c, "sea") && isnan(got.d));
	is_int(take_grown(&grown_3, 3, 4, 0, &got, &err), 0);
	is_real(got.d, 2.5);
}

TEST(a_newer_sender_s_further_fields_are_skipped)
{
	struct grown got = {0};
	struct err err;

	is_int(take_grown(&grown_1, 3, 4, 0, &got, &err), 0);
	is_int(got.a, 3);
	is_int(take_grown(&grown_3, 4, 4, 1, &got, &err), 0);
	is_int(take_grown(&grown_3, 1000, 4, 40, &got, &err), 0);
	is_real(got.d, 2.5);
	is_int(take_grown(&grown_3, 4, 4, 0, &got, &err), 0);  /* raised, nothing added for us */
}

TEST(a_count_of_fields_that_no_version_has_is_refused)
{
	static const struct {
		int64_t version;
		int n_ours, n_more;
		const char *complaint;
	} rows[] = {
		{1, 0, 0, "grown: version 1 has 1 fields, not 0"},
		{1, 2, 0, "grown: version 1 has 1 fields, not 2"},
		{1, 4, 0, "grown: version 1 has 1 fields, not 4"},
		{2, 2, 0, "grown: version 2 has 3 fields, not 2"},
		{2, 4, 0, "grown: version 2 has 3 fields, not 4"},
		{3, 3, 0, "grown: version 3 has 4 fields, not 3"},
		{3, 4, 1, "grown: version 3 has 4 fields, not 5"},
		{4, 3, 0, "grown: version 4 has 4 fields, not 3"},
		{0, 4, 0, "grown: version 0 is not one of ours"},
		{-1, 4, 0, "grown: version -1 is not one of ours"},
		{1001, 4, 0, "grown: version 1001 is not one of ours"},
		{INT64_MAX, 4, 0, "grown: version 9223372036854775807 is not one of ours"},
	};
	struct grown got = {9, 9, "untouch", 9};
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_int(take_grown(&grown_3, rows[i].version, rows[i].n_ours, rows[i].n_more, &got, &err),
		       -1);
		is_str(err.text, rows[i].complaint);
		is_int(got.a, 9);
	}
}

TEST(the_head_must_be_three_counts)
{
	static const struct {
		const char *bytes;
		size_t len;
	} heads[] = {
#define HEAD(text) {text, sizeof(text) - 1}
		HEAD("\x90"), HEAD("\x91\x01"), HEAD("\x92\x01\x01"), HEAD("\x94\xa1\x31\x01\x01\x03"),
		HEAD("\x94\xc0\x01\x01\x03"), HEAD("\x94\x01\xc0\x01\x03"), HEAD("\x94\x01\x01\xc0\x03"),
		HEAD("\x94\x01\xff\x01\x03"), HEAD("\x94\x01\x01\xff\x03"),
		HEAD("\x94\x01\xcf\x00\x20\x00\x00\x00\x00\x00\x01\x01\x03"),
		HEAD("\x94\x01\x01\xcf\x00\x20\x00\x00\x00\x00\x00\x01\x03"),
		HEAD("\x94\x01\x01\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x03"),
	};
	struct grown got;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		ok(decode_exact(&grown_1, (const uint8_t *)heads[i].bytes, heads[i].len, &got, &err) == -1,
		   "row %zu", i);
		is_str(err.text, "grown: head must be version, run, n");
	}
	is_int(decode_exact(&grown_1, (const uint8_t *)"\x94\x01\xcf\x00\x20\x00\x00\x00\x00\x00\x00\x00\x03",
			    13, &got, &err), 0);
}

/* Each of these made some decoder reserve gigabytes or read beyond the end. */
static const struct {
	const char *bytes;
	size_t len;
	const char *what;
} hostile[] = {
#define HOSTILE(text, what) {text, sizeof(text) - 1, what}
	HOSTILE("", "nothing"),
	HOSTILE("\xdd\xff\xff\xff\xff", "array32 of 4 G"),
	HOSTILE("\xdd\x00\x00\x00\x04\x01\x00\x00\x03", "array32, well filled"),
	HOSTILE("\xdc\xff\xff", "array16 of 65535 and no more"),
	HOSTILE("\xdc\x00", "array16 cut"),
	HOSTILE("\xdc\x00\x05\x01\x00\x00\x03", "array16 of one more"),
	HOSTILE("\x95\x01\x00\x00\x03", "array of one more"),
	HOSTILE("\x94\x01\x00\x00\x03\x03", "a byte left over"),
	HOSTILE("\x94\x01\x00\x00", "a byte missing"),
	HOSTILE("\x94\x01\x00\x00\xc6\xff\xff\xff\xff", "bin32 of 4 G"),
	HOSTILE("\x94\x01\x00\x00\xdb\xff\xff\xff\xff", "str32 of 4 G"),
	HOSTILE("\x94\x01\x00\x00\xc5\xff\xff", "bin16 beyond the end"),
	HOSTILE("\x94\x01\x00\x00\xc4\xff", "bin8 beyond the end"),
	HOSTILE("\x94\x01\x00\x00\xd9\x02x", "str8 beyond the end"),
	HOSTILE("\x94\x01\x00\x00\xda\x00\x02x", "str16 beyond the end"),
	HOSTILE("\x94\x01\x00\x00\xbfx", "fixstr beyond the end"),
	HOSTILE("\x94\x01\x00\x00\xc6\x00", "bin32 without its length"),
	HOSTILE("\x94\x01\x00\x00\xd9", "str8 without its length"),
	HOSTILE("\x94\x01\x00\x00\xda\x00", "str16 without its length"),
	HOSTILE("\x94\x01\x00\x00\xcf\x00\x00\x00\x00\x00\x00\x00", "uint64 of seven bytes"),
	HOSTILE("\x94\x01\x00\x00\xca\x00\x00\x00", "float32 of three bytes"),
	HOSTILE("\x94\x01\x00\x00\x91\x03", "an array inside"),
	HOSTILE("\x94\x01\x00\x00\x90", "an empty array inside"),
	HOSTILE("\x94\x01\x00\x00\xdc\x00\x00", "an array16 inside"),
	HOSTILE("\x94\x01\x00\x00\xdd\x00\x00\x00\x00", "an array32 inside"),
	HOSTILE("\x94\x01\x00\x00\x80", "a map inside"),
	HOSTILE("\x94\x01\x00\x00\xde\x00\x00", "a map16 inside"),
	HOSTILE("\x94\x01\x00\x00\xdf\xff\xff\xff\xff", "a map32 inside"),
	HOSTILE("\x94\x01\x00\x00\xc1", "the type that is never used"),
	HOSTILE("\x94\x01\x00\x00\xd4\x00\x00", "fixext 1"),
	HOSTILE("\x94\x01\x00\x00\xd8\x00" "0123456789abcdef", "fixext 16"),
	HOSTILE("\x94\x01\x00\x00\xc7\x01\x00\x00", "ext 8"),
	HOSTILE("\x94\x01\x00\x00\xc8\x00\x01\x00\x00", "ext 16"),
	HOSTILE("\x94\x01\x00\x00\xc9\xff\xff\xff\xff\x00", "ext 32 of 4 G"),
	HOSTILE("\x84\x01\x00\x00\x03", "a map"),
	HOSTILE("\xdf\xff\xff\xff\xff", "a map32"),
	HOSTILE("\xde\xff\xff", "a map16"),
	HOSTILE("\xc6\xff\xff\xff\xff", "only a bin32"),
	HOSTILE("\xdb\xff\xff\xff\xff", "only a str32"),
	HOSTILE("\x03", "only a number"),
	HOSTILE("\xc0", "only nil"),
	HOSTILE("{\"version\":1}", "JSON"),
};

TEST(hostile_heads_are_refused_before_anything_is_reserved)
{
	struct rlimit was, low = {256 << 20, 256 << 20};
	struct grown got = {9, 9, "untouch", 9};
	struct err err;
	size_t i;

	getrlimit(RLIMIT_AS, &was);
	low.rlim_max = was.rlim_max;
	is_int(IS_ASAN ? 0 : setrlimit(RLIMIT_AS, &low), 0);
	for (i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		ok(decode_exact(&grown_1, (const uint8_t *)hostile[i].bytes, hostile[i].len, &got, &err) ==
		   -1, "%s", hostile[i].what);
		is_int(err.code, EBADMSG);
		has_str(err.text, "bytes that are no array of scalars");
		is_int(got.a, 9);
	}
	setrlimit(RLIMIT_AS, &was);
}

TEST(a_frame_far_larger_than_its_message_is_refused)
{
	struct grown got;
	struct err err;
	struct msg_head h = {2, 0, 0};

	wire_start(&wire, &h, 2);
	wire_int(&wire, 3);
	memset(wire.bytes + 9000, 'x', 9000);
	wire_bin(&wire, wire.bytes + 9000, 200 + 4096 - wire.len - 3);
	is_int(decode_exact(&grown_1, wire.bytes, wire.len, &got, &err), 0);
	wire_start(&wire, &h, 2);
	wire_int(&wire, 3);
	wire_bin(&wire, wire.bytes + 9000, 200 + 4096 - wire.len - 2);
	is_int(decode_exact(&grown_1, wire.bytes, wire.len, &got, &err), -1);
	has_str(err.text, "4297 bytes");
}

TEST(a_number_is_taken_in_each_of_its_forms)
{
	static const struct {
		int type, n;
	} forms[] = {{0xcc, 1}, {0xcd, 2}, {0xce, 4}, {0xcf, 8},
		     {0xd0, 1}, {0xd1, 2}, {0xd2, 4}, {0xd3, 8}, {3, 0}};
	struct grown got;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		wire_start(&wire, &head, 1);
		wire_head(&wire, forms[i].type, 3, forms[i].n);
		got.a = 0;
		ok(decode_exact(&grown_1, wire.bytes, wire.len, &got, &err) == 0, "%x: %s",
		   (unsigned)forms[i].type, err.text);
		is_int(got.a, 3);
	}
}

TEST(text_is_one_line_whatever_it_contains)
{
	struct device device;
	char text[400], cut[400];
	size_t size;

	msg_clear(&msg_device, &device);
	strcpy(device.device_id, "aa:bb");
	strcpy(device.name, "a\nb\x1b[2J\"c\x7f\xc2\x9b\xc2\xa0é");
	device.state = DEVICE_LOST;
	device.rssi = -70;
	msg_text(&msg_device, &device, text, sizeof(text));
	is_str(text, "device device_id=\"aa:bb\" name=\"a b [2J'c   \xc2\xa0é\" state=lost since_us=0 "
		     "rssi=-70 data_source=unknown");
	for (size = 1; size < sizeof(cut); size++) {
		char *exact = malloc(size);

		msg_text(&msg_device, &device, exact, size);
		ok(strlen(exact) == (size - 1 < strlen(text) ? size - 1 : strlen(text)), "%zu", size);
		ok(size < 2 || !strncmp(exact, text, strlen(exact) - 1), "cut to %zu", size);
		free(exact);
	}
}

TEST(text_leaves_out_what_is_absent_and_request_ids)
{
	struct survey survey;
	char text[400];

	msg_clear(&msg_survey, &survey);
	strcpy(survey.request_id, "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11");
	strcpy(survey.session_id, "1c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11");
	survey.kind = SURVEY_INTRA;
	survey.sensations = 1 << SENSATION_ZEN | 1 << SENSATION_SLEEPY;
	survey.spo2_value = 88.5;
	msg_text(&msg_survey, &survey, text, sizeof(text));
	is_str(text, "survey session_id=1c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11 kind=intra "
		     "sensations=zen+sleepy spo2_value=88.5 hlc=0");
}

TEST(messages_are_found_by_their_whole_name)
{
	const struct message *m;
	int i;

	for (i = 0; (m = msg_at(i)); i++) {
		ok(msg_find(m->name, strlen(m->name)) == m, "%s", m->name);
		is_int(m->index, i);
	}
	ok(!msg_at(-1) && !msg_at(i + 1000));
	ok(!msg_find("samples", 7) && !msg_find("sampl", 5) && !msg_find("", 0));
	ok(msg_find("sample/x", 6) == &msg_sample);
}

TEST(the_table_keeps_its_own_rules)
{
	const struct message *m;
	const struct msg_field *f;
	int i, k, since;

	for (i = 0; (m = msg_at(i)); i++) {
		for (k = 0, since = 1; k < m->n_fields; k++, since = f->since) {
			f = &m->fields[k];
			ok(f->since >= since && f->since <= m->version, "%s.%s: since", m->name, f->name);
			ok(f->min <= f->max, "%s.%s: limits", m->name, f->name);
			ok(f->words || f->kind != MSG_WORD, "%s.%s", m->name, f->name);
			ok(f->kind != MSG_SET || f->words->n < 63, "%s.%s", m->name, f->name);
		}
		is_int(since, m->version);
	}
}

TEST(text_that_fills_its_field_without_an_end_is_refused)
{
	struct alert alert;
	struct err err;

	msg_clear(&msg_alert, &alert);
	memset(alert.name, 'x', sizeof(alert.name));
	is_int(msg_check(&msg_alert, &alert, &err), -1);
	is_str(err.text, "alert.name: must be 1 to 40 bytes");
	alert.name[40] = 0;
	is_int(msg_check(&msg_alert, &alert, &err), 0);
}

int
main(void)
{
	RUN(every_message_arrives_as_it_was_sent);
	RUN(the_largest_message_fits_max_bytes_and_one_byte_less_is_said);
	RUN(every_truncation_is_refused);
	RUN(an_older_sender_s_missing_fields_are_absent);
	RUN(a_newer_sender_s_further_fields_are_skipped);
	RUN(a_count_of_fields_that_no_version_has_is_refused);
	RUN(the_head_must_be_three_counts);
	RUN(hostile_heads_are_refused_before_anything_is_reserved);
	RUN(a_frame_far_larger_than_its_message_is_refused);
	RUN(a_number_is_taken_in_each_of_its_forms);
	RUN(text_is_one_line_whatever_it_contains);
	RUN(text_leaves_out_what_is_absent_and_request_ids);
	RUN(messages_are_found_by_their_whole_name);
	RUN(the_table_keeps_its_own_rules);
	RUN(text_that_fills_its_field_without_an_end_is_refused);
	return test_done();
}
