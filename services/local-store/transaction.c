#include "services/local-store/transaction.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/fault.h"
#include "services/local-store/quarantine/release.h"
#include "services/local-store/recount.h"

#define RETRY_US CLOCK_SECOND

/* They have been told: what a large batch needed is given back. */
static void
forget_effects(struct local_store *me)
{
	if (me->effects_room > MAX_EFFECTS) {
		free(me->effects);
		me->effects = NULL;
		me->effects_room = 0;
	}
	me->n_effects = 0;
}

void
transaction_forget(struct local_store *me)
{
	retention_free(&me->retention);
	outbox_close(&me->outbox);
	sessions_free(&me->sessions);
	samples_forget(&me->intake);
	forget_effects(me);
	me->n_synced = 0;
	me->begun_us = 0;
}

struct effects *
transaction_effects(struct local_store *me, const char *request_id)
{
	struct effects *more;

	if (me->n_effects == me->effects_room) {
		me->effects_room = me->effects_room ? 2 * me->effects_room : MAX_EFFECTS;
		more = realloc(me->effects, me->effects_room * sizeof(*more));
		ASSERT(more);
		me->effects = more;
	}
	effects_clear(&me->effects[me->n_effects], request_id);
	return &me->effects[me->n_effects++];
}

int
transaction_recall(struct local_store *me, struct err *err)
{
	const struct process *p = me->process;
	const char *bundles = conf_find(p->conf, "links", "bundles");
	struct outbox_limits limits = {
		.rows = (size_t)conf_number(p->conf, "bundle-rows"),
		.open_rows = (size_t)conf_number(p->conf, "outbox-rows"),
		.in_flight = (size_t)conf_number(p->conf, "in-flight"),
		.wait_us = conf_number(p->conf, "bundle-seconds") * CLOCK_SECOND,
		.rows_per_s = conf_number(p->conf, "rows-per-second"),
		.bytes_per_s = conf_number(p->conf, "bytes-per-second"),
		.resend_us = conf_number(p->conf, "resend-seconds") * CLOCK_SECOND,
	};
	bool pack = bundles && strstr(bundles, "tcp://");

	me->sessions = sessions_new();
	me->life.store = me->store;
	me->life.sessions = me->sessions;
	me->life.gateway = p->gateway;
	me->life.archive = p->archive;
	if (store_setting(me->store, "hlc", 0, &me->life.hlc, err) < 0 ||
	    store_load_active(me->store, me->sessions, err) < 0 || recount_running(&me->life, err) < 0 ||
	    store_load_stale(me->store, me->sessions, err) < 0)
		return -1;
	me->outbox = outbox_open(me->store, me->sessions, p->gateway, &limits, pack, err);
	if (!me->outbox || release_resume(&me->life, me->outbox, err) < 0)
		return -1;
	me->retention = retention_new(&me->life, conf_number(p->conf, "keep-days") * 86400 * CLOCK_SECOND,
				      &me->shares);
	return transaction_measure(me, err);
}

int
transaction_measure(struct local_store *me, struct err *err)
{
	int64_t used;

	if (store_size(me->store, &me->file_bytes, &used, err) < 0)
		return -1;
	me->percent = policy_percent(&me->shares, used);
	me->life.room = policy_room(&me->shares, used);
	return 0;
}

void
transaction_fail(struct local_store *me, const struct err *err)
{
	struct err again;
	size_t i;

	if (!me->n_failures++ || !me->trouble.code)
		log_warn("cannot_store", "why=\"%s\"", err->text);
	me->trouble = *err;
	me->trouble.code = err->code ? err->code : EIO;
	me->retry_us = clock_mono_us() + RETRY_US;
	store_rollback(me->store);
	for (i = 0; i < me->n_effects; i++) {
		me->effects[i].reply.ok = 0;
		(void)snprintf(me->effects[i].reply.text, sizeof(me->effects[i].reply.text),
			       "not stored: %.200s", err->text);
		me->effects[i].record = NULL;
		me->effects[i].entry = NULL;
		news_effects(me->news, &me->effects[i]);
	}
	transaction_forget(me);
	if (transaction_recall(me, &again) < 0)
		me->trouble = again;
	news_warn(me->news, &me->standing, "cannot_store", LEVEL_CRITICAL, me->trouble.text);
}

