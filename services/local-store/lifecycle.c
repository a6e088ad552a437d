#include "services/local-store/lifecycle.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hlc.h"
#include "proto/ids.h"
#include "services/local-store/clocks.h"
#include "services/local-store/figures.h"
#include "services/local-store/recount.h"

#define AHEAD_US   (60 * CLOCK_SECOND)  /* a time further ahead of us is a mistake */
#define MAX_CYCLES 100                  /* as in messages.def */
#define MAX_LIFTS  1000                 /* in one phase, likewise */

int
lifecycle_stamp(struct lifecycle *life, int64_t now_us, int64_t *hlc, struct err *err)
{
	*hlc = life->hlc = hlc_next(life->hlc, now_us);
	return store_put_setting(life->store, "hlc", life->hlc, err);
}

int
lifecycle_touch(struct lifecycle *life, struct entry *entry, int64_t now_us, struct err *err)
{
	if (lifecycle_stamp(life, now_us, &entry->row.hlc, err) < 0)
		return -1;
	(void)snprintf(entry->row.gateway, sizeof(entry->row.gateway), "%s", life->gateway);
	return store_put_session(life->store, entry, err);
}

int
lifecycle_find(struct lifecycle *life, const char *id, struct effects *fx, struct entry **entry,
	       struct err *err)
{
	*entry = store_load_id(life->store, life->sessions, id, err);
	if (*entry)
		return 1;
	if (err->code != ENOENT)
		return -1;
	return effects_refuse(fx, "session_id", "no such session on this gateway: %s", id);
}

/* ---- start */

static void
new_row(const struct lifecycle *life, const struct session_start *m, int64_t now_us,
	struct session *row)
{
	char local_id[IDS_LOCAL];

	msg_clear(&msg_session, row);
	ids_local_session(now_us, local_id);
	(void)snprintf(row->local_session_id, sizeof(row->local_session_id), "%s",
		       *m->local_session_id ? m->local_session_id : local_id);
	ids_session(row->local_session_id, row->id);
	memcpy(row->user_id, m->user_id, sizeof(row->user_id));
	memcpy(row->device_id, m->device_id, sizeof(row->device_id));
	(void)snprintf(row->gateway, sizeof(row->gateway), "%s", life->gateway);
	row->status = SESSION_ACTIVE;
	row->start_us = m->start_us == MSG_NONE ? now_us : m->start_us;
	row->session_type = m->session_type ? m->session_type : SESSION_TYPE_IHHT;
	row->session_subtype = m->session_subtype;
	row->current_cycle = 1;
	row->total_cycles = m->total_cycles;
	row->hypoxic_duration = m->hypoxic_duration;
	row->hyperoxic_duration = m->hyperoxic_duration;
	row->starting_altitude_level = row->current_altitude_level = m->starting_altitude_level;
	row->data_source = m->data_source;
	if (m->end_us != MSG_NONE) {
		row->status = SESSION_COMPLETED;
		row->end_us = m->end_us;
	}
}

/* 1 answered: another session of the device has a part of that span; 0 go on; -1. */
static int
is_taken(struct lifecycle *life, const char *device_id, int64_t from_us, int64_t end_us,
	 struct effects *fx, struct err *err)
{
	struct entry *other;

	if (store_load_device(life->store, life->sessions, device_id, from_us, err) < 0)
		return -1;
	other = sessions_overlapping(life->sessions, device_id, from_us,
				     end_us == MSG_NONE ? INT64_MAX : end_us);
	if (!other)
		return 0;
	return !effects_refuse(fx, "start_us", "this device had another session %s that time (%s)",
			       end_us == MSG_NONE ? "at or after" : "within", other->row.id);
}

