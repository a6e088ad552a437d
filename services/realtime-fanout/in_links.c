/*
 * in_links - what comes over the links, and when it is read
 *
 * ZeroMQ's fds signal an edge, so every wake reads until EAGAIN.  While sending takes long we do not
 * wake for each message, but read and send on a tick.
 */
#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/log.h"
#include "fanout.h"
#include "proto/link.h"

#define AT_ONCE_US    300                 /* shorter pauses are not worth a timer */
#define MOST_PAUSE_US 100000
#define MOST_A_TICK   5000                /* messages of one link, so that watchers get their turn */

static const char *const link_names[N_LINKS] = {"live", "news", "beats"};

/* ---- messages */

static void
say_bad(const struct err *err)
{
	static struct log_often often;

	if (!log_often(&often, clock_mono_us()))
		return;
	log_warn("message_dropped", "why=\"%s\" n=%llu", err->text, (unsigned long long)often.n);
	often.n = 0;
}

/* What is replayed was received long ago. */
static void
time_sample(struct fanout *me, const struct sample *sample)
{
	int64_t lag_us = clock_utc_us() - sample->taken_us;

	if (sample->data_source != DATA_SOURCE_MANUAL && lag_us > me->lag_us)
		me->lag_us = lag_us;
}

static int
drain(struct fanout *me, int which)
{
	struct link *link = me->links[which];
	struct link_frame frame;
	struct err err;
	int n, r;

	for (n = 0; n < MOST_A_TICK && (r = link_recv(link, &frame, &err)); n++) {
		if (r < 0)
			say_bad(&err);
		else if (frame.message == &msg_sample)
			time_sample(me, frame.msg);
		if (r > 0)
			board_take(&me->board, frame.message, frame.msg, clock_mono_us());
		if (r < 0 && err.code != EBADMSG)
			break;
	}
	board_missed(&me->board, link_names[which], link_counts(link)->n_missed, clock_mono_us());
	return n;
}

/* local-store repeats what runs and what stands whenever somebody subscribes anew. */
static void
ask_again(struct fanout *me)
{
	static const char *const repeated[] = {"session/", "alert/"};
	void *news = link_socket(me->links[NEWS]);
	size_t i;

	me->board.ask_again = 0;
	for (i = 0; i < 2; i++) {
		(void)zmq_setsockopt(news, ZMQ_UNSUBSCRIBE, repeated[i], strlen(repeated[i]));
		(void)zmq_setsockopt(news, ZMQ_SUBSCRIBE, repeated[i], strlen(repeated[i]));
	}
}

/* ---- when they are read */

/*
 * How long values are let come together before they are sent: a few times the CPU that the last ones
 * took.  For a few watchers that is at once; for many what comes within tick-ms goes out together;
 * and where even that is too often all wait longer rather than that everybody falls behind.
 */
static int64_t
pause_us(const struct fanout *me)
{
	int64_t us = 4 * me->busy_us, most = me->tick_us;

	if (!me->clients.n)
		return most;
	if (most && most < me->busy_us)
		most = me->busy_us;
	us = us < most ? us : most;
	return us < MOST_PAUSE_US ? us : MOST_PAUSE_US;
}

/* A timer of libev would do, but epoll waits for whole milliseconds. */
static void
arm_tick(struct fanout *me, int64_t us)
{
	struct itimerspec at = {.it_value.tv_nsec = (us > 0 ? us : 1) * 1000};

	(void)timerfd_settime(me->tick, 0, &at, NULL);
}

/*
 * Reads what there is.  While values come faster than they are to be sent the live link's fd is left
 * alone until the tick; news and beats are rare and are read when they come.
 */
static void
pump(struct fanout *me, int which)
{
	int n = drain(me, which);
	int64_t us = pause_us(me);

	me->more[which] = n == MOST_A_TICK || (which == LIVE && n > 0 && us > AT_ONCE_US);
	if (me->board.ask_again) {
		ask_again(me);
		me->more[NEWS] = 1;  /* setting an option may have swallowed the fd's edge */
	}
	(me->more[LIVE] ? ev_io_stop : ev_io_start)(me->loop, &me->sources[LIVE]);
	if (me->more[LIVE] || me->more[NEWS] || me->more[BEATS])
		arm_tick(me, us);
}

static void
on_tick(struct fanout *me)
{
	uint64_t times;
	int i;

	(void)!read(me->tick, &times, sizeof(times));
	for (i = 0; i < N_LINKS; i++)
		if (me->more[i])
			pump(me, i);
}

void
in_links_wake(struct fanout *me, int source)
{
	int64_t cpu_us;

	if (source == TICK || source == LIVE) {
		cpu_us = clock_thread_us();
		me->busy_us = cpu_us - me->cpu_us;
		me->cpu_us = cpu_us;
	}
	if (source == TICK)
		on_tick(me);
	else
		pump(me, source);
}

/* ---- life */

int
in_links_open(struct fanout *me, struct err *err)
{
	int i;

	for (i = 0; i < N_LINKS; i++)
		if (!(me->links[i] = link_open(me->process, link_names[i], LINK_IN, err)))
			return -1;
	if ((me->tick = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) < 0)
		return err_set(err, errno, "timerfd: %s", strerror(errno));
	return 0;
}

void
in_links_subscribe(struct fanout *me)
{
	static const char *const live[] = {"sample/", "gap/", "device/", NULL};
	static const char *const news[] = {"session/", "survey/", "event/", "phase_stats/",
					   "progression/", "synced/", "alert/", NULL};
	int i;

	for (i = 0; live[i]; i++)
		link_subscribe(me->links[LIVE], live[i]);
	link_subscribe(me->links[BEATS], "");
	for (i = 0; news[i]; i++)
		link_subscribe(me->links[NEWS], news[i]);
	arm_tick(me, 1);
}

void
in_links_close(struct fanout *me)
{
	int i;

	for (i = N_LINKS; i-- > 0;)
		link_close(&me->links[i]);
	if (me->tick > 0)
		(void)close(me->tick);
}