void
transaction_recover(struct local_store *me)
{
	struct err err;

	me->retry_us = clock_mono_us() + RETRY_US;
	if (!me->outbox) {
		transaction_forget(me);
		if (transaction_recall(me, &err) < 0) {
			me->trouble = err;
			return;
		}
	}
	store_fold(me->store);  /* the log may have been at its limit, and a reader in the way */
	/* a write that changes nothing: does the disk take it again? */
	if (store_begin(me->store, &err) < 0 ||
	    store_put_setting(me->store, "hlc", me->life.hlc, &err) < 0 ||
	    store_commit(me->store, &err) < 0) {
		store_rollback(me->store);
		me->trouble = err;
		return;
	}
	log_info("stores_again", "failures=%llu", (unsigned long long)me->n_failures);
	me->trouble = (struct err){0};
	news_warn(me->news, &me->standing, "cannot_store", LEVEL_INFO, "the disk takes data again");
}

/* Rows have come into quarantine, or the last one has left it. */
static void
tell_quarantine(struct local_store *me)
{
	struct quarantine *quarantine = outbox_quarantine(me->outbox);
	const struct quarantine_counts *c = quarantine_counts(quarantine);
	char text[160];
	int64_t n;

	if (me->apart)
		me->apart = quarantine_count(quarantine, NULL) < 0;
	n = c->held + c->misfits;
	if (n > me->n_quarantined) {
		(void)snprintf(text, sizeof(text), "rows in quarantine: %lld; %s; see ihht quarantine list",
			       (long long)n, !c->misfits ? "Postgres refuses them"
			       : !c->held ? "batches of an app had them, and they cannot be taken"
					  : "Postgres refuses them, or an app's batch had them");
		log_warn("quarantined", "rows=%lld", (long long)n);
		news_warn(me->news, &me->standing, "quarantine", LEVEL_WARN, text);
	} else if (!n && me->n_quarantined) {
		news_warn(me->news, &me->standing, "quarantine", LEVEL_INFO, "nothing is held in quarantine any more");
	}
	me->n_quarantined = n;
}

/* All of it has become true. */
static void
announce(struct local_store *me)
{
	struct heard *h;
	struct effects *fx;
	size_t i;

	for (h = me->intake.heard; h < me->intake.heard + me->intake.n_heard; h++) {
		if (h->touched)
			news_stored(me->news, h);
		intake_told(h);
	}
	for (i = 0; i < me->intake.n_started; i++)
		news_session(me->news, me->intake.started[i]);
	for (fx = me->effects; fx < me->effects + me->n_effects; fx++) {
		news_effects(me->news, fx);
		if (fx->entry && fx->arrived)
			fx->entry->n_untold--;
		if (fx->entry)
			sessions_trim(me->sessions, fx->entry->row.device_id);
	}
	for (i = 0; i < me->n_synced; i++)
		news_say(me->news, &msg_synced, me->synced[i].session_id, &me->synced[i]);
	me->intake.n_started = me->intake.n_taken = me->n_synced = 0;
	forget_effects(me);
	tell_quarantine(me);
}

int
transaction_settle(struct local_store *me, struct err *err)
{
	return samples_settle(&me->intake, &me->life, me->outbox, clock_utc_us(), err);
}

int
transaction_commit(struct local_store *me, struct err *err)
{
	if (transaction_settle(me, err) < 0 || samples_save(&me->intake, me->store, err) < 0 ||
	    outbox_save(me->outbox, err) < 0)
		return -1;
	FAULT("local-store.saved");
	if (store_commit(me->store, err) < 0)
		return -1;
	FAULT("local-store.committed");
	me->n_commits++;
	me->begun_us = 0;
	announce(me);
	FAULT("local-store.announced");
	return transaction_measure(me, err);
}

bool
transaction_is_full(const struct local_store *me)
{
	size_t n = me->intake.n_taken;

	return n >= me->commit_rows || (n && n >= (size_t)me->life.room) ||
	       me->intake.n_started == SAMPLES_STARTED || me->n_effects >= MAX_EFFECTS ||
	       me->n_synced == MAX_SYNCED;
}