/* It is here already.  A recording that goes on longer than was known grows; nothing else does. */
static int
start_again(struct lifecycle *life, const struct session_start *m, struct entry *same,
	    int64_t now_us, struct effects *fx, struct err *err)
{
	struct session *row = &same->row;
	int r;

	if (m->end_us == MSG_NONE || entry_active(same) || row->data_source != DATA_SOURCE_MANUAL ||
	    m->end_us <= row->end_us || strcmp(row->user_id, m->user_id) ||
	    strcmp(row->device_id, m->device_id))
		return effects_accept(fx, row->id, false, "this session exists already");
	if ((r = is_taken(life, row->device_id, row->end_us, m->end_us, fx, err)) != 0)
		return r < 0 ? -1 : 0;
	row->end_us = m->end_us;
	fx->entry = same;
	if (lifecycle_touch(life, same, now_us, err) < 0 || recount_late(life, same, err) < 0)
		return -1;
	return effects_accept(fx, row->id, false, "this session goes on longer now");
}

/* 1 answered: it runs already, or another one is in the way; 0 go on; -1 the store failed. */
static int
is_in_the_way(struct lifecycle *life, const struct session_start *m, const struct session *row,
	      int64_t now_us, struct effects *fx, struct err *err)
{
	struct entry *of = sessions_active_of(life->sessions, m->user_id);
	struct entry *on = sessions_active_on(life->sessions, m->device_id);
	struct entry *same = NULL;

	if (*m->local_session_id) {
		same = store_load_id(life->store, life->sessions, row->id, err);
		if (!same && err->code != ENOENT)
			return -1;
	}
	if (same)
		return start_again(life, m, same, now_us, fx, err) < 0 ? -1 : 1;
	if (m->end_us != MSG_NONE)  /* is over: nobody runs beside it */
		return 0;
	if (of && of == on)
		return !effects_accept(fx, of->row.id, false, "this session runs already");
	if (of)
		return !effects_refuse(fx, "user_id", "this person has a session running on %s: stop "
				       "it first (%s)", of->row.device_id, of->row.id);
	if (on)
		return !effects_refuse(fx, "device_id", "this device is used by a running session: "
				       "stop it first (%s)", on->row.id);
	return 0;
}

int
lifecycle_start(struct lifecycle *life, const struct session_start *m, int64_t now_us,
		struct effects *fx, struct err *err)
{
	struct session row;
	int64_t no;
	int r;

	new_row(life, m, now_us, &row);
	if (row.start_us > now_us + AHEAD_US)
		return effects_refuse(fx, "start_us", "is more than a minute ahead of this "
				      "gateway's clock");
	if (m->end_us != MSG_NONE && (m->end_us <= row.start_us || m->end_us > now_us + AHEAD_US))
		return effects_refuse(fx, "end_us", "must lie between start_us and now");
	if ((r = is_in_the_way(life, m, &row, now_us, fx, err)) != 0 ||
	    (r = is_taken(life, row.device_id, row.start_us, m->end_us, fx, err)) != 0)
		return r < 0 ? -1 : 0;
	if (lifecycle_stamp(life, now_us, &row.hlc, err) < 0 ||
	    table_put(store_sessions(life->store), &row, &no, err) < 0)
		return -1;
	fx->entry = sessions_add(life->sessions, &row, no);
	if (clocks_begin(life, fx->entry, err) < 0)
		return -1;
	return effects_accept(fx, row.id, true, "session started");
}

/* ---- phase */

int
lifecycle_put_phase(struct lifecycle *life, const struct entry *entry, const struct span *span,
	    const struct totals *totals, int64_t end_us, int64_t trigger, int64_t now_us,
	    struct err *err)
{
	struct table *table = store_records(life->store, RECORD_PHASE_STATS);
	struct phase_stats stats, before;
	int64_t no;
	int seen;

	if (!figures_of_phase(span->phase))
		return 0;
	figures_phase(entry, span, totals, end_us, &stats);
	stats.recovery_trigger = trigger;
	if ((seen = table_find(table, &stats, &no, &before, err)) < 0)
		return -1;
	if (seen) {
		stats.mask_lift_count = before.mask_lift_count;
		stats.recovery_trigger = trigger ? trigger : before.recovery_trigger;
	}
	if (lifecycle_stamp(life, now_us, &stats.hlc, err) < 0)
		return -1;
	return table_put(table, &stats, NULL, err);
}

/* The running phase is over: its figures become a record.  One that was interrupted is counted
 * again, as only its last stretch is at hand. */
