/*
 * rough - a bad stretch of road between processes: frames are dropped, doubled, late, out of order
 *
 *	rough WHAT SEED FOLDER LINK...
 *
 * WHAT is drop, twice, late, order or all.  A LINK is one of links.def's as NAME=ENDPOINT, where the
 * end that binds is; the other end connects to ipc://FOLDER/NAME instead.  One message in ONE_IN has
 * an accident: it never comes, comes again some messages later, is overtaken by those behind
 * it, or makes all behind it wait.  Stopped (TERM) it says how many accidents there were.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/sig.h"
#include "proto/link.h"

#define ONE_IN    12
#define MOST_US   (CLOCK_SECOND / 3)
#define MOST      8
#define WAITING   20000
#define MOST_LATE 64            /* behind one that is late */

struct waiting {
	int64_t due_us;
	zmq_msg_t parts[4];
	int n;
};

struct road {
	void *in, *out;
	int in_order;                   /* later ones wait for those before them */
	int64_t last_us;
	struct waiting *waiting;        /* in order of arrival */
	size_t n;
};

static struct rough {
	struct road roads[2 * MOST];
	int n_roads;
	const char *what;
	uint64_t random, n_passed, n_accidents;
} me;

static uint64_t
roll(uint64_t n)
{
	me.random ^= me.random << 13;
	me.random ^= me.random >> 7;
	me.random ^= me.random << 17;
	return me.random % n;
}

static int
may(const char *accident)
{
	return (!strcmp(me.what, "all") || !strcmp(me.what, accident)) && roll(ONE_IN) == 0 &&
	       ++me.n_accidents;
}

/* ---- one message */

static void
leave(struct road *r, struct waiting *w)
{
	int i;

	for (i = 0; i < w->n; i++) {
		if (zmq_msg_send(&w->parts[i], r->out, ZMQ_DONTWAIT | (i + 1 < w->n ? ZMQ_SNDMORE : 0)) < 0)
			(void)zmq_msg_close(&w->parts[i]);
	}
	me.n_passed++;
}

static void
wait_its_turn(struct road *r, struct waiting *w, int64_t due_us)
{
	if (r->in_order && due_us < r->last_us)
		due_us = r->last_us;
	if (r->in_order)
		r->last_us = due_us;
	w->due_us = due_us;
	r->waiting[r->n++] = *w;
}

static void
come_again(struct road *r, const struct waiting *w, int64_t due_us)
{
	struct waiting twin = {.n = w->n};
	int i;

	for (i = 0; i < w->n; i++) {
		(void)zmq_msg_init(&twin.parts[i]);
		(void)zmq_msg_copy(&twin.parts[i], (zmq_msg_t *)&w->parts[i]);
	}
	twin.due_us = due_us;
	r->waiting[r->n++] = twin;
}

static void
arrive(struct road *r, struct waiting *w, int64_t now)
{
	int i;

	if (may("drop")) {
		for (i = 0; i < w->n; i++)
			(void)zmq_msg_close(&w->parts[i]);
		return;
	}
	if (may("twice"))
		come_again(r, w, now + (int64_t)roll(MOST_US));
	if (may("late")) {
		r->in_order = 1;
		wait_its_turn(r, w, now + (int64_t)roll(MOST_US));
	} else if (may("order")) {
		w->due_us = now + (int64_t)roll(MOST_US);
		r->waiting[r->n++] = *w;
	} else {
		wait_its_turn(r, w, now);
	}
}

/* 1 got one, 0 nothing there. */
static int
take(struct road *r, int64_t now)
{
	struct waiting w = {0};

	do {
		(void)zmq_msg_init(&w.parts[w.n]);
		if (zmq_msg_recv(&w.parts[w.n], r->in, w.n ? 0 : ZMQ_DONTWAIT) < 0)
			return 0;
		w.n++;
	} while (zmq_msg_more(&w.parts[w.n - 1]) && w.n < 4);
	arrive(r, &w, now);
	return 1;
}

/* ---- a road */

static int64_t
let_go(struct road *r, int64_t now)
{
	int64_t next = INT64_MAX;
	size_t i, kept = 0;

	for (i = 0; i < r->n; i++) {
		if (r->waiting[i].due_us <= now) {
			leave(r, &r->waiting[i]);
			continue;
		}
		next = r->waiting[i].due_us < next ? r->waiting[i].due_us : next;
		r->waiting[kept++] = r->waiting[i];
	}
	r->n = kept;
	if (!kept)
		r->in_order = 0;
	return next;
}

