#include "tests/simulate/keeper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "services/local-store/clocks.h"
#include "services/local-store/commands.h"
#include "services/local-store/outbox/outbox.h"
#include "services/local-store/recount.h"
#include "services/local-store/retention/recall.h"
#include "services/local-store/samples.h"
#include "tests/simulate/disk.h"
#include "tests/simulate/leaving.h"
#include "tests/simulate/net.h"
#include "tests/simulate/truth.h"

#define MAX_EFFECTS 64
#define COMMIT_ROWS 500
#define GATHER_US   20000
#define RETRY_US    SECOND_US
#define BEAT_US     (10 * SECOND_US)    /* it looks at least so often */
#define BUNDLES     16          /* a worker's queue */
#define URGENT      16          /* what changed may overtake readings, see outbox.c */

static const struct outbox_limits limits = {
	.rows = 50, .open_rows = 2000, .in_flight = 8, .wait_us = 30 * SECOND_US,
	.resend_us = 30 * SECOND_US,
};

struct keeper {
	struct outbox_limits limits;       /* in every other world so few rows a second that they wait */
	struct store *store;               /* NULL: killed */
	struct sessions *sessions;
	struct lifecycle life;
	struct outbox *outbox;
	struct samples intake;
	struct effects effects[MAX_EFFECTS];
	struct start {
		int64_t at_us;             /* 0: it begins nothing */
		bool from_before;
	} starts[MAX_EFFECTS];             /* what each of them begins */
	size_t n_effects;
	bool more, trouble;
	int64_t begun_us, retry_us, worked_us;
};

/* ---- memory as the disk has it */

static void
forget(struct keeper *k)
{
	leaving_forget(&k->life);
	outbox_close(&k->outbox);
	sessions_free(&k->sessions);
	samples_forget(&k->intake);
	k->n_effects = 0;
	k->begun_us = 0;
}

static int
recall(struct keeper *k, struct err *err)
{
	int64_t upto;
	int known;

	k->sessions = sessions_new();
	k->life = (struct lifecycle){.store = k->store, .sessions = k->sessions, .gateway = GATEWAY,
				     .archive = leaving_folder(), .room = INT64_MAX};
	if (store_setting(k->store, "hlc", 0, &k->life.hlc, err) < 0 ||
	    store_load_active(k->store, k->sessions, err) < 0 || recount_running(&k->life, err) < 0 ||
	    store_load_stale(k->store, k->sessions, err) < 0)
		return -1;
	known = store_spool(k->store, world->truth->stored_spool, &upto, err);
	if (known < 0)
		return -1;
	if (world->truth->stored_upto && (!known || upto < world->truth->stored_upto))
		broken("what was announced as stored is on disk: %lld, the disk says %lld",
		       (long long)world->truth->stored_upto, (long long)(known ? upto : 0));
	k->outbox = outbox_open(k->store, k->sessions, GATEWAY, &k->limits, true, err);
	return k->outbox ? leaving_recall(&k->life, err) : -1;
}

void
keeper_start(void)
{
	struct keeper *k = world->keeper;
	struct err err;

	disk_revive();
	k->store = store_open(KEEPER_FILE, &err);
	if (!k->store || leaving_limit(k->store, &err) < 0 || recall(k, &err) < 0) {
		if (world->calm)
			broken("a store opens after any death: %s", err.text);
		keeper_kill();
	}
	k->trouble = false;
}

void
keeper_new(void)
{
	world->keeper = calloc(1, sizeof(*world->keeper));
	world->keeper->limits = limits;
	world->keeper->limits.rows_per_s = one_in(2) ? 1 + up_to(5) : 0;
	keeper_start();
}

void
keeper_kill(void)
{
	struct keeper *k = world->keeper;

	disk_die();
	forget(k);
	store_close(&k->store);
	net_died(KEEPER);
}

void
keeper_free(void)
{
	keeper_kill();
	free(world->keeper);
	world->keeper = NULL;
}

bool
keeper_runs(void)
{
	return world->keeper->store != NULL;
}

/* ---- the transaction */

static void
fail(struct keeper *k)
{
	struct err err;
	size_t i;

	k->trouble = true;
	k->retry_us = world->mono_us + RETRY_US;
	store_rollback(k->store);
	for (i = 0; i < k->n_effects; i++) {
		k->effects[i].reply.ok = 0;
		snprintf(k->effects[i].reply.text, sizeof(k->effects[i].reply.text), "not stored");
		net_send(CLIENT, &msg_reply, &k->effects[i].reply);
	}
	forget(k);
	if (recall(k, &err) < 0)
		forget(k);
}