static int
end_phase(struct lifecycle *life, struct entry *entry, int64_t at_us, int64_t trigger,
	  int64_t now_us, struct err *err)
{
	size_t last = entry->n_spans - 1, first = entry->n_spans ? entry_phase_began(entry, last) : 0;

	if (entry->n_spans &&
	    lifecycle_put_phase(life, entry, &entry->spans[first], &entry->phase, at_us, trigger,
				now_us, err) < 0)
		return -1;
	if (entry->n_spans && first < last && figures_of_phase(entry->spans[last].phase) &&
	    recount_late(life, entry, err) < 0)
		return -1;
	totals_clear(&entry->phase);
	return 0;
}

/* When the running phase began: what is said of now must not lie before it. */
static int64_t
running_since_us(const struct session *row)
{
	return row->phase_us == MSG_NONE ? row->start_us : row->phase_us;
}

/* Now when not said; never before the running phase, though the clock was set back. */
static int64_t
moment_us(const struct session *row, int64_t said_us, int64_t now_us)
{
	if (said_us != MSG_NONE)
		return said_us;
	return now_us > running_since_us(row) ? now_us : running_since_us(row);
}

static bool
is_moment(const struct session *row, int64_t said_us, int64_t now_us)
{
	return said_us == MSG_NONE || (said_us >= running_since_us(row) && said_us <= now_us + AHEAD_US);
}

/* A new altitude phase after a recovery begins the next cycle, a transition between or not. */
static int64_t
next_cycle(const struct entry *entry, const struct session_phase *m)
{
	int64_t cycle = entry->row.current_cycle == MSG_NONE ? 1 : entry->row.current_cycle;
	size_t i = entry->n_spans;

	if (m->cycle != MSG_NONE)
		return m->cycle;
	while (i > 0 && !figures_of_phase(entry->spans[i - 1].phase))
		i--;
	return i && entry->spans[i - 1].phase == PHASE_RECOVERY && m->phase == PHASE_ALTITUDE
		       ? cycle + 1 : cycle;
}

/* What a pause interrupts, and how long a phase has run that goes on. */
static void
carry_on(struct session *row, const struct span *next)
{
	int64_t done_us = row->phase_done_us == MSG_NONE ? 0 : row->phase_done_us;
	int64_t ran_us = done_us + next->from_us - running_since_us(row);
	bool is_paused = row->current_phase == PHASE_PAUSED;
	bool same = next->cycle == row->current_cycle &&
		    next->phase == (is_paused ? row->paused_phase : row->current_phase);

	if (next->phase == PHASE_PAUSED) {
		row->paused_phase = row->current_phase;
		row->phase_done_us = ran_us;
	} else {
		row->paused_phase = PHASE_NONE;
		row->phase_done_us = !same ? MSG_NONE : is_paused ? done_us : ran_us;
	}
}

static int
begin_phase(struct lifecycle *life, struct entry *entry, const struct session_phase *m,
	    const struct span *span, int64_t now_us, struct err *err)
{
	struct session *row = &entry->row;

	if (end_phase(life, entry, span->from_us, m->recovery_trigger, now_us, err) < 0 ||
	    store_put_span(life->store, entry, span, err) < 0 || entry_add_span(entry, span) < 0)
		return -1;
	carry_on(row, span);
	row->current_phase = span->phase;
	row->current_cycle = span->cycle;
	row->current_altitude_level = span->altitude_level;
	row->phase_us = span->from_us;
	return lifecycle_touch(life, entry, now_us, err);
}

int
lifecycle_phase(struct lifecycle *life, const struct session_phase *m, int64_t now_us,
		struct effects *fx, struct err *err)
{
	struct span span;
	struct entry *entry;
	struct session *row;
	int64_t own_us;
	bool runs;
	int r;