static void
add(void *in, void *out)
{
	me.roads[me.n_roads++] = (struct road){in, out, 0, 0, calloc(WAITING, sizeof(struct waiting)), 0};
}

static void *
end_of(void *context, int type, const char *endpoint, int binds)
{
	void *socket = zmq_socket(context, type);
	int none = 0;

	(void)zmq_setsockopt(socket, ZMQ_LINGER, &none, sizeof(none));
	(void)zmq_setsockopt(socket, ZMQ_RCVHWM, &none, sizeof(none));
	(void)zmq_setsockopt(socket, ZMQ_SNDHWM, &none, sizeof(none));
	if ((binds ? zmq_bind : zmq_connect)(socket, endpoint) < 0) {
		fprintf(stderr, "rough: %s: %s\n", endpoint, zmq_strerror(errno));
		exit(111);
	}
	return socket;
}

static int
open_road(void *context, const char *folder, char *arg)
{
	char *endpoint = strchr(arg, '='), ours[200];
	const struct link_row *row;
	int sender_binds;
	size_t i;

	if (!endpoint)
		return -1;
	*endpoint++ = 0;
	for (i = 0; (row = link_row(i)) && strcmp(row->name, arg); i++)
		;
	if (!row || me.n_roads + 2 > 2 * MOST)
		return -1;
	(void)snprintf(ours, sizeof(ours), "ipc://%s/%s", folder, arg);
	if (row->pattern == PUSH_PULL) {
		sender_binds = strstr(row->from, row->binder) != NULL;
		add(end_of(context, ZMQ_PULL, sender_binds ? endpoint : ours, !sender_binds),
		    end_of(context, ZMQ_PUSH, sender_binds ? ours : endpoint, sender_binds));
	} else {
		add(end_of(context, ZMQ_XSUB, endpoint, 0), end_of(context, ZMQ_XPUB, ours, 1));
		add(me.roads[me.n_roads - 1].out, me.roads[me.n_roads - 1].in);
	}
	return 0;
}

/* Subscriptions, which go against the traffic, have no accidents. */
static void
pass_subscriptions(struct road *r)
{
	struct waiting w = {.n = 1};

	(void)zmq_msg_init(&w.parts[0]);
	while (zmq_msg_recv(&w.parts[0], r->in, ZMQ_DONTWAIT) >= 0) {
		(void)zmq_msg_send(&w.parts[0], r->out, 0);
		(void)zmq_msg_init(&w.parts[0]);
	}
}

static int
type_of(void *socket)
{
	int type = 0;
	size_t size = sizeof(type);

	(void)zmq_getsockopt(socket, ZMQ_TYPE, &type, &size);
	return type;
}

int
main(int argc, char **argv)
{
	zmq_pollitem_t on[2 * MOST + 1];
	struct err err;
	void *context;
	int64_t now, next, wake;
	int i, signals = sig_open(&err);

	context = zmq_ctx_new();
	for (i = 4; i < argc; i++)
		if (open_road(context, argv[3], argv[i]) < 0)
			argc = 0;
	if (argc < 5 || signals < 0) {
		fprintf(stderr, "usage: rough drop|twice|late|order|all SEED FOLDER LINK=ENDPOINT...\n");
		return 100;
	}
	me.what = argv[1];
	me.random = strtoull(argv[2], NULL, 10) * 0x9e3779b97f4a7c15u + 1;
	for (i = 0; i < me.n_roads; i++)
		on[i] = (zmq_pollitem_t){.socket = me.roads[i].in, .events = ZMQ_POLLIN};
	on[me.n_roads] = (zmq_pollitem_t){.fd = signals, .events = ZMQ_POLLIN};
	for (wake = 0; !on[me.n_roads].revents;) {
		(void)zmq_poll(on, me.n_roads + 1, clock_until_ms(wake, clock_mono_us(), 100));
		now = clock_mono_us();
		wake = INT64_MAX;
		for (i = 0; i < me.n_roads; i++) {
			if (type_of(me.roads[i].in) == ZMQ_XPUB) {
				pass_subscriptions(&me.roads[i]);
				continue;
			}
			while (me.roads[i].n < WAITING / 2 && take(&me.roads[i], now))
				;
			next = let_go(&me.roads[i], now);
			wake = next < wake ? next : wake;
		}
	}
	printf("%llu passed, %llu accidents\n", (unsigned long long)me.n_passed,
	       (unsigned long long)me.n_accidents);
	return 0;
}
