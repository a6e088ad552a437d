#include "proto/crate.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#include "proto/columns.h"
#include "proto/ids.h"
#include "proto/records.h"
#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"

#define NOW  1795403600000000
#define USER "00000001-0000-4000-8000-000000000001"

static struct crate_opener *opener;
static struct crate crate;
static struct err err;

/* A bundle's bytes, each in a block of its exact size. */
struct made {
	struct crate_item item;
	uint8_t *records, *columns;
};

static struct session
a_session(int n)
{
	struct session s;

	msg_clear(&msg_session, &s);
	(void)snprintf(s.local_session_id, sizeof(s.local_session_id), "IHHT_%d_abcdef", n);
	ids_session(s.local_session_id, s.id);
	strcpy(s.user_id, USER);
	strcpy(s.gateway, "home");
	(void)snprintf(s.device_id, sizeof(s.device_id), "ring-%d", n);
	s.status = SESSION_ACTIVE;
	s.hlc = 0xc1c1c1c1c1c1;  /* what stands for more, as it comes in numbers */
	return s;
}

static uint8_t *
exact(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len + !len);

	memcpy(copy, bytes, len);
	return copy;
}

static void
add(uint8_t *bytes, uint32_t *len, const struct message *message, const void *msg)
{
	ok(records_add(bytes, 65536, len, message, msg, &err) == 0, "%s", err.text);
}

/* Session n, with an event where n is odd and so many readings. */
static struct made
make(int n, size_t n_rows)
{
	static uint8_t records[65536], columns[65536];
	struct session s = a_session(n);
	struct reading rows[200];
	uint32_t records_len = 0;
	size_t columns_len = 0, i;
	struct made made;
	struct event e;

	add(records, &records_len, &msg_session, &s);
	if (n % 2) {
		msg_clear(&msg_event, &e);
		strcpy(e.session_id, s.id);
		e.event_type = EVENT_MASK_LIFT;
		ids_event(&e, e.id);
		add(records, &records_len, &msg_event, &e);
	}
	for (i = 0; i < n_rows; i++) {
		any_msg(&msg_reading, &rows[i]);
		rows[i].taken_us = NOW + (int64_t)i * 1000000;
		if (n % 3)
			rows[i].perfusion_index = rows[i].motion = 1;  /* else no decimals: plain */
	}
	if (n_rows)
		ok(columns_pack(&msg_reading, rows, n_rows, columns, sizeof(columns), &columns_len, &err) == 0);
	made.records = exact(records, records_len);
	made.columns = exact(columns, columns_len);
	made.item = (struct crate_item){made.records, made.columns, records_len, (uint32_t)columns_len,
					(int64_t)n_rows, n % 2};
	return made;
}

static void
unmake(struct made *made)
{
	free(made->records);
	free(made->columns);
}

static void
pack(const struct made *made, size_t n)
{
	struct crate_item items[CRATE_BUNDLES];
	size_t i;

	for (i = 0; i < n; i++)
		items[i] = made[i].item;
	ok(crate_pack(items, n, &crate, &err) == 0, "%s", err.text);
	ok(msg_check(&msg_crate, &crate, &err) == 0, "%s", err.text);
}

static void
comes_next(const struct made *made)
{
	const struct crate_item *item = &made->item;
	const struct bundle *b;
	struct session s;
	struct records in;
	const struct message *message;
	union {
		struct session session;
		uint8_t room[RECORDS_MAX];
	} first;
	ids_uuid id;

	if (!ok(crate_next(opener, "home", &b, &err) == 1, "%s", err.text))
		return;
	is_int(b->records.len, item->records_len);
	is_int(b->columns.len, item->columns_len);
	ok(!memcmp(b->records.bytes, item->records, item->records_len));
	ok(!memcmp(b->columns.bytes, item->columns, item->columns_len));
	is_int(b->readings, item->readings);
	is_int(b->fresh, item->fresh);
	is_int(b->packing, PACKING_PLAIN);
	is_str(b->gateway, "home");
	ids_bundle("home", item->records, item->records_len, item->columns, item->columns_len, id);
	is_str(b->id, id);
	in = (struct records){b->records.bytes, b->records.bytes + b->records.len};
	is_int(records_next(&in, &message, &first, &err), 1);
	s = first.session;
	is_str(b->session_id, s.id);
	is_str(b->user_id, s.user_id);
}

/* ---- good ones */

TEST(bundles_come_out_byte_by_byte_as_they_went_in)
{
	struct made made[20];
	const struct bundle *b;
	int n, i;

	for (n = 1; n <= 20; n++) {
		for (i = 0; i < n; i++)
			made[i] = make(i, (size_t)(i * 7 % 60));
		pack(made, (size_t)n);
		ok(crate_open(opener, &crate, &err) == 0, "%s", err.text);
		for (i = 0; i < n; i++) {
			is_int(crate_left(opener), n - i);
			comes_next(&made[i]);
		}
		is_int(crate_next(opener, "home", &b, &err), 0);
		for (i = 0; i < n; i++)
			unmake(&made[i]);
	}
}

