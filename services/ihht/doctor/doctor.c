/*
 * doctor - which hop is the first that is broken, what shows it, and what to do
 *
 *	in      beats and live, for some seconds; the SQLite file, read-only
 *
 * Asks no process anything, so it works whatever is down.
 */
#include <czmq.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "common/clock.h"
#include "services/ihht/beats.h"
#include "services/ihht/devices/roster.h"
#include "services/ihht/doctor/diagnose.h"
#include "services/ihht/grid.h"
#include "services/ihht/lag.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define BUNDLE_S       30        /* local-store/bundle-seconds, when it is not set */
#define FIRST_LOOK_US  1300000   /* a beat a second, and some */
#define SECOND_LOOK_US 3300000   /* whoever still speaks has spoken again by then */

struct visit {
	struct process *process;
	struct expected expected;
	struct beats *before, *now;
	struct roster *roster;
	struct link *beats, *live;
};

/* ---- looking */

static int
take_live(struct visit *v, struct err *err)
{
	struct link_frame frame;
	int r;

	while ((r = link_recv(v->live, &frame, err)) != 0) {
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r > 0 && frame.message == &msg_device)
			roster_device(v->roster, frame.msg);
		else if (r > 0 && frame.message == &msg_sample)
			roster_sample(v->roster, frame.msg, 1);
	}
	return 0;
}

static int
take_beats(struct visit *v, struct err *err)
{
	struct link_frame frame;
	int r;

	while ((r = link_recv(v->beats, &frame, err)) != 0) {
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r > 0)
			beats_take(v->now, frame.msg, clock_mono_us());
	}
	return 0;
}

