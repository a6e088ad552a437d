/*
 * realtime-fanout - a watcher sees each reading in order, or is told of the hole
 *
 *	in      live   (sample, gap, device) from ble-ingest
 *	        news   (session, synced, survey, event, alert, ...) from local-store
 *	        beats  of all processes
 *	        local-store's SQLite file, read only, for who returns after long
 *	out     /live    WebSocket, a message is one or more JSON frames, each on a line
 *	        /events  Server-Sent Events, each one frame
 *	        /realtime/v1/websocket  the same for Supabase's own client, see phoenix.h
 *	        /health  how it goes
 *	        /metrics for Prometheus, this process alone
 *	owns    nothing: all state is rebuilt from what passes
 *
 * A frame is {"seq","type", ...}.  seq has no hole within one run of this process; who
 * filters gets some of them.  First comes a `snapshot` of what is so now, with the last
 * minutes of each device; then what happens.  Who returns with ?resume=RUN.SEQ or
 * Last-Event-ID gets what it missed, from memory or from the store, or a `hole` and a snapshot
 * (see clients.h).
 * A `hole` "of":"device" says that values from..to of a device's count never came here.
 * What a device had in its own memory of a time when it was away comes as `recalled`, with
 * the fields of a `sample`: it is not the latest value, and no hole is counted in it.
 *
 * A watcher brings a token (proto/access.h), in a header, the address or a cookie, and gets what
 * is of those it may see; of an oximeter that is in no session only admins get values.  With the
 * end of the token, or of the key that signed it, its stream ends; over WebSocket it may send
 * {"type":"token","token":...} before, and {"type":"resume","after":RUN.SEQ} at any time.  Every 15 s
 * it is told the `time`, and so that we are here.
 *
 * Promise: no watcher can hold up another one, or the pipeline; who is too slow for live
 * is brought to now, told of the hole, and parted from when it happens again.
 *
 * One loop of libev wakes libwebsockets and us.
 */
#include <errno.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/sig.h"
#include "fanout.h"
#include "proto/link.h"

#define RETURN_US (60 * CLOCK_SECOND)  /* the last watcher may come back so long */

static const struct conf_key keys[] = {
	{"listen", CONF_TEXT, "127.0.0.1", 1, 64, NULL, "address; nginx or another proxy with TLS stands between others and us"},
	{"port", CONF_NUMBER, "8082", 1, 65535, NULL, "TCP port"},
	{"watchers", CONF_NUMBER, "500", 1, 10000, NULL, "connections at most"},
	{"devices", CONF_NUMBER, "4000", 1, 100000, NULL, "devices and sessions kept in mind at most"},
	{"ring-frames", CONF_NUMBER, "20000", 16, 10000000, NULL, "frames kept for who returns, at most"},
	{"ring-bytes", CONF_NUMBER, "6000000", 65536, 1000000000, NULL, "and bytes of them"},
	{"resume-rows", CONF_NUMBER, "100000", 0, 10000000, NULL, "rows of the store looked at, at most, for one watcher who comes back"},
	{"tick-ms", CONF_NUMBER, "10", 0, 100, NULL, "what comes within it goes out together, when many watch; 0: nothing waits"},
	{"lag-ms", CONF_NUMBER, "3000", 100, 60000, NULL, "a watcher further behind skips to now"},
	{"stalled-s", CONF_NUMBER, "30", 1, 3600, NULL, "one that takes nothing so long is dropped"},
};

static const struct process_manual manual = {
	.name = "realtime-fanout",
	.text = "Shows live readings and session states over WebSocket and Server-Sent Events.",
	.keys = keys,
	.n_keys = sizeof(keys) / sizeof(keys[0]),
};

static void
give_all(struct fanout *me)
{
	int64_t now = clock_mono_us();
	size_t i;

	clients_stir(&me->clients);
	for (i = me->clients.n_awake; i-- > 0;)
		out_give(me, me->clients.all[i], now);
}

static void
wake(struct fanout *me, int source)
{
	struct signalfd_siginfo signal;

	if (source == SIGNALS) {
		if (read(me->signals, &signal, sizeof(signal)) > 0)
			ev_break(me->loop, EVBREAK_ALL);
		return;
	}
	in_links_wake(me, source);
	give_all(me);
}

/* ---- once a second */

void
fanout_counts(const struct fanout *me, char counts[COUNTS_MAX])
{
	const struct clients *c = &me->clients;
	const struct board *b = &me->board;

	(void)snprintf(counts, COUNTS_MAX,
		       "watchers=%zu frames=%llu frames_out=%llu watchers_dropped=%llu holes=%llu "
		       "resumed_from_store=%llu ring_frames=%llu live_missed=%llu live_lag_ms=%.3f "
		       "device_holes=%llu requests=%llu requests_refused=%llu sessions_refused=%llu",
		       c->n, (unsigned long long)b->n_frames, (unsigned long long)c->n_frames_out,
		       (unsigned long long)c->n_dropped, (unsigned long long)c->n_holes,
		       (unsigned long long)c->n_replayed,
		       (unsigned long long)(ring_next(b->ring) - ring_first(b->ring)),
		       (unsigned long long)b->n_live_missed, (double)me->lag_us / 1000,
		       (unsigned long long)b->n_device_holes, (unsigned long long)me->n_requests,
		       (unsigned long long)me->n_refused, (unsigned long long)b->n_refused);
}

