#include "services/ihht/doctor/diagnose.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FRESH_S    10  /* oximeters speak once a second; some once in a few */
#define STALLED_S  5   /* a hop inside one machine */
#define SYNC_S     10  /* from a bundle to its receipt, when all is well */
#define LAG_MS     1000 /* from a value's reception to a watcher */
#define LITTLE     0.05 /* of a disk */

static double
count(const struct seen *s, const char *name)
{
	return beat_count(&s->now, name, 0);
}

static double
growth(const struct seen *s, const char *name)
{
	return count(s, name) - beat_count(&s->before, name, 0);
}

__attribute__((format(printf, 4, 5))) static int
say(struct diagnosis *d, enum hop_state state, const char *cure, const char *format, ...)
{
	va_list args;

	d->state = state;
	(void)snprintf(d->cure, sizeof(d->cure), "%s", cure);
	va_start(args, format);
	(void)vsnprintf(d->evidence, sizeof(d->evidence), format, args);
	va_end(args);
	return 1;
}

/* 1 and said: it does not speak. */
static int
is_silent(const struct seen *s, const char *name, const char *promise, struct diagnosis *d)
{
	char cure[200];

	if (s->heard)
		return 0;
	(void)snprintf(cure, sizeof(cure), "supervisorctl restart %s; its log says why it stopped", name);
	return say(d, HOP_IS_BROKEN, cure, "%s is silent: it does not run, or hangs; %s", name, promise);
}

/* ---- the hops */

static double
all_devices(const struct seen *ingest)
{
	static const char *const states[] = {"streaming", "silent", "lost", "refused", "strange",
					     "connecting", "searching"};
	char name[40];
	double n = 0;
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		(void)snprintf(name, sizeof(name), "devices_%s", states[i]);
		n += count(ingest, name);
	}
	return n;
}

static int
no_device_streams(const struct seen *ingest, double n, struct diagnosis *d)
{
	double silent = count(ingest, "devices_silent"), refused = count(ingest, "devices_refused");
	double connecting = count(ingest, "devices_connecting");

	if (!n)
		return say(d, HOP_IS_BROKEN, "switch one on and look: ihht devices --scan; then see "
			   "ble-ingest/pick and allow in ihht.conf", "no oximeter is known to ble-ingest");
	if (count(ingest, "devices_streaming") > 0)
		return 0;
	if (silent > 0)
		return say(d, HOP_IS_BROKEN, "put the finger in, warm it, and see that the oximeter measures",
			   "%.0f of %.0f oximeters are connected and give no value", silent, n);
	if (refused > 0)
		return say(d, HOP_IS_BROKEN, "pair it anew: forget it on the oximeter and with "
			   "`bluetoothctl remove ADDRESS`", "%.0f of %.0f oximeters refuse to pair",
			   refused, n);
	if (connecting > 0)
		return say(d, HOP_IS_BROKEN, "see that no phone holds it: an oximeter talks to one only",
			   "%.0f of %.0f oximeters are found and do not come through", connecting, n);
	return say(d, HOP_IS_BROKEN, "switch it on, bring it within some metres, charge it",
		   "none of %.0f oximeters is in reach (%.0f lost, %.0f searched for)", n,
		   count(ingest, "devices_lost"), count(ingest, "devices_searching"));
}

static int
look_at_device(const struct facts *f, struct diagnosis *d)
{
	double n = all_devices(&f->ingest), streaming = count(&f->ingest, "devices_streaming");
	double age_s = beat_count(&f->ingest.now, "value_age_s", -1);

	if (is_silent(&f->ingest, "ble-ingest", "nobody listens to the oximeters", d))
		return 1;
	if (f->ingest.now.state == PROCESS_WAITING && count(&f->ingest, "store_wait_s") < STALLED_S &&
	    *f->ingest.now.why)
		return say(d, HOP_IS_BROKEN, "see what it waits for; for Bluetooth: is bluetoothd running, and "
			   "the adapter plugged in and powered?", "ble-ingest waits: %s", f->ingest.now.why);
	if (beat_count(&f->ingest.now, "devices_streaming", -1) < 0)
		return say(d, HOP_IS_HIDDEN, "", "ble-ingest is of a version that does not say how oximeters do");
	if (no_device_streams(&f->ingest, n, d))
		return 1;
	if (age_s < 0 || age_s > FRESH_S)
		return say(d, HOP_IS_BROKEN, "see ihht devices, and the log of ble-ingest",
			   "%.0f oximeters stream, and no value came for %d s", streaming, FRESH_S);
	return say(d, HOP_IS_OK, "", "%.0f of %.0f oximeters stream, the last value %.1f s ago", streaming,
		   n, age_s);
}