static void
recover(struct keeper *k)
{
	struct err err;

	k->retry_us = world->mono_us + RETRY_US;
	if (!k->outbox) {
		forget(k);
		if (recall(k, &err) < 0) {
			forget(k);
			return;
		}
	}
	store_fold(k->store);
	if (store_begin(k->store, &err) < 0 ||
	    store_put_setting(k->store, "hlc", k->life.hlc, &err) < 0 ||
	    store_commit(k->store, &err) < 0)
		store_rollback(k->store);
	else
		k->trouble = false;
}

static void
tell_begun(const struct entry *entry, const struct start *start)
{
	struct lived *l = truth_begin(entry->row.id, entry->row.device_id);

	if (!start->at_us)
		return;
	l->from_us = start->at_us;
	l->from_before = start->from_before;
}

static void
announce(struct keeper *k)
{
	struct truth *truth = world->truth;
	struct stored stored;
	struct heard *h;
	struct effects *fx;

	for (h = k->intake.heard; h < k->intake.heard + k->intake.n_heard; h++) {
		if (h->touched) {
			stored = (struct stored){h->spool, h->upto, h->hole};
			net_send(INGEST, &msg_stored, &stored);
			if (h->spool != truth->stored_spool || h->upto > truth->stored_upto)
				truth->stored_upto = h->upto;
			truth->stored_spool = h->spool;
		}
		intake_told(h);
	}
	for (fx = k->effects; fx < k->effects + k->n_effects; fx++) {
		if (fx->reply.ok && fx->entry)
			tell_begun(fx->entry, &k->starts[fx - k->effects]);
		net_send(CLIENT, &msg_reply, &fx->reply);
		if (fx->entry)
			sessions_trim(k->sessions, fx->entry->row.device_id);
	}
	k->intake.n_started = k->intake.n_taken = k->n_effects = 0;
}

static int
settle(struct keeper *k, struct err *err)
{
	return samples_settle(&k->intake, &k->life, k->outbox, utc_now(), err);
}

static int
commit(struct keeper *k, struct err *err)
{
	if (settle(k, err) < 0 || samples_save(&k->intake, k->store, err) < 0 ||
	    outbox_save(k->outbox, err) < 0 || store_commit(k->store, err) < 0)
		return -1;
	k->begun_us = 0;
	announce(k);
	return leaving_measure(&k->life, err);
}

/* ---- in */

static int
take_sample(struct keeper *k, const struct message *message, const void *msg, struct err *err)
{
	const struct sample *sample = msg;
	size_t n_taken = k->intake.n_taken;
	struct value *value;
	int r;

	if (!k->life.room) {
		world->n.full++;
		return 0;  /* it waits in the queue, or its sender asks again */
	}
	r = samples_take(&k->intake, &k->life, k->outbox, message, msg, utc_now(), err);

	if (message == &msg_sample && k->intake.n_taken > n_taken && (value = truth_of(sample->motion)))
		value->offered = world->n_steps;
	return r;
}

static int
take_command(struct keeper *k, const struct message *message, const void *msg, struct err *err)
{
	struct effects *fx = &k->effects[k->n_effects];
	struct start *start = &k->starts[k->n_effects++];

	effects_clear(fx, msg_str(&message->fields[0], msg));
	if (settle(k, err) < 0 || store_begin(k->store, err) < 0 ||
	    commands_apply(&k->life, message, msg, utc_now(), fx, err) < 0)
		return -1;
	*start = (struct start){0};
	if (fx->entry && message == &msg_session_start)
		*start = (struct start){world->mono_us, ((const struct session_start *)msg)->start_us != MSG_NONE};
	if (fx->entry)
		outbox_due(k->outbox, fx->entry);
	return 0;
}

static int
take_receipt(struct keeper *k, const struct receipt *receipt, struct err *err)
{
	struct entry *entry;
	int known;

	if (settle(k, err) < 0 || store_begin(k->store, err) < 0)
		return -1;
	known = outbox_receipt(k->outbox, receipt, world->mono_us, &entry, err);
	if (known > 0)
		sessions_trim(k->sessions, entry->row.device_id);
	return known < 0 ? -1 : 0;
}

static int
take_repair(struct keeper *k, const struct repair *repair, struct err *err)
{
	struct entry *entry = store_load_id(k->store, k->sessions, repair->session_id, err);

	if (!entry)
		return err->code == ENOENT ? 0 : -1;
	if (!k->life.room && entry->n_archived)
		return 0;
	if (settle(k, err) < 0 || store_begin(k->store, err) < 0 ||
	    recall_span(&k->life, entry, repair->from_us, repair->to_us, utc_now(), err) < 0)
		return -1;
	if (outbox_repair(k->outbox, entry, repair->from_us, repair->to_us, err) < 0)
		return err->code == ENOBUFS ? 0 : -1;
	return 0;
}

