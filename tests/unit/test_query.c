#include "services/realtime-fanout/query.h"

#include <stdlib.h>

#include "services/realtime-fanout/frames.h"
#include "test.h"

#define A "00000000-0000-4000-8000-00000000000a"

/* One row a check: the pair, and the complaint it must get; NULL: none. */
static const struct {
	const char *pair, *complaint;
} rows[] = {
	{"types=sample", NULL},
	{"types=sample,hole,phase_stats", NULL},
	{"types=", "must name some of sample"},
	{"types=sample,", NULL},
	{"types=,sample", "\"\" is none of"},
	{"types=samples", "\"samples\" is none of"},
	{"types=snapshot", "is none of"},
	{"device=5a:00", NULL},
	{"device=", "1 to 64 bytes"},
	{"device=12345678901234567890123456789012345678901234567890123456789012345", "1 to 64 bytes"},
	{"device=1234567890123456789012345678901234567890123456789012345678901234", NULL},
	{"session=" A, NULL},
	{"session=00000000-0000-4000-8000-00000000000A", "UUID in lower case"},
	{"session=1", "UUID in lower case"},
	{"session=", "UUID in lower case"},
	{"resume=1795403600306000.17", NULL},
	{"resume=1795403600306000.0", NULL},
	{"resume=1.999999999999999999", NULL},
	{"resume=1.9999999999999999999", "<run>.<seq>"},
	{"resume=0.1", "<run>.<seq>"},
	{"resume=1", "<run>.<seq>"},
	{"resume=1.", "<run>.<seq>"},
	{"resume=.1", "<run>.<seq>"},
	{"resume=1.2x", "<run>.<seq>"},
	{"resume=-1.2", "<run>.<seq>"},
	{"resume=1. 2", "<run>.<seq>"},
	{"resume=", "<run>.<seq>"},
	{"resume=1.2.", "<run>.<seq>"},
	{"resume=1.2.3.4", "<run>.<seq>"},
	{"resume=1.2.3.4.", "<run>.<seq>"},
	{"resume=1.2.0.4.d", "<run>.<seq>"},
	{"resume=1.0.1795403600306000.17.~00000000000000ff", NULL},
	{"seen=1795403600306000.17.5a:00", NULL},
	{"seen=1795403600306000.17.", "<taken_us>.<device_seq>.<device_id>"},
	{"seen=1795403600306000.17", "<taken_us>.<device_seq>.<device_id>"},
	{"seen=.17.d", "<taken_us>.<device_seq>.<device_id>"},
	{"seen=0.17.d", "<taken_us>.<device_seq>.<device_id>"},
	{"seen=1795403600306000000.17.d", "<taken_us>.<device_seq>.<device_id>"},
	{"seen=-1.17.d", "<taken_us>.<device_seq>.<device_id>"},
	{"resume", "resume: no such parameter"},
	{"token=x", "token: no such parameter"},
	{"", "no such parameter"},
	{"Types=sample", "no such parameter"},
};

TEST(each_parameter_is_taken_or_refused_with_what_is_right)
{
	struct query q;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		query_init(&q);
		err.text[0] = 0;
		is_int(query_add(&q, rows[i].pair, &err), rows[i].complaint ? -1 : 0);
		if (rows[i].complaint)
			has_str(err.text, rows[i].complaint);
	}
}

TEST(no_more_than_16_of_each)
{
	struct query q;
	struct err err;
	int i;

	query_init(&q);
	for (i = 0; i < 16; i++) {
		is_int(query_add(&q, "device=x", &err), 0);
		is_int(query_add(&q, "session=" A, &err), 0);
	}
	is_int(query_add(&q, "device=x", &err), -1);
	has_str(err.text, "at most 16");
	is_int(query_add(&q, "session=" A, &err), -1);
	has_str(err.text, "at most 16");
}

TEST(what_is_asked_for_is_wanted_and_nothing_else)
{
	struct frame mine = {.type = FRAME_SAMPLE, .device = ring_hash("d1"), .session = ring_hash(A)};
	struct frame other = {.type = FRAME_SAMPLE, .device = ring_hash("d2"), .session = 3};
	struct frame nobodys = {.type = FRAME_PROCESS};
	struct query q;
	struct err err;

	query_init(&q);
	ok(query_wants(&q, &mine) && query_wants(&q, &other) && query_wants(&q, &nobodys));
	query_add(&q, "device=d1", &err);
	ok(query_wants(&q, &mine) && !query_wants(&q, &other) && query_wants(&q, &nobodys));
	query_init(&q);
	query_add(&q, "session=" A, &err);
	ok(query_wants(&q, &mine) && !query_wants(&q, &other) && query_wants(&q, &nobodys));
	query_add(&q, "device=d2", &err);
	ok(query_wants(&q, &other));
	query_add(&q, "types=hole", &err);
	ok(!query_wants(&q, &mine) && !query_wants(&q, &nobodys));
}

int
main(void)
{
	RUN(each_parameter_is_taken_or_refused_with_what_is_right);
	RUN(no_more_than_16_of_each);
	RUN(what_is_asked_for_is_wanted_and_nothing_else);
	return test_done();
}
