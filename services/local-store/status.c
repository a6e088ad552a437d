#include "services/local-store/status.h"

#include <sys/statvfs.h>

#include "common/clock.h"

#define WATCH_US (5 * CLOCK_SECOND)

static const char at_its_cap[] =
	"the database is at its cap (local-store/database-most-mb): readings are not taken until Postgres has "
	"taken some";

/* Work waiting and none done: for how many seconds. */
static double
sync_wait_s(struct local_store *me, const struct outbox_counts *c)
{
	uint64_t done = c->n_applied + c->n_duplicate + c->n_quarantined;
	int64_t now = clock_mono_us();

	if (!c->pending || done != me->n_arrived)
		me->arrived_us = now;
	me->n_arrived = done;
	return (double)(now - me->arrived_us) / (double)CLOCK_SECOND;
}

void
status_beat(struct local_store *me)
{
	struct quarantine_counts q = {0};
	struct outbox_counts c = {0};

	if (me->outbox) {
		outbox_counts(me->outbox, &c);
		q = *quarantine_counts(outbox_quarantine(me->outbox));
	}
	process_beat(me->process, me->trouble.code || !me->life.room ? PROCESS_WAITING : PROCESS_READY,
		     me->trouble.code || me->life.room ? me->trouble.text : at_its_cap,
		     "readings_stored=%llu readings_seen=%llu readings_outside=%llu gaps=%llu "
		     "holes=%llu positions_skipped=%llu commits=%llu store_failures=%llu "
		     "sessions_active=%zu commands=%llu commands_refused=%llu bad_frames=%llu "
		     "readings_pending=%lld sync_wait_s=%.3f bundles_in_flight=%zu bundles_sent=%llu "
		     "bundles_resent=%llu bundles_applied=%llu bundles_duplicate=%llu "
		     "bundles_quarantined=%llu bundles_refused=%llu quarantine_held=%lld "
		     "quarantine_replaying=%lld quarantine_dropped=%lld misfits_held=%lld crates_sent=%llu bundle_bytes=%llu "
		     "bundle_bytes_raw=%llu pack_ratio=%.2f rate_limited=%d database_bytes=%lld database_percent=%lld "
		     "archive_bytes=%lld "
		     "readings_archived=%llu readings_recalled=%llu files_archived=%llu files_damaged=%llu",
		     (unsigned long long)me->intake.n_stored, (unsigned long long)me->intake.n_seen,
		     (unsigned long long)me->intake.n_outside, (unsigned long long)me->intake.n_gaps,
		     (unsigned long long)me->intake.n_holes, (unsigned long long)me->intake.n_skipped,
		     (unsigned long long)me->n_commits, (unsigned long long)me->n_failures,
		     me->sessions ? sessions_active(me->sessions) : 0,
		     (unsigned long long)me->n_commands, (unsigned long long)me->n_refused,
		     (unsigned long long)link_counts(me->samples)->n_bad +
			     link_counts(me->commands)->n_bad,
		     (long long)c.pending, sync_wait_s(me, &c), c.in_flight, (unsigned long long)c.n_sent,
		     (unsigned long long)c.n_resent, (unsigned long long)c.n_applied,
		     (unsigned long long)c.n_duplicate, (unsigned long long)c.n_quarantined,
		     (unsigned long long)c.n_refused, (long long)q.held, (long long)q.replaying,
		     (long long)q.dropped, (long long)q.misfits, (unsigned long long)c.n_crates, (unsigned long long)c.n_bytes,
		     (unsigned long long)c.n_raw_bytes,
		     c.n_bytes ? (double)c.n_raw_bytes / (double)c.n_bytes : 1.0, c.limited,
		     (long long)me->file_bytes, (long long)me->percent, (long long)me->archive_bytes,
		     (unsigned long long)me->life.counts.readings_archived,
		     (unsigned long long)me->life.counts.readings_recalled,
		     (unsigned long long)me->life.counts.files_archived,
		     (unsigned long long)me->life.counts.files_damaged);
}

/* Of the disk that is the fuller one: the database's or the archive's. */
static double
disk_used(const struct process *p)
{
	const char *const paths[] = {p->database, p->archive};
	double used, most = -1;
	struct statvfs disk;
	size_t i;

	for (i = 0; i < 2; i++)
		if (statvfs(paths[i], &disk) == 0 && disk.f_blocks) {
			used = 1 - (double)disk.f_bavail / (double)disk.f_blocks;
			most = used > most ? used : most;
		}
	return most;
}

static struct watchdog_facts
look_around(struct local_store *me)
{
	struct watchdog_facts facts = {.mono_us = clock_mono_us(), .utc_us = clock_utc_us(), .disk_used = disk_used(me->process)};
	struct outbox_counts c = {0};
	struct err err;

	if (me->outbox) {
		outbox_counts(me->outbox, &c);
		(void)store_oldest_unsynced(me->store, &facts.oldest_us, &err);
		(void)store_archive_bytes(me->store, &me->archive_bytes, &err);
	}
	facts.database_percent = me->percent;
	facts.archive_bytes = me->archive_bytes;
	facts.archive_why = me->retention ? retention_trouble(me->retention) : "";
	if (!*facts.archive_why && me->life.counts.files_damaged)
		facts.archive_why = "a file is damaged or gone; ihht archive verify names it";
	facts.pending = c.pending;
	facts.n_arrived = c.n_applied + c.n_duplicate + c.n_quarantined;
	facts.n_failed = c.n_refused + c.n_resent;
	return facts;
}

void
status_watch(struct local_store *me)
{
	struct watchdog_facts facts;
	struct alert told[N_RULES];
	size_t i, n;

	if (clock_mono_us() < me->watch_us)
		return;
	me->watch_us = clock_mono_us() + WATCH_US;
	facts = look_around(me);
	n = watchdog_look(&me->watchdog, &facts, told);
	for (i = 0; i < n; i++)
		news_alert(me->news, &me->standing, &told[i]);
}