static void
beat(struct fanout *me)
{
	const struct board *b = &me->board;
	char counts[COUNTS_MAX];

	me->why = !state_is_up(b->state, "ble-ingest")    ? "no beat of ble-ingest: nothing live"
		  : !state_is_up(b->state, "local-store") ? "no beat of local-store: no sessions"
							  : "";
	fanout_counts(me, counts);
	process_beat(me->process, *me->why ? PROCESS_WAITING : PROCESS_READY, me->why, "%s", counts);
	me->lag_us = 0;
}

/* Under a timer of lws: only so it looks when it has to wake next for what we ask here. */
static void
on_second(lws_sorted_usec_list_t *second)
{
	struct fanout *me = lws_container_of(second, struct fanout, second);
	int64_t now = clock_mono_us();
	size_t i;

	board_tick(&me->board, now);
	give_all(me);
	for (i = 0; i < me->clients.n; i++)  /* upwards: who is woken takes the place of one seen */
		out_look_after(me, me->clients.all[i], now);
	if (!me->clients.n && now - me->clients.alone_mono_us > RETURN_US)
		me->board.wanted = 0;
	beat(me);
	lws_sul_schedule(me->lws, 0, second, on_second, process_beat_in_ms(me->process) * 1000 + 1000);
}

/* ---- life */

/* The daemons; the sniffer and the operator's command come and go. */
static void
expect_all(struct fanout *me)
{
	const char *name;
	size_t i;
	int k;

	for (i = 0; (name = link_process(i)); i++)
		for (k = 1; strcmp(name, "zmq-sniffer") && strcmp(name, "ihht") &&
			    k <= process_instances(me->process, name); k++)
			state_expect(me->board.state, name, k, clock_mono_us());
}

static int
attach(struct fanout *me, struct err *err)
{
	const struct conf *conf = me->process->conf;

	if (!(me->access = access_open(me->process->access, err)))
		return -1;
	me->tick_us = conf_number(conf, "tick-ms") * 1000;
	me->clients.board = &me->board;
	me->clients.max = (size_t)conf_number(conf, "watchers");
	me->clients.lag_us = conf_number(conf, "lag-ms") * 1000;
	me->clients.stalled_us = conf_number(conf, "stalled-s") * CLOCK_SECOND;
	if (board_init(&me->board, me->process->run, (size_t)conf_number(conf, "ring-frames"),
		       (size_t)conf_number(conf, "ring-bytes"),
		       (size_t)conf_number(conf, "devices")) < 0)
		return err_set(err, ENOMEM, "out of memory");
	me->clients.past = (struct replay_house){&me->board, in_store_new(me->process->database),
						 conf_number(conf, "resume-rows"), me->clients.lag_us};
	me->wake = wake;
	if (in_links_open(me, err) < 0 ||
	    server_open(me, conf_text(conf, "listen"), (int)conf_number(conf, "port"), err) < 0)
		return -1;
	expect_all(me);
	in_links_subscribe(me);
	lws_sul_schedule(me->lws, 0, &me->second, on_second, 1);
	return 0;
}

static void
detach(struct fanout *me)
{
	server_close(me);
	clients_release(&me->clients);
	in_store_free(&me->clients.past.store);
	in_links_close(me);
	board_release(&me->board);
	access_close(&me->access);
}

int
main(int argc, char **argv)
{
	static struct fanout me = {.why = ""};
	struct err err = {0};
	int exit_code = PROCESS_TRY_AGAIN;

	if ((me.signals = sig_open(&err)) < 0)
		return exit_code;
	if (!(me.process = process_open(&manual, argc, argv, &exit_code)))
		return exit_code;
	exit_code = PROCESS_TRY_AGAIN;
	if (attach(&me, &err) < 0) {
		log_error("cannot_start", "why=\"%s\"", err.text);
	} else {
		log_info("ready", "port=%lld", (long long)conf_number(me.process->conf, "port"));
		(void)ev_run(me.loop, 0);
		exit_code = 0;
	}
	detach(&me);
	if (!exit_code)
		log_info("stopped", "frames=%llu frames_out=%llu holes=%llu watchers_dropped=%llu",
			 (unsigned long long)me.board.n_frames,
			 (unsigned long long)me.clients.n_frames_out,
			 (unsigned long long)me.clients.n_holes,
			 (unsigned long long)me.clients.n_dropped);
	process_close(&me.process);
	return exit_code;
}
