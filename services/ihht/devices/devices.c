/*
 * devices - which oximeters there are, and how they are doing
 *
 *	in      live (device, sample) and beats, for a moment; the SQLite file, read-only
 *
 * Who subscribes to live is told the state of every device at once; what is not heard now is
 * shown as it is stored.
 */
#include <czmq.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/db.h"
#include "services/ihht/beats.h"
#include "services/ihht/devices/roster.h"
#include "services/ihht/grid.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"
#include "services/ihht/view.h"

#define LISTEN_S 1.3   /* a beat and a value a second, and some */
#define SCAN_S   10.0  /* devices advertise every few seconds at most */

struct look {
	struct roster *roster;
	struct beats *beats;
	struct link *live, *heard;
	int is_scan;
	double seconds;
};

/* ---- live */

static int
take_live(struct look *me, struct err *err)
{
	struct link_frame frame;
	int r;

	while ((r = link_recv(me->live, &frame, err)) != 0) {
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r > 0 && frame.message == &msg_device)
			roster_device(me->roster, frame.msg);
		else if (r > 0 && frame.message == &msg_sample)
			roster_sample(me->roster, frame.msg, 1);
	}
	while ((r = link_recv(me->heard, &frame, err)) != 0) {
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r > 0)
			beats_take(me->beats, frame.msg, clock_mono_us());
	}
	return 0;
}