static int
look_at_spool(const struct facts *f, struct diagnosis *d)
{
	double lost = count(&f->ingest, "values_lost"), waits = count(&f->ingest, "samples_waiting");

	if (!f->ingest.heard)
		return say(d, HOP_IS_HIDDEN, "", "ble-ingest is silent");
	if (growth(&f->ingest, "values_lost") > 0)
		return say(d, HOP_IS_BROKEN, "make the next hop work; then raise ble-ingest/spool-bytes",
			   "the spool is full: %.0f values are lost so far, each stretch on record as a gap",
			   lost);
	if (lost > 0)
		return say(d, HOP_IS_NOTE, "raise ble-ingest/spool-bytes", "%.0f values were lost, as the spool "
			   "was full; each stretch is on record as a gap", lost);
	return say(d, HOP_IS_OK, "", "%.0f values wait in it for local-store", waits);
}

static int
the_disk_refuses(const struct facts *f, struct diagnosis *d)
{
	const char *why = f->store.now.why;
	const char *cure = f->disk_free >= 0 && f->disk_free < LITTLE ? "make room on its disk"
			   : strstr(why, "full") ? "make room on its disk"
			   : strstr(why, "lock") ? "stop the other program that has the file open"
			   : strstr(why, "read-only") || strstr(why, "readonly")
				   ? "give the file and its folder to the user that local-store runs as"
				   : "see the disk: dmesg, df, and the rights of the file";

	if (f->store.now.state != PROCESS_WAITING)
		return 0;
	return say(d, HOP_IS_BROKEN, cure, "the disk refuses (%s); %.0f values wait in the spool", why,
		   count(&f->ingest, "samples_waiting"));
}

static int
look_at_store(const struct facts *f, struct diagnosis *d)
{
	double waits = count(&f->ingest, "store_wait_s");

	if (is_silent(&f->store, "local-store", "values wait in the spool", d) || the_disk_refuses(f, d))
		return 1;
	if (waits > STALLED_S && growth(&f->ingest, "samples_acked") <= 0)
		return say(d, HOP_IS_BROKEN, "see that links/samples and links/news are the same in the settings "
			   "of both, and gateway/name too", "local-store runs and has stored nothing of %.0f "
			   "values that ble-ingest has sent it for %.0f s",
			   count(&f->ingest, "samples_waiting"), waits);
	if (*f->no_file)
		return say(d, HOP_IS_BROKEN, "see gateway/database", "its file cannot be read: %s", f->no_file);
	if (f->disk_free >= 0 && f->disk_free < LITTLE)
		return say(d, HOP_IS_NOTE, "make room before it is full", "%.0f %% of its disk are free",
			   f->disk_free * 100);
	if (count(&f->store, "misfits_held") > 0)
		return say(d, HOP_IS_NOTE, "ihht quarantine list; then fix, replay or drop", "%.0f rows of apps' "
			   "batches could not be taken and wait in quarantine", count(&f->store, "misfits_held"));
	if (count(&f->ingest, "devices_streaming") > 0 && count(&f->store, "sessions_active") == 0)
		return say(d, HOP_IS_NOTE, "ihht session start PERSON DEVICE", "no session runs: values are shown "
			   "live and not kept");
	return say(d, HOP_IS_OK, "", "%.0f sessions run, %.0f readings stored since it started",
		   count(&f->store, "sessions_active"), count(&f->store, "readings_stored"));
}

static int
look_at_worker(const struct facts *f, struct diagnosis *d)
{
	if (is_silent(&f->worker, "sync-worker", "nothing goes to Postgres and all of it stays on this disk", d))
		return 1;
	if (!f->store.heard)
		return say(d, HOP_IS_HIDDEN, "", "local-store, which has the bundles, is silent");
	if (count(&f->store, "sync_wait_s") > f->bundle_s + SYNC_S && f->worker.now.state == PROCESS_READY &&
	    growth(&f->store, "bundles_applied") + growth(&f->store, "bundles_duplicate") <= 0 &&
	    growth(&f->worker, "bundles_applied") + growth(&f->worker, "bundles_duplicate") <= 0)
		return say(d, HOP_IS_BROKEN, "see that links/bundles and links/receipts are the same in the "
			   "settings of both", "sync-worker runs and gets nothing, while %.0f readings have waited "
			   "for %.0f s", count(&f->store, "readings_pending"), count(&f->store, "sync_wait_s"));
	if (count(&f->store, "rate_limited") > 0)
		return say(d, HOP_IS_NOTE, "raise local-store/rows-per-second and bytes-per-second",
			   "%.0f readings wait for their turn: the rate is limited",
			   count(&f->store, "readings_pending"));
	return say(d, HOP_IS_OK, "", "%.0f readings on their way, %.0f bundles without receipt",
		   count(&f->store, "readings_pending"), count(&f->store, "bundles_in_flight"));
}