	if ((r = lifecycle_find(life, m->session_id, fx, &entry, err)) <= 0)
		return r;
	row = &entry->row;
	own_us = clocks_now_us(life, entry, now_us);
	if (m->phase == PHASE_NONE)
		return effects_refuse(fx, "phase", "must be said");
	if (!entry_active(entry))
		return effects_refuse(fx, "session_id", "this session is over");
	if ((r = store_has_request(life->store, entry, m->request_id, err)) != 0)
		return r < 0 ? -1 : effects_accept(fx, row->id, false, "this phase has begun already");
	span = (struct span){moment_us(row, m->at_us, own_us), m->phase, next_cycle(entry, m),
			     m->altitude_level == MSG_NONE ? row->current_altitude_level
							   : m->altitude_level};
	runs = row->current_phase == m->phase && row->current_cycle == span.cycle &&
	       row->current_altitude_level == span.altitude_level;
	if (!runs && !is_moment(row, m->at_us, own_us))
		return effects_refuse(fx, "at_us", "must lie between the start of the running phase "
				      "and now");
	if (span.cycle > MAX_CYCLES)
		return effects_refuse(fx, "cycle", "a session has no more than %d: start another",
				      MAX_CYCLES);
	if (store_put_request(life->store, entry, m->request_id, err) < 0)
		return -1;
	if (runs)
		return effects_accept(fx, row->id, false, "this phase runs already");
	fx->entry = entry;
	return begin_phase(life, entry, m, &span, now_us, err) < 0
		       ? -1 : effects_accept(fx, row->id, true, "phase begun");
}

/* ---- stop */

int
lifecycle_stop(struct lifecycle *life, const struct session_stop *m, int64_t now_us,
	       struct effects *fx, struct err *err)
{
	struct entry *entry;
	int64_t at_us, own_us;
	int r;

	if ((r = lifecycle_find(life, m->session_id, fx, &entry, err)) <= 0)
		return r;
	own_us = clocks_now_us(life, entry, now_us);
	if (!entry_active(entry))
		return effects_accept(fx, entry->row.id, false, "this session is over already");
	if (m->status == SESSION_ACTIVE)
		return effects_refuse(fx, "status", "must be how it ended: completed, abandoned, "
				      "force_ended or terminated");
	if (!is_moment(&entry->row, m->at_us, own_us))
		return effects_refuse(fx, "at_us", "must lie between the start of the running phase "
				      "and now");
	at_us = moment_us(&entry->row, m->at_us, own_us);
	if (end_phase(life, entry, at_us, TRIGGER_NONE, now_us, err) < 0)
		return -1;
	entry->row.status = m->status ? m->status : SESSION_COMPLETED;
	entry->row.end_us = at_us;
	sessions_ended(life->sessions, entry);
	figures_session(&entry->whole, &entry->row);
	fx->entry = entry;
	return lifecycle_touch(life, entry, now_us, err) < 0
		       ? -1 : effects_accept(fx, entry->row.id, true, "session ended");
}

/* ---- mask lifts */

/* The record of that phase, begun here when it is the one that runs: 1, 0 no such phase. */
static int
find_phase(struct lifecycle *life, const struct entry *entry, int64_t cycle,
	   struct phase_stats *stats, struct err *err)
{
	const struct span *span = entry->n_spans ? &entry->spans[entry->n_spans - 1] : NULL;
	struct phase_stats key;
	int64_t no;
	int seen;

	msg_clear(&msg_phase_stats, &key);
	memcpy(key.session_id, entry->row.id, sizeof(key.session_id));
	key.phase_type = PHASE_ALTITUDE;
	key.phase_number = cycle;
	seen = table_find(store_records(life->store, RECORD_PHASE_STATS), &key, &no, stats, err);
	seen = seen > 0 ? *stats->session_id != 0 : seen;
	if (seen || !entry_active(entry) || !span || span->phase != PHASE_ALTITUDE ||
	    span->cycle != cycle)
		return seen;
	figures_phase(entry, span, &entry->phase, MSG_NONE, stats);
	return 1;
}

int
lifecycle_lift(struct lifecycle *life, const struct entry *entry, int64_t cycle, int64_t now_us,
	       struct err *err)
{
	struct phase_stats stats;
	int seen = find_phase(life, entry, cycle, &stats, err);

	if (seen <= 0)
		return seen;
	if (stats.mask_lift_count < MAX_LIFTS)
		stats.mask_lift_count++;
	if (lifecycle_stamp(life, now_us, &stats.hlc, err) < 0)
		return -1;
	return table_put(store_records(life->store, RECORD_PHASE_STATS), &stats, NULL, err);
}
