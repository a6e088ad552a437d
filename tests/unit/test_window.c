#include "tests/unit/test.h"

#include <stdlib.h>

#include "services/ble-ingest/window.h"

#define S 1000000LL

static void
send_all(struct window *w, int64_t head, int64_t now)
{
	w->resume = 0;
	while (window_next(w, head))
		window_sent(w, now);
}

TEST(a_resume_goes_before_anything_else)
{
	struct window w;

	window_init(&w, 41);
	is_int(w.resume, 1);
	is_int(window_next(&w, 50), 0);
	window_resumed(&w);
	is_int(window_next(&w, 50), 42);
	is_int(window_next(&w, 41), 0);
}

TEST(no_more_than_the_window_is_on_its_way)
{
	struct window w;

	window_init(&w, 10);
	send_all(&w, 1000000, 0);
	is_int(w.sent, 10 + WINDOW_SIZE);
	window_stored(&w, 15, 0, 0);
	send_all(&w, 1000000, 0);
	is_int(w.sent, 15 + WINDOW_SIZE);
	is_int((int64_t)w.n_resent, 0);
}

TEST(of_many_complaints_about_one_hole_the_first_counts)
{
	struct window w;

	window_init(&w, 0);
	send_all(&w, 100, 0);
	window_stored(&w, 50, 1, 1);
	is_int(w.acked, 50);
	is_int(w.sent, 50);
	is_int(w.resume, 1);
	send_all(&w, 100, 2);
	window_stored(&w, 50, 1, 3);
	window_stored(&w, 50, 1, 4);
	is_int(w.sent, 100);
	is_int((int64_t)w.n_rewound, 1);
	window_stored(&w, 60, 0, 5);
	window_stored(&w, 60, 1, 6);
	is_int(w.sent, 60);
	is_int((int64_t)w.n_rewound, 2);
}

TEST(silence_rewinds_and_patience_grows)
{
	struct window w;

	window_init(&w, 0);
	is_int(window_due_us(&w), INT64_MAX);
	send_all(&w, 9, 100);
	is_int(window_due_us(&w), 100 + S);
	window_late(&w, 99 + S);
	is_int(w.sent, 9);
	window_late(&w, 100 + S);
	is_int(w.sent, 0);
	is_int(w.resume, 1);
	send_all(&w, 9, 200 + S);
	is_int(window_due_us(&w), 200 + 3 * S);
	window_stored(&w, 1, 0, 2 * S);
	is_int(window_due_us(&w), 3 * S);
}

TEST(what_is_on_its_way_is_less_after_a_loss_and_more_after_progress)
{
	struct window w;
	int i;

	window_init(&w, 0);
	for (i = 0; i < 20; i++) {
		send_all(&w, 100000, 0);
		window_late(&w, INT64_MAX / 2);
	}
	send_all(&w, 100000, 0);
	is_int(w.sent, WINDOW_LEAST);
	window_stored(&w, 1, 0, 0);
	send_all(&w, 100000, 0);
	is_int(w.sent, 1 + 2 * WINDOW_LEAST);
	for (i = 2; i < 20; i++)
		window_stored(&w, i, 0, 0);
	is_int(w.size, WINDOW_SIZE);
}

TEST(patience_has_an_end)
{
	struct window w;
	int i;

	window_init(&w, 0);
	for (i = 0; i < 20; i++) {
		send_all(&w, 9, 0);
		window_late(&w, INT64_MAX / 2);
	}
	is_int(w.patience_us, WINDOW_MOST_US);
}

TEST(what_an_earlier_life_sent_may_be_acknowledged)
{
	struct window w;

	window_init(&w, 5);
	window_stored(&w, 20, 0, 0);
	is_int(w.acked, 20);
	is_int(w.sent, 20);
	window_stored(&w, 7, 0, 0);
	is_int(w.acked, 20);
}

TEST(a_store_that_forgot_everything_gets_what_there_is)
{
	struct window w;

	window_init(&w, 5);
	send_all(&w, 20, 0);
	window_stored(&w, 0, 1, 0);
	is_int(w.acked, 5);
	is_int(w.sent, 5);
	is_int(w.resume, 1);
}

/* A link and a store as bad as they get: frames are lost, both ends die, answers are lost. */
struct world {
	struct window w;
	int64_t head, acked_on_disk;    /* the spool */
	int64_t upto;                   /* the store */
	int store_knows, lost;
	int64_t queue[64];              /* on the way: pos, or -from for a resume */
	int n_queue;
};

static void
deliver(struct world *o)
{
	int64_t frame;
	int i, hole = 0;

	for (i = 0; i < o->n_queue; i++) {
		frame = o->queue[i];
		if (rand() % 20 == 0)
			continue;
		if (frame < 0) {
			o->lost |= o->store_knows && -frame > o->upto + 1;
			if (!o->store_knows || -frame > o->upto + 1)
				o->upto = -frame - 1;
			o->store_knows = 1;
		} else if (!o->store_knows || frame > o->upto + 1) {
			hole = 1;
		} else if (frame == o->upto + 1) {
			o->upto++;
		}
	}
	o->n_queue = 0;
	if (rand() % 4)
		window_stored(&o->w, o->upto, hole, o->w.heard_us + 1);
	o->acked_on_disk = o->w.acked;
}

static void
turn(struct world *o, int64_t now)
{
	int64_t pos;

	if (o->head < 500)
		o->head += rand() % 10;
	window_late(&o->w, now);
	if (o->w.resume && o->n_queue < 64) {
		o->queue[o->n_queue++] = -(o->w.acked + 1);
		window_resumed(&o->w);
	}
	while (o->n_queue < 64 && (pos = window_next(&o->w, o->head))) {
		o->queue[o->n_queue++] = pos;
		window_sent(&o->w, now);
	}
	if (rand() % 3 == 0)
		deliver(o);
	if (rand() % 50 == 0)
		o->n_queue = 0;  /* the store died with these in its hands */
	if (rand() % 50 == 0)
		window_init(&o->w, o->acked_on_disk);  /* we died */
}

TEST(a_thousand_bad_days_end_with_everything_stored_once)
{
	struct world o;
	int64_t now;
	int day;

	for (day = 0; day < 1000; day++) {
		srand((unsigned)day);
		o = (struct world){.head = 0};
		window_init(&o.w, 0);
		for (now = 1; now < 5000 * S && (o.acked_on_disk < 500 || o.head < 500); now += S / 4)
			turn(&o, now);
		if (!ok(o.acked_on_disk >= 500 && o.upto >= o.acked_on_disk && !o.lost,
			"day %d: acked %lld, stored %lld", day, (long long)o.acked_on_disk,
			(long long)o.upto))
			return;
	}
}

int
main(void)
{
	RUN(a_resume_goes_before_anything_else);
	RUN(no_more_than_the_window_is_on_its_way);
	RUN(of_many_complaints_about_one_hole_the_first_counts);
	RUN(silence_rewinds_and_patience_grows);
	RUN(what_is_on_its_way_is_less_after_a_loss_and_more_after_progress);
	RUN(patience_has_an_end);
	RUN(what_an_earlier_life_sent_may_be_acknowledged);
	RUN(a_store_that_forgot_everything_gets_what_there_is);
	RUN(a_thousand_bad_days_end_with_everything_stored_once);
	return test_done();
}