static int
look_at_postgres(const struct facts *f, struct diagnosis *d)
{
	if (!f->worker.heard)
		return say(d, HOP_IS_HIDDEN, "", "sync-worker, which talks to it, is silent");
	if (f->worker.now.state == PROCESS_WAITING)
		return say(d, HOP_IS_BROKEN, "what it says is what to do; else see postgres/url, and whether that "
			   "server runs and is reached from here", "%s", f->worker.now.why);
	if (count(&f->store, "quarantine_held") > 0)
		return say(d, HOP_IS_BROKEN, "ihht quarantine list; then fix, replay or drop", "Postgres refused "
			   "%.0f rows, which wait in quarantine; all others are there",
			   count(&f->store, "quarantine_held"));
	if (growth(&f->worker, "bundles_refused") > 0)
		return say(d, HOP_IS_BROKEN, "see the alert bundle_refused: zmq-sniffer news alert/",
			   "Postgres refuses bundles: %.0f so far", count(&f->worker, "bundles_refused"));
	if (count(&f->auditor, "sessions_different") > 0 && f->auditor.heard)
		return say(d, HOP_IS_BROKEN, "ihht verify --repair", "%.0f sessions are not the same there and "
			   "here", count(&f->auditor, "sessions_different"));
	if (f->auditor.expected && !f->auditor.heard)
		return say(d, HOP_IS_NOTE, "supervisorctl restart dedupe-auditor", "dedupe-auditor is silent: "
			   "nobody compares");
	return say(d, HOP_IS_OK, "", "it answers; %.0f readings are new there since sync-worker started",
		   count(&f->worker, "readings_added"));
}

static int
look_at_watcher(const struct facts *f, struct diagnosis *d)
{
	if ((f->fanout.expected || f->fanout.heard) &&
	    is_silent(&f->fanout, "realtime-fanout", "nobody sees values live", d))
		return 1;
	if ((f->api.expected || f->api.heard) &&
	    is_silent(&f->api, "http-api", "pages and apps get no answer", d))
		return 1;
	if (f->fanout.heard && f->fanout.now.state == PROCESS_WAITING)
		return say(d, HOP_IS_BROKEN, "what it says is what to do", "realtime-fanout waits: %s",
			   f->fanout.now.why);
	if (count(&f->fanout, "live_lag_ms") > LAG_MS)
		return say(d, HOP_IS_BROKEN, "see what keeps this machine busy: top", "values reach watchers "
			   "%.0f ms late", count(&f->fanout, "live_lag_ms"));
	if (growth(&f->fanout, "live_missed") > 0 || growth(&f->fanout, "watchers_dropped") > 0)
		return say(d, HOP_IS_NOTE, "see what keeps this machine, or that watcher's network, busy",
			   "%.0f messages missed, %.0f watchers too slow", count(&f->fanout, "live_missed"),
			   count(&f->fanout, "watchers_dropped"));
	return say(d, HOP_IS_OK, "", "%.0f watch", count(&f->fanout, "watchers"));
}

void
diagnose(const struct facts *facts, struct diagnosis hops[N_HOPS])
{
	static int (*const looks[N_HOPS])(const struct facts *, struct diagnosis *) = {
		look_at_device, look_at_spool, look_at_store, look_at_worker, look_at_postgres,
		look_at_watcher,
	};
	int i;

	for (i = 0; i < N_HOPS; i++)
		(void)looks[i](facts, &hops[i]);
	/* a spool that is full because nobody empties it is not where the trouble is */
	if (hops[HOP_SPOOL].state == HOP_IS_BROKEN && hops[HOP_STORE].state == HOP_IS_BROKEN)
		hops[HOP_SPOOL].state = HOP_IS_NOTE;
}

enum hop
diagnose_first(const struct diagnosis hops[N_HOPS])
{
	int i = 0;

	while (i < N_HOPS && hops[i].state != HOP_IS_BROKEN)
		i++;
	return (enum hop)i;
}
