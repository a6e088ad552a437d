#include "proto/archive.h"

#include <stdlib.h>

#include "proto/records.h"
#include "tests/unit/test.h"

#define ID   "7cc0f726-87c0-55cc-ba75-13641548d415"
#define USER "8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11"

static void
fill(struct archive *a, size_t n)
{
	struct err err;
	size_t i;

	memset(a, 0, sizeof(*a));
	msg_clear(&msg_session, &a->session);
	strcpy(a->session.id, ID);
	strcpy(a->session.local_session_id, "IHHT_1_abc");
	strcpy(a->session.user_id, USER);
	strcpy(a->session.gateway, "here");
	strcpy(a->session.device_id, "oxi");
	a->session.start_us = 1793000000000000;
	a->part = 2;
	a->made_us = 1794000000000000;
	is_int(records_add(a->records, ARCHIVE_RECORDS, &a->records_len, &msg_session, &a->session, &err), 0);
	for (i = 0; i < n; i++) {
		msg_clear(&msg_reading, &a->rows[i]);
		a->rows[i].taken_us = 1793000000000000 + (int64_t)i * 1000000;
		a->rows[i].epoch = 7;
		a->rows[i].seq = (int64_t)i + 1;
		a->rows[i].spo2 = 80 + (double)(i % 200) / 10;
		a->rows[i].heart_rate = 60 + (double)(i % 40);
	}
	a->n = n;
}

TEST(what_was_packed_comes_back_the_same)
{
	static const size_t counts[] = {1, 2, 300, ARCHIVE_ROWS};
	struct archive *a = malloc(sizeof(*a)), *b = malloc(sizeof(*b));
	uint8_t *bytes = malloc(ARCHIVE_BYTES);
	struct err err;
	size_t i, len;

	for (i = 0; i < 4; i++) {
		fill(a, counts[i]);
		ok(archive_pack(a, bytes, &len, &err) == 0, "%s", err.text);
		ok(archive_unpack(bytes, len, b, &err) == 0, "%s", err.text);
		is_int(b->n, counts[i]);
		is_int(b->part, 2);
		is_str(b->session.id, ID);
		is_str(b->sha256, a->sha256);
		ok(digest_equal(&a->digest, &b->digest));
		is_int(b->to_us, a->rows[counts[i] - 1].taken_us);
	}
	free(a);
	free(b);
	free(bytes);
}

TEST(a_flipped_bit_anywhere_and_every_truncation_is_refused)
{
	struct archive *a = malloc(sizeof(*a));
	uint8_t *bytes = malloc(ARCHIVE_BYTES);
	struct err err;
	size_t i, len, missed = 0;

	fill(a, 20);
	ok(archive_pack(a, bytes, &len, &err) == 0, "%s", err.text);
	for (i = 0; i < len; i++) {
		bytes[i] ^= (uint8_t)(1u << i % 8);
		missed += archive_unpack(bytes, len, a, &err) == 0;
		bytes[i] ^= (uint8_t)(1u << i % 8);
		missed += archive_unpack(bytes, i, a, &err) == 0;
	}
	is_int(missed, 0);
	is_int(archive_unpack(bytes, len, a, &err), 0);
	free(a);
	free(bytes);
}

int
main(void)
{
	RUN(what_was_packed_comes_back_the_same);
	RUN(a_flipped_bit_anywhere_and_every_truncation_is_refused);
	return test_done();
}
