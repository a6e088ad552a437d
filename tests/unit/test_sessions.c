#include "services/local-store/sessions.h"

#include <stdlib.h>

#include "tests/unit/test.h"

static struct session
row_of(int n, const char *device, int64_t start_us, int64_t end_us)
{
	struct session row;

	msg_clear(&msg_session, &row);
	(void)snprintf(row.id, sizeof(row.id), "00000000-0000-5000-8000-%012d", n);
	(void)snprintf(row.user_id, sizeof(row.user_id), "00000000-0000-4000-8000-%012d", n);
	(void)snprintf(row.device_id, sizeof(row.device_id), "%s", device);
	row.start_us = start_us;
	row.end_us = end_us;
	row.status = end_us == MSG_NONE ? SESSION_ACTIVE : SESSION_COMPLETED;
	return row;
}

static struct entry *
add(struct sessions *s, int n, const char *device, int64_t start_us, int64_t end_us)
{
	struct session row = row_of(n, device, start_us, end_us);

	return sessions_add(s, &row, n);
}

static size_t
count(const struct sessions *s)
{
	struct entry *entry = NULL;
	size_t n = 0;

	while ((entry = sessions_next(s, entry)))
		n++;
	return n;
}

TEST(a_session_is_found_by_id_number_person_and_device)
{
	struct sessions *s = sessions_new();
	struct entry *a = add(s, 1, "ring", 100, 200), *b = add(s, 2, "ring", 300, MSG_NONE);

	ok(sessions_by_id(s, a->row.id) == a);
	ok(sessions_by_no(s, 2) == b);
	ok(!sessions_by_no(s, 3));
	ok(!sessions_by_id(s, "nobody"));
	ok(!sessions_active_of(s, a->row.user_id), "it has ended");
	ok(sessions_active_of(s, b->row.user_id) == b);
	ok(sessions_active_on(s, "ring") == b);
	ok(!sessions_active_on(s, "other"));
	ok(add(s, 2, "ring", 300, MSG_NONE) == b, "the same again is no second one");
	is_int((int64_t)sessions_active(s), 1);
	is_int((int64_t)count(s), 2);
	sessions_free(&s);
	ok(!s);
	sessions_free(&s);
}

TEST(a_person_is_free_when_a_session_has_ended)
{
	struct sessions *s = sessions_new();
	struct entry *a = add(s, 1, "ring", 100, MSG_NONE), *b;
	struct session again;

	a->row.status = SESSION_COMPLETED;
	a->row.end_us = 200;
	sessions_ended(s, a);
	is_int((int64_t)sessions_active(s), 0);
	ok(!sessions_active_of(s, a->row.user_id));
	again = row_of(2, "other", 300, MSG_NONE);
	strcpy(again.user_id, a->row.user_id);
	b = sessions_add(s, &again, 2);
	ok(sessions_active_of(s, a->row.user_id) == b);
	is_int((int64_t)sessions_active(s), 1);
	sessions_free(&s);
}

TEST(a_time_belongs_to_the_session_whose_span_contains_it)
{
	static const struct { int64_t at; int no; } rows[] = {
		{99, 0}, {100, 1}, {199, 1}, {200, 0}, {299, 0}, {300, 3}, {399, 3}, {400, 4},
		{INT64_MAX, 4}};
	struct sessions *s = sessions_new();
	struct entry *found;
	size_t i;

	/* in this order as no order is promised; 2 was stopped in the instant it began */
	(void)add(s, 3, "ring", 300, 400);
	(void)add(s, 4, "ring", 400, MSG_NONE);
	(void)add(s, 1, "ring", 100, 200);
	(void)add(s, 2, "ring", 400, 400);
	(void)add(s, 9, "other", 0, MSG_NONE);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		found = sessions_at(s, "ring", rows[i].at, true);
		ok((found ? found->no : 0) == rows[i].no, "at %lld: %lld", (long long)rows[i].at,
		   found ? (long long)found->no : 0);
	}
	ok(!sessions_at(s, "third", 100, true));
	sessions_free(&s);
}

TEST(what_would_share_readings_is_found)
{
	static const struct { int64_t start, end; int no; } rows[] = {
		{50, INT64_MAX, 3}, {150, INT64_MAX, 3}, {399, INT64_MAX, 3}, {400, INT64_MAX, 0},
		{50, 100, 0}, {50, 101, 1}, {199, 300, 1}, {200, 300, 0}, {200, 301, 3}, {50, 301, 3},
	};
	struct sessions *s = sessions_new();
	struct entry *found;
	size_t i;

	(void)add(s, 1, "ring", 100, 200);
	(void)add(s, 3, "ring", 300, 400);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		found = sessions_overlapping(s, "ring", rows[i].start, rows[i].end);
		ok((found ? found->no : 0) == rows[i].no, "row %zu", i);
	}
	(void)add(s, 4, "ring", 500, MSG_NONE);
	ok(sessions_overlapping(s, "ring", 9999, 10000)->no == 4, "one that runs is never over");
	ok(!sessions_overlapping(s, "other", 0, INT64_MAX));
	sessions_free(&s);
}