static int
listen_until(struct visit *v, int64_t until_us, struct err *err)
{
	enum { LIVE, BEATS, N };
	zmq_pollitem_t on[N] = {
		[LIVE] = {.socket = link_socket(v->live), .events = ZMQ_POLLIN},
		[BEATS] = {.socket = link_socket(v->beats), .events = ZMQ_POLLIN},
	};
	int64_t now;

	while ((now = clock_mono_us()) < until_us) {
		if (zmq_poll(on, N, clock_until_ms(until_us, now, 1000)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		if (take_live(v, err) < 0 || take_beats(v, err) < 0)
			return -1;
	}
	return 0;
}

static int
look(struct visit *v, struct err *err)
{
	int64_t start = clock_mono_us();

	if (beats_expect(v->process, &v->expected, err) < 0 ||
	    !(v->beats = link_open(v->process, "beats", LINK_IN, err)) ||
	    !(v->live = link_open(v->process, "live", LINK_IN, err)))
		return -1;
	link_subscribe(v->beats, "beat/");
	link_subscribe(v->live, "device/");
	link_subscribe(v->live, "sample/");
	if (listen_until(v, start + FIRST_LOOK_US, err) < 0)
		return -1;
	*v->before = *v->now;
	return listen_until(v, start + SECOND_LOOK_US, err);
}

/* ---- facts */

/* Of several instances the one that is worst off. */
static void
see_process(const struct visit *v, const char *name, struct seen *seen)
{
	int64_t now_us = clock_mono_us();
	const struct heard *h, *before;
	int i, n = process_instances(v->process, name);
	size_t e;

	for (e = 0; e < v->expected.n; e++)
		seen->expected |= !strcmp(v->expected.all[e].name, name);
	for (i = 1; i <= n; i++) {
		if (!(h = beats_of(v->now, name, i, now_us)))
			continue;
		if (seen->heard && h->beat.state != PROCESS_WAITING)
			continue;
		before = beats_of(v->before, name, i, now_us);
		seen->heard = 1;
		seen->now = h->beat;
		seen->before = before ? before->beat : h->beat;
	}
}

static void
see_devices(const struct visit *v, struct facts *f)
{
	int64_t now_us = clock_utc_us(), last_us = 0;
	const struct roster_entry *e;
	size_t i;

	for (i = 0; (e = roster_at(v->roster, i)); i++) {
		f->n_devices += e->device.state != DEVICE_SEEN;
		f->n_streaming += e->device.state == DEVICE_STREAMING;
		f->n_silent += e->device.state == DEVICE_SILENT;
		f->n_lost += e->device.state == DEVICE_LOST || e->device.state == DEVICE_OFF;
		f->n_refused += e->device.state == DEVICE_REFUSED;
		f->n_connecting += e->device.state == DEVICE_CONNECTING;
		f->n_searching += e->device.state == DEVICE_SEARCHING;
		if (e->is_live && e->last.taken_us > last_us)
			last_us = e->last.taken_us;
	}
	f->value_age_us = !last_us ? -1 : last_us > now_us ? 0 : now_us - last_us;
}

static void
see_store(const struct visit *v, struct facts *f)
{
	const char *seconds = conf_find(v->process->conf, "local-store", "bundle-seconds");
	struct statvfs disk;
	struct lag lag;
	struct err err;

	f->waiting = lag_read(v->process, &lag, &err) < 0 ? -1 : lag.waiting;
	if (f->waiting < 0)
		(void)snprintf(f->no_file, sizeof(f->no_file), "%.199s", err.text);
	f->bundle_s = seconds ? strtod(seconds, NULL) : BUNDLE_S;
	f->disk_free = statvfs(v->process->database, &disk) < 0 || !disk.f_blocks
			       ? -1 : (double)disk.f_bavail / (double)disk.f_blocks;
}

/* ---- telling */

static enum colour
colour_of(enum health health)
{
	switch (health) {
	case HEALTH_OK:
		return COLOUR_GREEN;
	case HEALTH_NOTE:
		return COLOUR_YELLOW;
	case HEALTH_BROKEN:
		return COLOUR_RED;
	case HEALTH_HIDDEN:
		break;
	}
	return COLOUR_DIM;
}

static void
tell(const struct diagnosis hops[N_HOPS], enum hop first)
{
	struct grid *grid = grid_new("HOP|STATE|WHAT WAS SEEN");
	int i;

	for (i = 0; i < N_HOPS; i++) {
		grid_add(grid, COLOUR_PLAIN, "%s", hop_name((enum hop)i));
		grid_add(grid, colour_of(hops[i].health), "%s", health_name(hops[i].health));
		grid_add(grid, COLOUR_PLAIN, "%s", hops[i].evidence);
	}
	grid_print(grid, stdout);
	grid_free(&grid);
	for (i = 0; i < N_HOPS; i++)
		if (hops[i].health == HEALTH_NOTE && *hops[i].cure)
			printf("\n%s: %s", hop_name((enum hop)i), hops[i].cure);
	if (first == N_HOPS)
		printf("\nno hop is broken\n");
	else
		printf("\nfirst broken hop: %s\n%s\ncure: %s\n", hop_name(first), hops[first].evidence,
		       hops[first].cure);
}

static void
tell_json(const struct diagnosis hops[N_HOPS], enum hop first)
{
	json_t *all = json_array();
	int i;

	for (i = 0; i < N_HOPS; i++)
		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "hop", hop_name((enum hop)i),
						     "state", health_name(hops[i].health), "evidence",
						     hops[i].evidence, "cure", hops[i].cure));
	rows_print_json(json_pack("{s:s?, s:o}", "first_broken", first == N_HOPS ? NULL : hop_name(first),
				  "hops", all));
}

int
doctor_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct visit v = {.process = me->process, .before = calloc(1, sizeof(*v.before)),
			  .now = calloc(1, sizeof(*v.now)), .roster = roster_new()};
	struct diagnosis hops[N_HOPS];
	struct facts *facts = calloc(1, sizeof(*facts));
	enum hop first = N_HOPS;
	struct err err;
	int r;

	(void)argv;
	ASSERT(v.before && v.now && facts);
	if (argc)
		r = verb_usage(verb, "takes nothing");
	else if (look(&v, &err) < 0)
		r = verb_fail(verb, err.code == EINVAL ? PROCESS_FIX_CONFIG : PROCESS_TRY_AGAIN, &err);
	else {
		see_process(&v, "ble-ingest", &facts->ingest);
		see_process(&v, "local-store", &facts->store);
		see_process(&v, "sync-worker", &facts->worker);
		see_process(&v, "dedupe-auditor", &facts->auditor);
		see_process(&v, "realtime-fanout", &facts->fanout);
		see_process(&v, "http-api", &facts->api);
		see_devices(&v, facts);
		see_store(&v, facts);
		diagnose(facts, hops);
		first = diagnose_first(hops);
		(me->json ? tell_json : tell)(hops, first);
		r = first == N_HOPS ? IHHT_OK : IHHT_UNWELL;
	}
	link_close(&v.live);
	link_close(&v.beats);
	roster_free(&v.roster);
	free(v.before);
	free(v.now);
	free(facts);
	return r;
}