static int
take(struct keeper *k, const struct message *message, const void *msg, struct err *err)
{
	if (message == &msg_sample || message == &msg_gap || message == &msg_resume)
		return take_sample(k, message, msg, err);
	if (message == &msg_receipt)
		return take_receipt(k, msg, err);
	if (message == &msg_repair)
		return take_repair(k, msg, err);
	return take_command(k, message, msg, err);
}

static bool
is_full(const struct keeper *k)
{
	size_t n = k->intake.n_taken;

	return n >= COMMIT_ROWS || (n && n >= (size_t)k->life.room) || k->intake.n_started == SAMPLES_STARTED ||
	       k->n_effects == MAX_EFFECTS;
}

void
keeper_hear(const struct message *message, const void *msg)
{
	struct keeper *k = world->keeper;
	struct err err;

	if (!k->store || k->trouble)
		return;  /* as if it had died with the frame in its queue */
	if (clocks_look(&k->life, utc_now(), world->mono_us, &err) < 0 || take(k, message, msg, &err) < 0 || (is_full(k) && commit(k, &err) < 0))
		fail(k);
	else if (!k->begun_us)
		k->begun_us = world->mono_us;
}

/* ---- out */

static void
send_ready(struct keeper *k)
{
	const struct message *message;
	const void *msg;
	enum party worker;

	for (;;) {
		worker = WORKER + (enum party)up_to(N_WORKERS);
		if (net_waiting(worker) >= BUNDLES ||
		    !(msg = outbox_next(k->outbox, world->mono_us, &message)))
			return;
		net_send(worker, message, msg);
		outbox_sent(k->outbox, world->mono_us);
	}
}

static int
send_bundles(struct keeper *k, struct err *err)
{
	struct outbox_counts counts;
	int more;

	if (samples_ship(&k->intake, k->outbox, err) < 0)
		return -1;
	outbox_head(k->outbox, store_last_reading(k->store));
	if ((more = outbox_work(k->outbox, world->mono_us, err)) < 0)
		return -1;
	send_ready(k);
	k->more = more;
	outbox_counts(k->outbox, &counts);
	if (counts.in_flight > limits.in_flight + URGENT || counts.open_rows > limits.open_rows + limits.rows)
		broken("what is open and in flight is bounded: %zu rows, %zu bundles", counts.open_rows,
		       counts.in_flight);
	return 0;
}

static int
recount(struct keeper *k, struct err *err)
{
	struct entry *entry = sessions_take_stale(k->sessions);

	if (!entry)
		return 0;
	outbox_due(k->outbox, entry);
	if (store_begin(k->store, err) < 0 || recount_session(&k->life, entry, utc_now(), err) < 0)
		return -1;
	return commit(k, err);
}

int64_t
keeper_wake_us(void)
{
	struct keeper *k = world->keeper;
	int64_t wake;

	if (!k->store)
		return INT64_MAX;
	if (k->trouble)
		return k->retry_us;
	if (k->begun_us)
		return k->n_effects || is_full(k) ? world->mono_us : k->begun_us + GATHER_US;
	if (sessions_have_stale(k->sessions))
		return world->mono_us;
	wake = outbox_wake_us(k->outbox, world->mono_us);
	if (leaving_wake_us() < wake)
		wake = leaving_wake_us();
	if (k->worked_us + BEAT_US < wake)
		wake = k->worked_us + BEAT_US;
	if (k->more)
		wake = world->mono_us;
	/* also when nothing is due, as a frame that came in calls for a look */
	return wake <= world->mono_us ? world->mono_us + 1000 : wake;
}

void
keeper_work(void)
{
	struct keeper *k = world->keeper;
	struct err err;

	k->worked_us = world->mono_us;
	if (k->trouble) {
		recover(k);
		return;
	}
	if ((k->begun_us && commit(k, &err) < 0) || recount(k, &err) < 0 || send_bundles(k, &err) < 0 ||
	    leaving_work(&k->life, &err) < 0)
		fail(k);
}

bool
keeper_is_done(void)
{
	struct keeper *k = world->keeper;
	struct outbox_counts counts;

	if (!k->store || k->trouble || k->begun_us || sessions_have_stale(k->sessions))
		return false;
	outbox_counts(k->outbox, &counts);
	return !counts.pending && !counts.in_flight && !counts.open_rows && !counts.refusing;
}