TEST(what_is_known_shrinks_when_something_is_let_go)
{
	struct sessions *s = sessions_new();
	int i;

	ok(!sessions_know(s, "ring", 1000), "nothing was loaded yet");
	sessions_known(s, "ring", 50);
	sessions_known(s, "ring", 500);
	ok(sessions_know(s, "ring", 50), "a later load takes nothing back");
	ok(!sessions_know(s, "ring", 49));
	for (i = 1; i <= SESSIONS_PER_DEVICE + 2; i++)
		(void)add(s, i, "ring", i * 100, i * 100 + 50);
	sessions_trim(s, "ring");
	is_int((int64_t)count(s), SESSIONS_PER_DEVICE);
	ok(!sessions_by_no(s, 1) && !sessions_by_no(s, 2) && sessions_by_no(s, 3));
	ok(!sessions_know(s, "ring", 249), "the second one contains it, and must be loaded");
	ok(sessions_know(s, "ring", 250));
	sessions_known(s, "ring", 100);
	ok(sessions_know(s, "ring", 100));
	sessions_trim(s, "nobody");
	sessions_free(&s);
}

TEST(whoever_is_needed_stays)
{
	static const char *const why[] = {"active", "gathered", "shipped", "due", "stale"};
	struct sessions *s;
	struct entry *old;
	size_t k;
	int i;

	for (k = 0; k < sizeof(why) / sizeof(why[0]); k++) {
		s = sessions_new();
		old = add(s, 1, "ring", 1, k ? 2 : MSG_NONE);
		old->n_heaps = k == 1;
		old->n_shipped = k == 2;
		old->due = k == 3;
		if (k == 4)
			sessions_stale(s, old);
		for (i = 2; i <= SESSIONS_PER_DEVICE + 3; i++)
			(void)add(s, i, "ring", i * 100, i * 100 + 50);
		sessions_trim(s, "ring");
		ok(sessions_by_no(s, 1) == old, "%s", why[k]);
		ok(!sessions_by_no(s, 2), "%s", why[k]);
		is_int((int64_t)count(s), SESSIONS_PER_DEVICE + 1);
		sessions_free(&s);
	}
}

TEST(walks_may_nest_and_look_up)
{
	struct sessions *s = sessions_new();
	struct entry *a, *b;
	int i, n = 0;

	for (i = 1; i <= 10; i++)
		(void)add(s, i, "ring", i * 100, i * 100 + 50);
	for (a = NULL; (a = sessions_next(s, a));)
		for (b = NULL; (b = sessions_next(s, b));)
			n += sessions_by_id(s, b->row.id) == b;
	is_int(n, 100);
	sessions_free(&s);
}

TEST(the_stale_queue_is_first_come_first_served_and_each_once)
{
	struct sessions *s = sessions_new();
	struct entry *a = add(s, 1, "ring", 1, 2), *b = add(s, 2, "ring", 3, 4);

	ok(!sessions_have_stale(s) && !sessions_take_stale(s));
	sessions_stale(s, b);
	sessions_stale(s, a);
	sessions_stale(s, b);
	ok(sessions_have_stale(s));
	ok(sessions_take_stale(s) == b && !b->stale);
	sessions_stale(s, b);
	ok(sessions_take_stale(s) == a);
	ok(sessions_take_stale(s) == b);
	ok(!sessions_take_stale(s));
	sessions_stale(s, a);
	ok(sessions_take_stale(s) == a, "the queue is good after it was empty");
	sessions_free(&s);
}

TEST(a_thousand_sessions_come_and_go)
{
	struct sessions *s = sessions_new();
	char device[20];
	int i;

	for (i = 1; i <= 1000; i++) {
		(void)snprintf(device, sizeof(device), "ring %d", i % 7);
		(void)add(s, i, device, i * 100, i * 100 + 50);
		sessions_trim(s, device);
	}
	is_int((int64_t)count(s), 7 * SESSIONS_PER_DEVICE);
	sessions_free(&s);
}

int
main(void)
{
	RUN(a_session_is_found_by_id_number_person_and_device);
	RUN(a_person_is_free_when_a_session_has_ended);
	RUN(a_time_belongs_to_the_session_whose_span_contains_it);
	RUN(what_would_share_readings_is_found);
	RUN(what_is_known_shrinks_when_something_is_let_go);
	RUN(whoever_is_needed_stays);
	RUN(walks_may_nest_and_look_up);
	RUN(the_stale_queue_is_first_come_first_served_and_each_once);
	RUN(a_thousand_sessions_come_and_go);
	return test_done();
}