TEST(ids_are_not_spelled_out)
{
	struct made made = make(2, 0);
	static uint8_t content[400000];
	size_t n;

	pack(&made, 1);
	n = ZSTD_decompress(content, sizeof(content), crate.content.bytes, crate.content.len);
	ok(!ZSTD_isError(n) && !memmem(content, n, USER, 36), "the person's");
	/* the session's is one byte more than nothing, the person's 20 less; five of head, six of c1 */
	is_int(n, made.item.records_len - 36 - 20 + 5 + 6);
	unmake(&made);
}

static void
put_text(uint8_t *p, const char *text)
{
	p[0] = 0xd9;
	p[1] = (uint8_t)strlen(text);
	memcpy(p + 2, text, strlen(text));
}

TEST(what_only_looks_like_an_id_stays_as_it_is)
{
	static const char *const texts[] = {
		"00000001-0000-4000-8000-00000000000A", "00000001-0000-4000-8000-00000000000g",
		"0000000100000-4000-8000-000000000001", "00000001-0000-4000-8000-00000000001",
		"00000001-0000-4000-8000-000000000001x", "",
	};
	struct made made;
	uint8_t bytes[60];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		made = make(0, 0);
		put_text(bytes, texts[i]);
		made.item.records_len += (uint32_t)strlen(texts[i]) + 2;
		made.records = realloc(made.records, made.item.records_len);
		made.item.records = made.records;
		memcpy(made.records + made.item.records_len - strlen(texts[i]) - 2, bytes, strlen(texts[i]) + 2);
		pack(&made, 1);
		is_int(crate_open(opener, &crate, &err), 0);
		comes_next(&made);
		unmake(&made);
	}
}

TEST(a_bundle_without_a_session_costs_no_other)
{
	struct made made[3] = {make(0, 5), make(1, 5), make(2, 5)};
	const struct bundle *b;

	made[1].records[0] = (uint8_t)msg_event.index;
	pack(made, 3);
	is_int(crate_open(opener, &crate, &err), 0);
	comes_next(&made[0]);
	is_int(crate_next(opener, "home", &b, &err), -1);
	is_int(err.code, EBADMSG);
	comes_next(&made[2]);
	is_int(crate_next(opener, "home", &b, &err), 0);
	unmake(&made[0]);
	unmake(&made[1]);
	unmake(&made[2]);
}

/* ---- what does not go in */

TEST(a_crate_takes_no_more_than_its_limits)
{
	static uint8_t much[CRATE_BYTES + 1];
	static struct crate_item many[CRATE_BUNDLES + 1];
	struct crate_item one = {.records = much, .columns = much, .records_len = CRATE_BYTES};

	is_int(crate_pack(&one, 1, &crate, &err), 0);
	one.records_len++;
	is_int(crate_pack(&one, 1, &crate, &err), -1);
	has_str(err.text, "1 bundles of 65537 bytes");
	is_int(crate_pack(many, CRATE_BUNDLES, &crate, &err), 0);
	is_int(crate_pack(many, CRATE_BUNDLES + 1, &crate, &err), -1);
	memset(much, 0xc1, sizeof(much));  /* each needs two */
	one.records_len = CRATE_BYTES;
	is_int(crate_pack(&one, 1, &crate, &err), 0);
	is_int(crate_open(opener, &crate, &err), 0);
}

/* ---- hostile ones: a row each */

/* Numbers below 128, so that each is its own varint, unless said otherwise. */
#define ROW(bytes) bytes, sizeof(bytes) - 1

