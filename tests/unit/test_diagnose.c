#include "services/ihht/doctor/diagnose.h"

#include "tests/unit/test.h"

static void
beat(struct seen *s, const char *before, const char *now)
{
	s->expected = s->heard = 1;
	msg_clear(&msg_beat, &s->now);
	s->now.state = PROCESS_READY;
	s->before = s->now;
	(void)snprintf(s->before.counts, sizeof(s->before.counts), "%s", before);
	(void)snprintf(s->now.counts, sizeof(s->now.counts), "%s", now);
}

#define DEVICES "devices_streaming=1 devices_lost=1 value_age_s=0.4"

/* Everything runs and moves. */
static struct facts
well(void)
{
	static struct facts f;

	memset(&f, 0, sizeof(f));
	beat(&f.ingest, "samples_acked=10 values_lost=0",
	     "samples_acked=12 samples_waiting=1 store_wait_s=0.1 values_lost=0 " DEVICES);
	beat(&f.store, "bundles_applied=5",
	     "sessions_active=1 readings_stored=12 sync_wait_s=1.5 bundles_applied=5 readings_pending=2");
	beat(&f.worker, "bundles_applied=5 bundles_refused=0",
	     "bundles_applied=5 bundles_refused=0 readings_added=10");
	beat(&f.auditor, "", "sessions_different=0");
	beat(&f.fanout, "live_missed=0", "watchers=2 live_lag_ms=4 live_missed=0");
	beat(&f.api, "", "");
	f.disk_free = 0.4;
	f.bundle_s = 30;
	return f;
}

#define COUNTS_OF(seen, text) (void)snprintf((seen).now.counts, sizeof((seen).now.counts), "%s", text)
#define COUNTS(who, text) COUNTS_OF(f->who, text)
#define WAITS(who, text) \
	(f->who.now.state = PROCESS_WAITING, (void)snprintf(f->who.now.why, sizeof(f->who.now.why), "%s", text))

static void no_ingest(struct facts *f) { f->ingest.heard = 0; }
static void no_bluetooth(struct facts *f) { WAITS(ingest, "bluetoothd is not there"); }
static void no_oximeter(struct facts *f) { COUNTS(ingest, "devices_streaming=0"); }
static void silent(struct facts *f) { COUNTS(ingest, "devices_streaming=0 devices_silent=1"); }
static void refused(struct facts *f) { COUNTS(ingest, "devices_streaming=0 devices_refused=1"); }
static void connecting(struct facts *f) { COUNTS(ingest, "devices_streaming=0 devices_connecting=1"); }
static void lost(struct facts *f) { COUNTS(ingest, "devices_streaming=0 devices_lost=2"); }
static void stale(struct facts *f) { COUNTS(ingest, "devices_streaming=1 value_age_s=11"); }
static void unheard(struct facts *f) { COUNTS(ingest, "devices_streaming=1 value_age_s=-1"); }
static void loses(struct facts *f) { COUNTS(ingest, "samples_acked=12 values_lost=7 " DEVICES); }
static void no_store(struct facts *f) { f->store.heard = 0; }
static void
loses_as_no_store(struct facts *f)
{
	loses(f);
	no_store(f);
	WAITS(ingest, "local-store has not stored anything for 9 s");
	COUNTS(ingest, "samples_acked=10 values_lost=7 store_wait_s=9 " DEVICES);
}
static void disk_full(struct facts *f) { WAITS(store, "store.sqlite: database or disk is full"); }
static void disk_locked(struct facts *f) { WAITS(store, "store.sqlite: database is locked"); }
static void
disk_rights(struct facts *f)
{
	WAITS(store, "store.sqlite: attempt to write a readonly database");
}
static void
apart(struct facts *f)
{
	WAITS(ingest, "local-store has not stored anything for 8 s");
	COUNTS(ingest, "samples_acked=10 samples_waiting=8 store_wait_s=8 " DEVICES);
}
static void no_file(struct facts *f) { strcpy(f->no_file, "it is not there"); }
static void no_worker(struct facts *f) { f->worker.heard = 0; }
static void
worker_apart(struct facts *f)
{
	COUNTS(store, "sessions_active=1 sync_wait_s=41 bundles_applied=5 readings_pending=300");
}
static void no_postgres(struct facts *f) { WAITS(worker, "Postgres: connection refused"); }
static void
quarantine(struct facts *f)
{
	COUNTS(store, "sessions_active=1 quarantine_held=3");
}
static void
bundles_refused(struct facts *f)
{
	COUNTS(worker, "bundles_applied=5 bundles_refused=1");
}
static void different(struct facts *f) { COUNTS(auditor, "sessions_different=2"); }
static void no_fanout(struct facts *f) { f->fanout.heard = 0; }
static void no_api(struct facts *f) { f->api.heard = 0; }
static void late(struct facts *f) { COUNTS(fanout, "live_lag_ms=1500"); }
static void fanout_waits(struct facts *f) { WAITS(fanout, "the port is taken"); }

