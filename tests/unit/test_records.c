#include "proto/records.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"

union record {
	char room[RECORDS_MAX];
	int64_t aligned;
};
static union record sent[60], got;
static uint8_t bytes[400000];

static const struct message *
any_record(void)
{
	const struct message *m;

	do
		m = msg_at((int)any(22));
	while (!m || m->size > RECORDS_MAX);
	return m;
}

TEST(records_of_all_kinds_come_back_in_order)
{
	const struct message *kinds[60], *m;
	struct records records;
	struct err err;
	uint32_t len = 0;
	int i;

	for (i = 0; i < 60; i++) {
		kinds[i] = any_record();
		any_msg(kinds[i], &sent[i]);
		is_int(records_add(bytes, sizeof(bytes), &len, kinds[i], &sent[i], &err), 0);
	}
	records = (struct records){bytes, bytes + len};
	for (i = 0; i < 60; i++) {
		if (!ok(records_next(&records, &m, &got, &err) == 1, "%d: %s", i, err.text))
			return;
		ok(m == kinds[i], "%d: %s, not %s", i, m->name, kinds[i]->name);
		is_str(differs(m, &sent[i], &got), NULL);
	}
	is_int(records_next(&records, &m, &got, &err), 0);
}

TEST(every_record_kind_of_the_pipeline_fits)
{
	ok(msg_session.size <= RECORDS_MAX && msg_survey.size <= RECORDS_MAX);
	ok(msg_event.size <= RECORDS_MAX && msg_phase_stats.size <= RECORDS_MAX);
	ok(msg_progression.size <= RECORDS_MAX && msg_gap.size <= RECORDS_MAX);
}

TEST(what_does_not_fit_is_not_added)
{
	struct stored stored = {5, 9, 0};
	struct err err;
	uint32_t len = 0, full, size;

	is_int(records_add(bytes, sizeof(bytes), &len, &msg_stored, &stored, &err), 0);
	full = len;
	for (size = 0; size < full; size++) {
		uint8_t *small = malloc(size ? size : 1);

		len = 0;
		ok(records_add(small, size, &len, &msg_stored, &stored, &err) == -1 && len == 0 &&
		   err.code == EMSGSIZE, "%u", size);
		free(small);
	}
	stored.hole = 7;
	is_int(records_add(bytes, sizeof(bytes), &len, &msg_stored, &stored, &err), -1);
	has_str(err.text, "stored.hole: must be from 0 to 1");
	is_int(len, 0);
}

static int
next_exact(const uint8_t *from, size_t len, struct err *err)
{
	uint8_t *exact = malloc(len ? len : 1);
	struct records records = {exact, exact + len};
	const struct message *m;
	int r;

	memcpy(exact, from, len);
	while ((r = records_next(&records, &m, &got, err)) > 0)
		;
	free(exact);
	return r;
}

TEST(every_truncation_is_refused)
{
	struct stored stored = {5, 9, 0};
	struct err err;
	uint32_t len = 0, one, cut;

	records_add(bytes, sizeof(bytes), &len, &msg_stored, &stored, &err);
	one = len;
	records_add(bytes, sizeof(bytes), &len, &msg_stored, &stored, &err);
	for (cut = 0; cut <= len; cut++)
		ok(next_exact(bytes, cut, &err) == (cut % one ? -1 : 0), "cut at %u", cut);
}

TEST(each_damage_is_named)
{
	struct stored stored = {5, 9, 0};
	struct err err;
	uint32_t len = 0;

	records_add(bytes, sizeof(bytes), &len, &msg_stored, &stored, &err);
	bytes[2]++;
	is_int(next_exact(bytes, len, &err), -1);
	is_str(err.text, "records: a length beyond the end");
	memset(bytes + 2, 0xff, 4);
	is_int(next_exact(bytes, len, &err), -1);
	is_str(err.text, "records: a length beyond the end");
	is_int(next_exact(bytes, 5, &err), -1);
	is_str(err.text, "records: cut off");
	bytes[0] = (uint8_t)msg_bundle.index;
	bytes[2] = (uint8_t)(len - 6);
	bytes[3] = bytes[4] = bytes[5] = 0;
	is_int(next_exact(bytes, len, &err), -1);
	is_str(err.text, "records: bundle is no record");
	bytes[0] = (uint8_t)msg_survey.index;
	is_int(next_exact(bytes, len, &err), -1);
	has_str(err.text, "survey: version 1 has");
	is_int(err.code, EBADMSG);
}

TEST(a_kind_that_is_not_known_yet_is_skipped)
{
	struct stored stored = {5, 9, 0};
	struct records records;
	const struct message *m;
	struct err err;
	uint32_t len = 0, one;

	records_add(bytes, sizeof(bytes), &len, &msg_stored, &stored, &err);
	one = len;
	stored.upto = 10;
	records_add(bytes, sizeof(bytes), &len, &msg_stored, &stored, &err);
	bytes[0] = bytes[1] = 0xff;
	records = (struct records){bytes, bytes + len};
	is_int(records_next(&records, &m, &got, &err), 1);
	is_int(((struct stored *)&got)->upto, 10);
	bytes[one] = bytes[one + 1] = 0xff;
	records = (struct records){bytes, bytes + len};
	is_int(records_next(&records, &m, &got, &err), 0);
}

int
main(void)
{
	RUN(records_of_all_kinds_come_back_in_order);
	RUN(every_record_kind_of_the_pipeline_fits);
	RUN(what_does_not_fit_is_not_added);
	RUN(every_truncation_is_refused);
	RUN(each_damage_is_named);
	RUN(a_kind_that_is_not_known_yet_is_skipped);
	return test_done();
}