static int
listen_live(struct look *me, struct err *err)
{
	enum { LIVE, BEATS, N };
	zmq_pollitem_t on[N] = {
		[LIVE] = {.socket = link_socket(me->live), .events = ZMQ_POLLIN},
		[BEATS] = {.socket = link_socket(me->heard), .events = ZMQ_POLLIN},
	};
	int64_t now, until = clock_mono_us() + (int64_t)(me->seconds * 1e6);

	while ((now = clock_mono_us()) < until) {
		if (zmq_poll(on, N, clock_until_ms(until, now, 1000)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		if (take_live(me, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- stored */

/* The newest of each device among the last that came; SQLite takes the other columns from the
 * row with the maximum. */
static const char last_stored[] =
	"SELECT s.device_id, max(r.taken_us), r.spo2, r.heart_rate, r.perfusion_index, r.battery, "
	"r.invalid, r.data_source "
	"FROM (SELECT * FROM readings ORDER BY id DESC LIMIT 20000) r JOIN session s ON s.no = r.session "
	"GROUP BY s.device_id";

static double
real(sqlite3_stmt *s, int column)
{
	return sqlite3_column_type(s, column) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(s, column);
}

static int
read_stored(struct roster *roster, sqlite3 *db, struct err *err)
{
	sqlite3_stmt *s = db_prepare(db, last_stored, err);
	struct sample sample;
	int r = -1;

	while (s && (r = db_step(s, err)) > 0) {
		msg_clear(&msg_sample, &sample);
		(void)snprintf(sample.device_id, sizeof(sample.device_id), "%s", rows_text(s, 0));
		sample.taken_us = sqlite3_column_int64(s, 1);
		sample.spo2 = real(s, 2);
		sample.heart_rate = real(s, 3);
		sample.perfusion_index = real(s, 4);
		sample.battery = sqlite3_column_type(s, 5) == SQLITE_NULL ? MSG_NONE
									  : sqlite3_column_int64(s, 5);
		sample.invalid = sqlite3_column_int64(s, 6);
		sample.data_source = sqlite3_column_int64(s, 7);
		roster_sample(roster, &sample, 0);
	}
	db_finalize(&s);
	return r;
}

/* No store, nothing stored: what is live is worth showing alone. */
static void
add_stored(struct ihht *me, struct roster *roster)
{
	struct err err;
	sqlite3 *db;

	if (access(me->process->database, F_OK) < 0)
		return;
	if (!(db = db_open_readonly(me->process->database, &err)) || read_stored(roster, db, &err) < 0)
		fprintf(stderr, "ihht devices: only what is live: %s\n", err.text);
	db_close(&db);
}

/* ---- shown */

static enum colour
colour_of(int64_t state)
{
	switch (state) {
	case DEVICE_STREAMING:
		return COLOUR_GREEN;
	case DEVICE_SILENT:
	case DEVICE_LOST:
	case DEVICE_REFUSED:
		return COLOUR_RED;
	case DEVICE_SEARCHING:
	case DEVICE_CONNECTING:
		return COLOUR_YELLOW;
	default:
		return COLOUR_DIM;
	}
}

static void
add_number(struct grid *grid, int64_t v, const char *unit)
{
	if (v == MSG_NONE)
		grid_add(grid, COLOUR_PLAIN, "-");
	else
		grid_add(grid, COLOUR_PLAIN, "%lld%s", (long long)v, unit);
}

static void
add_real(struct grid *grid, double v)
{
	if (isnan(v))
		grid_add(grid, COLOUR_PLAIN, "-");
	else
		grid_add(grid, COLOUR_PLAIN, "%.4g", v);
}

static void
add_row(struct grid *grid, const struct roster_entry *e, int64_t now_us)
{
	const struct device *d = &e->device;
	char text[32];

	grid_add(grid, COLOUR_PLAIN, "%s", e->id);
	grid_add(grid, COLOUR_PLAIN, "%s", *d->name ? d->name : "-");
	grid_add(grid, COLOUR_PLAIN, "%s", *d->kind ? d->kind : "-");
	grid_add(grid, colour_of(d->state), "%s", d->state ? words_text(&words_device_state, d->state)
							   : e->is_live ? "streaming" : "not here");
	grid_add(grid, COLOUR_PLAIN, "%s", d->state ? view_span(now_us - d->since_us, text) : "-");
	add_number(grid, d->rssi, " dBm");
	add_number(grid, d->battery != MSG_NONE ? d->battery : e->last.battery, "%");
	add_real(grid, e->last.taken_us ? e->last.spo2 : (double)NAN);
	add_real(grid, e->last.taken_us ? e->last.heart_rate : (double)NAN);
	grid_add(grid, COLOUR_PLAIN, "%s", e->last.taken_us ? view_span(now_us - e->last.taken_us, text) : "-");
}

static void
print_all(const struct ihht *ihht, const struct look *me)
{
	struct grid *grid = grid_new("DEVICE|NAME|KIND|STATE|FOR|RSSI|BATTERY|SPO2|PULSE|AGE");
	int64_t now_us = clock_utc_us();
	const struct roster_entry *e;
	json_t *all = json_array();
	size_t i, n = 0;

	for (i = 0; (e = roster_at(me->roster, i)); i++) {
		if (!me->is_scan && e->device.state == DEVICE_SEEN && !e->last.taken_us)
			continue;
		n++;
		if (ihht->json)
			json_array_append_new(all, roster_json(e, now_us));
		else
			add_row(grid, e, now_us);
	}
	if (ihht->json)
		rows_print_json(json_incref(all));
	else if (n)
		grid_print(grid, stdout);
	else
		printf("no oximeter is known%s\n", me->is_scan ? "" : "; `ihht devices --scan` looks longer, "
		       "and shows those that may not be used");
	json_decref(all);
	grid_free(&grid);
}

/* ble-ingest is what knows of devices now: 0, or it is not there and that is said. */
static int
check_source(const struct look *me)
{
	const struct heard *h = beats_of(me->beats, "ble-ingest", 1, clock_mono_us());

	if (!h)
		fprintf(stderr, "ihht devices: ble-ingest is not heard: this is only what is stored; "
			"`ihht status` says more\n");
	else if (*h->beat.why)
		fprintf(stderr, "ihht devices: ble-ingest: %s\n", h->beat.why);
	return h ? IHHT_OK : IHHT_UNWELL;
}

static int
take_words(struct look *me, const struct verb *verb, int argc, char **argv)
{
	char *end = NULL;

	me->seconds = LISTEN_S;
	if (!argc)
		return 0;
	me->is_scan = !strcmp(argv[0], "--scan");
	if (!me->is_scan || argc > 2)
		return verb_usage(verb, "takes --scan, and how many seconds");
	me->seconds = argc == 2 ? strtod(argv[1], &end) : SCAN_S;
	if (end && (*end || !(me->seconds > 0 && me->seconds <= 3600)))
		return verb_usage(verb, "--scan %s: must be seconds, up to 3600", argv[1]);
	return 0;
}

int
devices_run(struct ihht *ihht, const struct verb *verb, int argc, char **argv)
{
	struct look me = {0};
	struct err err;
	int code;

	if ((code = take_words(&me, verb, argc, argv)) != 0)
		return code;
	me.roster = roster_new();
	me.beats = calloc(1, sizeof(*me.beats));
	ASSERT(me.beats);
	if (!(me.heard = link_open(ihht->process, "beats", LINK_IN, &err)) ||
	    !(me.live = link_open(ihht->process, "live", LINK_IN, &err))) {
		code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	} else {
		link_subscribe(me.heard, "beat/");
		link_subscribe(me.live, "sample/");
		link_subscribe(me.live, "device/");
		if (listen_live(&me, &err) < 0)
			code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	}
	if (code == 0) {
		if (!me.is_scan)
			add_stored(ihht, me.roster);
		print_all(ihht, &me);
		code = check_source(&me);
	}
	link_close(&me.live);
	link_close(&me.heard);
	roster_free(&me.roster);
	free(me.beats);
	return code;
}