/* One row for each way to be broken: what is first, what was seen, what is to be done. */
static const struct {
	const char *name;
	void (*stage)(struct facts *f);
	enum hop hop;
	const char *evidence, *cure;
} broken[] = {
	{"no ble-ingest", no_ingest, HOP_DEVICE, "ble-ingest is silent", "restart ble-ingest"},
	{"no bluetoothd", no_bluetooth, HOP_DEVICE, "bluetoothd is not there", "adapter"},
	{"no oximeter", no_oximeter, HOP_DEVICE, "no oximeter is known", "--scan"},
	{"a silent one", silent, HOP_DEVICE, "give no value", "finger"},
	{"one that refuses", refused, HOP_DEVICE, "refuse to pair", "pair it anew"},
	{"one held by a phone", connecting, HOP_DEVICE, "do not come through", "phone"},
	{"all out of reach", lost, HOP_DEVICE, "in reach (2 lost", "switch it on"},
	{"an old value", stale, HOP_DEVICE, "no value came", "log of ble-ingest"},
	{"no value", unheard, HOP_DEVICE, "no value came", "log of ble-ingest"},
	{"the spool is full", loses, HOP_SPOOL, "7 values are lost", "spool-bytes"},
	{"no local-store", no_store, HOP_STORE, "local-store is silent", "restart local-store"},
	{"spool full as there is none", loses_as_no_store, HOP_STORE, "local-store is silent",
	 "restart local-store"},
	{"disk full", disk_full, HOP_STORE, "disk is full", "make room"},
	{"file locked", disk_locked, HOP_STORE, "is locked", "other program"},
	{"file read-only", disk_rights, HOP_STORE, "readonly", "user that local-store runs as"},
	{"they do not hear each other", apart, HOP_STORE, "stored nothing of 8 values", "links/samples"},
	{"no file", no_file, HOP_STORE, "it is not there", "gateway/database"},
	{"no worker", no_worker, HOP_WORKER, "sync-worker is silent", "restart sync-worker"},
	{"worker hears nothing", worker_apart, HOP_WORKER, "300 readings have waited for 41 s",
	 "links/bundles"},
	{"no Postgres", no_postgres, HOP_POSTGRES, "connection refused", "postgres/url"},
	{"rows in quarantine", quarantine, HOP_POSTGRES, "3 rows", "ihht quarantine list"},
	{"bundles refused", bundles_refused, HOP_POSTGRES, "refuses bundles: 1", "bundle_refused"},
	{"the stores differ", different, HOP_POSTGRES, "2 sessions", "verify --repair"},
	{"no realtime-fanout", no_fanout, HOP_WATCHER, "realtime-fanout is silent", "restart realtime"},
	{"no http-api", no_api, HOP_WATCHER, "http-api is silent", "restart http-api"},
	{"live is late", late, HOP_WATCHER, "1500 ms late", "busy"},
	{"fanout waits", fanout_waits, HOP_WATCHER, "the port is taken", "what it says"},
};

TEST(each_way_to_be_broken_has_its_hop_its_evidence_and_its_cure)
{
	struct diagnosis hops[N_HOPS];
	struct facts f;
	enum hop first;
	size_t i;

	for (i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		f = well();
		broken[i].stage(&f);
		diagnose(&f, hops);
		first = diagnose_first(hops);
		if (!ok(first == broken[i].hop, "%s: hop %d", broken[i].name, (int)first))
			continue;
		ok(strstr(hops[first].evidence, broken[i].evidence) != NULL, "%s: %s", broken[i].name,
		   hops[first].evidence);
		ok(strstr(hops[first].cure, broken[i].cure) != NULL, "%s: %s", broken[i].name,
		   hops[first].cure);
	}
}

TEST(what_is_well_is_called_well)
{
	struct diagnosis hops[N_HOPS];
	struct facts f = well();
	int i;

	diagnose(&f, hops);
	is_int(diagnose_first(hops), N_HOPS);
	for (i = 0; i < N_HOPS; i++)
		ok(hops[i].state == HOP_IS_OK && *hops[i].evidence && !*hops[i].cure, "%s: %s",
		   hop_name((enum hop)i), hops[i].evidence);
}