TEST(what_is_damaged_is_refused_and_leaves_nothing)
{
	static const struct {
		const char *what, *bytes;
		size_t len;
		int64_t bundles;
		const char *complaint;
	} rows[] = {
		{"nothing", ROW(""), 1, "bad lengths"},
		{"a number without end", ROW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), 1, "bad lengths"},
		{"more than it says", ROW("\2\0\1\0\0\1\0ab"), 1, "bad lengths"},
		{"fewer than it says", ROW("\1\0\1\0a"), 2, "bad lengths"},
		{"no lengths", ROW("\1"), 1, "bad lengths"},
		{"no length of records", ROW("\1\0"), 1, "bad lengths"},
		{"no length of columns", ROW("\1\0\1"), 1, "bad lengths"},
		{"records too long", ROW("\1\0\x81\x80\4\0"), 1, "bad lengths"},
		{"columns too long", ROW("\1\0\1\x81\x80\4"), 1, "bad lengths"},
		{"a sum that overflows", ROW("\1\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1\2"), 1, "bad lengths"},
		{"together too long", ROW("\2\0\x80\x80\2\0\0\x81\x80\2\0"), 2, "bad lengths"},
		{"records cut off", ROW("\1\0\2\0a"), 1, "records are damaged"},
		{"half of what stands for more", ROW("\1\0\1\0\xc1"), 1, "records are damaged"},
		{"of no kind", ROW("\1\0\1\0\xc1\3"), 1, "records are damaged"},
		{"an id cut off", ROW("\1\0\x26\0\xc1\1" "123456789012345"), 1, "records are damaged"},
		{"an id beyond its records", ROW("\1\0\x25\0\xc1\1" "1234567890123456"), 1, "records are damaged"},
		{"an id of nothing", ROW("\1\0\x26\0\xc1\2"), 1, "records are damaged"},
		{"an id of no text", ROW("\1\0\x27\0\xc1\2\1"), 1, "records are damaged"},
		{"an id of a text cut off", ROW("\1\0\x27\0\xc1\2\xa2" "a"), 1, "records are damaged"},
		{"an id of a text without length", ROW("\1\0\x27\0\xc1\2\xd9"), 1, "records are damaged"},
		{"an id of a text with c1 in it", ROW("\1\0\x28\0\xc1\2\xa2\xc1\0"), 1, "records are damaged"},
		{"an id of a text with 0 in it", ROW("\1\0\x28\0\xc1\2\xa1\0"), 1, "records are damaged"},
		{"no columns", ROW("\1\0\1\1a"), 1, "columns are damaged"},
		{"columns without a head", ROW("\1\0\1\2a\1\1"), 1, "columns are damaged"},
		{"too many columns", ROW("\1\0\1\5a\1\1\xe9\7\1"), 1, "columns are damaged"},
		{"a column cut off", ROW("\1\0\1\5a\1\2\1\1\2"), 1, "columns are damaged"},
		{"a column of no form", ROW("\1\0\1\5a\1\1\1\4\2"), 1, "columns are damaged"},
		{"a plain column cut off", ROW("\1\0\1\x0c" "a\1\1\1\3" "1234567"), 1, "columns are damaged"},
		{"a plain column longer than all", ROW("\1\0\1\x0c" "a\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\1\1\3"), 1,
		 "columns are damaged"},
		{"a column longer than said", ROW("\1\0\1\5a\1\1\1\0\x80\1"), 1, "columns are damaged"},
		{"columns shorter than said", ROW("\1\0\1\7a\1\1\1\0\1"), 1, "columns are damaged"},
		{"bytes left over", ROW("\1\0\1\0ab"), 1, "bytes left over"},
		{"bytes left over after columns", ROW("\1\0\1\5a\1\1\1\0\1b"), 1, "bytes left over"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		crate.bundles = rows[i].bundles;
		crate.content.len = (uint32_t)ZSTD_compress(crate.content.bytes, sizeof(crate.content.bytes),
							    rows[i].bytes, rows[i].len, 3);
		err.text[0] = 0;
		ok(crate_open(opener, &crate, &err) == -1, "%s", rows[i].what);
		is_int(err.code, EBADMSG);
		ok(strstr(err.text, rows[i].complaint), "%s: %s", rows[i].what, err.text);
		is_int(crate_left(opener), 0);
	}
}

TEST(the_same_when_nothing_is_wrong_is_taken)
{
	static const char *const good[] = {"\1\0\1\0a", "\1\0\1\5a\1\1\1\0\1"};
	static const size_t lens[] = {5, 10};
	size_t i;

	for (i = 0; i < 2; i++) {
		crate.bundles = 1;
		crate.content.len = (uint32_t)ZSTD_compress(crate.content.bytes, sizeof(crate.content.bytes),
							    good[i], lens[i], 3);
		ok(crate_open(opener, &crate, &err) == 0, "%s", err.text);
	}
}

TEST(what_swells_beyond_the_limit_is_refused)
{
	static uint8_t much[4 << 20];

	crate.bundles = 1;
	crate.content.len = (uint32_t)ZSTD_compress(crate.content.bytes, sizeof(crate.content.bytes), much,
						    sizeof(much), 19);
	ok(crate.content.len < 1000);
	is_int(crate_open(opener, &crate, &err), -1);
	has_str(err.text, "crate: zstd: ");
	crate.content.len /= 2;
	is_int(crate_open(opener, &crate, &err), -1);
	memcpy(crate.content.bytes, "no zstd", 7);
	crate.content.len = 7;
	is_int(crate_open(opener, &crate, &err), -1);
	has_str(err.text, "crate: zstd: ");
}

int
main(void)
{
	opener = crate_opener_new();
	RUN(bundles_come_out_byte_by_byte_as_they_went_in);
	RUN(ids_are_not_spelled_out);
	RUN(what_only_looks_like_an_id_stays_as_it_is);
	RUN(a_bundle_without_a_session_costs_no_other);
	RUN(a_crate_takes_no_more_than_its_limits);
	RUN(what_is_damaged_is_refused_and_leaves_nothing);
	RUN(the_same_when_nothing_is_wrong_is_taken);
	RUN(what_swells_beyond_the_limit_is_refused);
	crate_opener_free(&opener);
	return test_done();
}