TEST(what_is_no_fault_is_a_note)
{
	struct diagnosis hops[N_HOPS];
	struct facts f = well();

	(void)snprintf(f.store.now.counts, sizeof(f.store.now.counts), "sessions_active=0");
	(void)snprintf(f.ingest.before.counts, sizeof(f.ingest.before.counts), "values_lost=5");
	(void)snprintf(f.ingest.now.counts, sizeof(f.ingest.now.counts), "values_lost=5 " DEVICES);
	diagnose(&f, hops);
	is_int(diagnose_first(hops), N_HOPS);
	is_int(hops[HOP_STORE].state, HOP_IS_NOTE);
	has_str(hops[HOP_STORE].cure, "session start");
	is_int(hops[HOP_SPOOL].state, HOP_IS_NOTE);
	has_str(hops[HOP_SPOOL].evidence, "5 values were lost");
	f = well();
	f.disk_free = 0.04;
	diagnose(&f, hops);
	is_int(hops[HOP_STORE].state, HOP_IS_NOTE);
	has_str(hops[HOP_STORE].evidence, "4 %");
	f = well();
	COUNTS_OF(f.store, "sessions_active=1 misfits_held=2");
	diagnose(&f, hops);
	is_int(hops[HOP_STORE].state, HOP_IS_NOTE);
	has_str(hops[HOP_STORE].evidence, "2 rows of apps' batches");
	has_str(hops[HOP_STORE].cure, "ihht quarantine list");
}

TEST(behind_a_silent_process_nothing_is_claimed)
{
	struct diagnosis hops[N_HOPS];
	struct facts f = well();

	f.ingest.heard = f.worker.heard = 0;
	diagnose(&f, hops);
	is_int(hops[HOP_SPOOL].state, HOP_IS_HIDDEN);
	is_int(hops[HOP_POSTGRES].state, HOP_IS_HIDDEN);
	f = well();
	COUNTS_OF(f.ingest, "samples_acked=12");  /* of a version that does not count devices */
	diagnose(&f, hops);
	is_int(hops[HOP_DEVICE].state, HOP_IS_HIDDEN);
	f.fanout.expected = f.fanout.heard = f.api.expected = f.api.heard = 0;
	diagnose(&f, hops);
	is_int(hops[HOP_WATCHER].state, HOP_IS_OK);
}

TEST(of_several_instances_the_one_that_waits_counts)
{
	struct facts f = {0};
	struct beat well_off, waits;

	msg_clear(&msg_beat, &well_off);
	well_off.state = PROCESS_READY;
	waits = well_off;
	waits.state = PROCESS_WAITING;
	seen_add(facts_process(&f, "sync-worker"), &well_off, &well_off);
	seen_add(facts_process(&f, "sync-worker"), &waits, &waits);
	seen_add(facts_process(&f, "sync-worker"), &well_off, &well_off);
	is_int(f.worker.now.state, PROCESS_WAITING);
	is_int(f.worker.heard, 1);
	ok(facts_process(&f, "ihht") == NULL, "what is no hop has no place");
}

TEST(as_json_each_hop_stands_in_its_order)
{
	struct diagnosis hops[N_HOPS];
	struct facts f = well();
	char *text;
	json_t *o;

	f.worker.heard = 0;
	diagnose(&f, hops);
	o = diagnose_json(hops);
	is_str(json_string_value(json_object_get(o, "first_broken")), "worker");
	is_int((int64_t)json_array_size(json_object_get(o, "hops")), N_HOPS);
	text = json_dumps(json_array_get(json_object_get(o, "hops"), HOP_WORKER), JSON_COMPACT);
	has_str(text, "{\"hop\":\"worker\",\"state\":\"broken\",\"evidence\":\"sync-worker is silent");
	has_str(text, "\"cure\":\"supervisorctl restart sync-worker");
	free(text);
	json_decref(o);
}

TEST(a_count_is_found_by_its_whole_name)
{
	struct beat b;

	msg_clear(&msg_beat, &b);
	strcpy(b.counts, "readings_pending=7 pending=3 wait_s=1.25");
	is_real(beat_count(&b, "pending", -1), 3);
	is_real(beat_count(&b, "readings", -1), -1);
	is_real(beat_count(&b, "wait_s", -1), 1.25);
}

int
main(void)
{
	RUN(each_way_to_be_broken_has_its_hop_its_evidence_and_its_cure);
	RUN(what_is_well_is_called_well);
	RUN(what_is_no_fault_is_a_note);
	RUN(behind_a_silent_process_nothing_is_claimed);
	RUN(of_several_instances_the_one_that_waits_counts);
	RUN(as_json_each_hop_stands_in_its_order);
	RUN(a_count_is_found_by_its_whole_name);
	return test_done();
}
