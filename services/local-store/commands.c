#include "services/local-store/commands.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "proto/columns.h"
#include "proto/ids.h"
#include "services/local-store/keys.h"
#include "services/local-store/quarantine/misfits.h"
#include "services/local-store/recount.h"
#include "services/local-store/restore/restored.h"
#include "services/local-store/retention/recall.h"

/* Whether two records say the same, apart from who asked and when it was written. */
static bool
says_the_same(const struct message *m, const void *a, const void *b)
{
	const struct msg_field *f;
	int i;

	for (i = 0; i < m->n_fields; i++) {
		f = &m->fields[i];
		if (!strcmp(f->name, "request_id") || !strcmp(f->name, "hlc") ||
		    !strcmp(f->name, "at_us"))
			continue;
		if (f->kind == MSG_STR || f->kind == MSG_UUID
			    ? strcmp(msg_str(f, a), msg_str(f, b)) != 0
			    : memcmp((const char *)a + f->offset, (const char *)b + f->offset, 8) != 0)
			return false;
	}
	return true;
}

/* Stores fx->as, whose hlc is at `hlc`; the same again is only seen. */
static int
put_record(struct lifecycle *life, enum record kind, struct entry *entry, int64_t *hlc,
	   int64_t now_us, struct effects *fx, struct err *err)
{
	struct table *table = store_records(life->store, kind);
	const struct message *m = table_message(table);
	union { struct survey s; struct event e; struct phase_stats p; struct progression g; } old;
	int64_t no;
	int seen = table_find(table, &fx->as, &no, &old, err);

	if (seen < 0)
		return -1;
	if (seen && says_the_same(m, &old, &fx->as))
		return effects_accept(fx, entry->row.id, false, "known already");
	if (lifecycle_stamp(life, now_us, hlc, err) < 0 || table_put(table, &fx->as, NULL, err) < 0)
		return -1;
	/* restored from another gateway: Postgres takes changes only from the one that keeps it */
	if (strcmp(entry->row.gateway, life->gateway) != 0 && lifecycle_touch(life, entry, now_us, err) < 0)
		return -1;
	fx->record = m;
	fx->entry = entry;
	return effects_accept(fx, entry->row.id, true, seen ? "changed" : "recorded");
}

/* ---- surveys */

static int
check_survey(const struct survey *m, struct effects *fx)
{
	bool intra = m->kind == SURVEY_INTRA;

	if (m->kind == SURVEY_NONE)
		return effects_refuse(fx, "kind", "must be pre, intra or post"), -1;
	if (intra && m->phase_number == MSG_NONE)
		return effects_refuse(fx, "phase_number", "an intra survey must say which cycle"), -1;
	if (!intra && (m->sensations || m->phase_number != MSG_NONE))
		return effects_refuse(fx, m->sensations ? "sensations" : "phase_number",
				      "belongs to an intra survey only"), -1;
	if (m->kind != SURVEY_POST && (m->post_symptoms || *m->notes_post ||
				       m->overall_rating != MSG_NONE))
		return effects_refuse(fx, m->post_symptoms ? "post_symptoms" : *m->notes_post
				      ? "notes_post" : "overall_rating",
				      "belongs to a post survey only"), -1;
	if (m->sensations & 1 << SENSATION_NONE && m->sensations != 1 << SENSATION_NONE)
		return effects_refuse(fx, "sensations", "none excludes the others"), -1;
	if (m->post_symptoms & 1 << SYMPTOM_NONE && m->post_symptoms != 1 << SYMPTOM_NONE)
		return effects_refuse(fx, "post_symptoms", "none excludes the others"), -1;
	return 0;
}

static int
take_survey(struct lifecycle *life, const struct survey *m, int64_t now_us, struct effects *fx,
	    struct err *err)
{
	struct entry *entry;
	int r = lifecycle_find(life, m->session_id, fx, &entry, err);

	if (r <= 0 || check_survey(m, fx) < 0)
		return r < 0 ? -1 : 0;
	fx->as.survey = *m;
	if (fx->as.survey.at_us == MSG_NONE)
		fx->as.survey.at_us = now_us;
	if (m->kind == SURVEY_INTRA && m->stress_perception == MSG_NONE)
		fx->as.survey.stress_perception = m->stress;
	return put_record(life, RECORD_SURVEY, entry, &fx->as.survey.hlc, now_us, fx, err);
}

/* ---- events */

static int
check_event(const struct event *m, struct effects *fx)
{
	json_t *data;

	if (m->event_type == EVENT_NONE)
		return effects_refuse(fx, "event_type", "must be said"), -1;
	if (m->altitude_phase_number != MSG_NONE && m->recovery_phase_number != MSG_NONE)
		return effects_refuse(fx, "recovery_phase_number", "only one of altitude_phase_number "
				      "and recovery_phase_number may be given"), -1;
	data = *m->additional_data ? json_loads(m->additional_data, 0, NULL) : json_object();
	if (!json_is_object(data)) {
		json_decref(data);
		return effects_refuse(fx, "additional_data", "must be a JSON object"), -1;
	}
	json_decref(data);
	return 0;
}

/* A mask lift counts in its session and in its altitude phase. */
static int
count_lift(struct lifecycle *life, struct entry *entry, const struct event *m, int64_t now_us,
	   struct err *err)
{
	entry->row.total_mask_lifts++;
	if (lifecycle_touch(life, entry, now_us, err) < 0)
		return -1;
	return m->altitude_phase_number == MSG_NONE
		       ? 0 : lifecycle_lift(life, entry, m->altitude_phase_number, now_us, err);
}

/* Now, or when it was told before. */
static int
first_time(struct lifecycle *life, struct event *event, int64_t now_us, struct err *err)
{
	struct event before;
	int64_t no;
	int seen = table_find(store_records(life->store, RECORD_EVENT), event, &no, &before, err);

	event->event_us = seen > 0 && before.event_us != MSG_NONE ? before.event_us : now_us;
	return seen < 0 ? -1 : 0;
}

static int
take_event(struct lifecycle *life, const struct event *m, int64_t now_us, struct effects *fx,
	   struct err *err)
{
	struct event *e = &fx->as.event;
	struct entry *entry;
	int64_t no;
	int seen, r = lifecycle_find(life, m->session_id, fx, &entry, err);

	if (r <= 0 || check_event(m, fx) < 0)
		return r < 0 ? -1 : 0;
	*e = *m;
	/* without a time of its own it is the request that makes it one: the same request again
	 * after a crash must not be another mask lift */
	if (!*e->id && e->event_us == MSG_NONE)
		memcpy(e->id, m->request_id, sizeof(e->id));
	else if (!*e->id)
		ids_event(e, e->id);
	if (e->event_us == MSG_NONE && (r = first_time(life, e, now_us, err)) < 0)
		return -1;
	if ((seen = table_find(store_records(life->store, RECORD_EVENT), e, &no, NULL, err)) < 0)
		return -1;
	r = put_record(life, RECORD_EVENT, entry, &e->hlc, now_us, fx, err);
	if (r == 0 && fx->reply.ok && !seen && e->event_type == EVENT_MASK_LIFT)
		r = count_lift(life, entry, e, now_us, err);
	return r;
}

/* ---- the others */

static int
take_phase_stats(struct lifecycle *life, const struct phase_stats *m, int64_t now_us,
		 struct effects *fx, struct err *err)
{
	struct entry *entry;
	int r = lifecycle_find(life, m->session_id, fx, &entry, err);

	if (r <= 0)
		return r;
	if (m->phase_type != PHASE_ALTITUDE && m->phase_type != PHASE_RECOVERY)
		return effects_refuse(fx, "phase_type", "must be ALTITUDE or RECOVERY");
	if (m->end_us != MSG_NONE && m->end_us < m->start_us)
		return effects_refuse(fx, "end_us", "must not be before start_us");
	fx->as.phase_stats = *m;
	return put_record(life, RECORD_PHASE_STATS, entry, &fx->as.phase_stats.hlc, now_us, fx, err);
}

static int
take_progression(struct lifecycle *life, const struct progression *m, int64_t now_us,
		 struct effects *fx, struct err *err)
{
	struct progression *p = &fx->as.progression;
	struct entry *entry;
	int r = lifecycle_find(life, m->session_id, fx, &entry, err);

	if (r <= 0)
		return r;
	if (*m->user_id && strcmp(m->user_id, entry->row.user_id) != 0)
		return effects_refuse(fx, "user_id", "is not the person of that session");
	*p = *m;
	memcpy(p->user_id, entry->row.user_id, sizeof(p->user_id));
	if (p->at_us == MSG_NONE)
		p->at_us = now_us;
	return put_record(life, RECORD_PROGRESSION, entry, &p->hlc, now_us, fx, err);
}

/* What was breathed then, where another store did not know. */
static void
add_phase(const struct entry *entry, struct reading *row)
{
	struct span span;

	if (row->phase_type != PHASE_NONE || row->cycle_number != MSG_NONE ||
	    row->altitude_level != MSG_NONE)
		return;
	span = entry_span_at(entry, row->taken_us);
	row->phase_type = span.phase;
	row->cycle_number = span.cycle;
	row->altitude_level = span.altitude_level;
}

static int
put_rows(struct lifecycle *life, struct entry *entry, struct reading *rows, size_t n,
	 int64_t now_us, struct effects *fx, struct err *err)
{
	struct kept some[64];
	size_t i, k, now;

	for (i = 0; i < n; i += now) {
		now = n - i < 64 ? n - i : 64;
		for (k = 0; k < now; k++) {
			add_phase(entry, &rows[i + k]);
			some[k] = (struct kept){.entry = entry, .reading = rows[i + k]};
		}
		if (recall_rows(life, some, now, now_us, err) < 0 ||
		    store_put_readings(life->store, some, now, err) < 0)
			return -1;
		for (k = 0; k < now; k++) {
			fx->reply.added += some[k].id != 0;
			fx->reply.seen += !some[k].id;
		}
	}
	if (!fx->reply.added)
		return 0;
	fx->entry = entry;
	if (entry->row.data_source == DATA_SOURCE_UNKNOWN &&
	    rows[0].data_source != DATA_SOURCE_UNKNOWN) {
		entry->row.data_source = rows[0].data_source;
		if (lifecycle_touch(life, entry, now_us, err) < 0)
			return -1;
	}
	return recount_late(life, entry, err);
}

static int
take_import(struct lifecycle *life, const struct import *m, int64_t now_us, struct effects *fx,
	    struct err *err)
{
	struct reading *rows;
	struct entry *entry;
	size_t n;
	int r = lifecycle_find(life, m->session_id, fx, &entry, err);

	if (r <= 0)
		return r;
	if (m->count > life->room)
		return effects_refuse(fx, "count", "not stored: the database is at its cap "
				      "(local-store/database-most-mb)");
	life->room -= m->count;
	rows = calloc((size_t)m->count, sizeof(*rows));
	if (!rows)
		return err_set(err, ENOMEM, "out of memory");
	if (columns_unpack(&msg_reading, m->columns.bytes, m->columns.len, rows, (size_t)m->count,
			   &n, err) < 0)
		r = effects_refuse(fx, "columns", "%s", err->text);
	else {
		(void)effects_accept(fx, entry->row.id, false, "imported");
		fx->reply.seen = 0;
		r = put_rows(life, entry, rows, n, now_us, fx, err);
	}
	free(rows);
	return r;
}

/* ---- whose is it? */

static int
take_session_of(struct lifecycle *life, const struct session_of *m, struct effects *fx,
		struct err *err)
{
	struct entry *entry = store_load_id(life->store, life->sessions, m->session_id, err);

	if (!entry && err->code != ENOENT)
		return -1;
	if (entry && !strstr(m->people, entry->row.user_id))
		return effects_refuse(fx, "session_id", "no such session on this gateway: %s",
				      m->session_id);
	return effects_accept(fx, m->session_id, false, "");
}

int
commands_apply(struct lifecycle *life, const struct message *message, const void *msg,
	       int64_t now_us, struct effects *fx, struct err *err)
{
	effects_clear(fx, msg_str(&message->fields[0], msg));
	if (!*fx->reply.request_id)
		return effects_refuse(fx, "request_id", "must be given");
	if (message == &msg_session_start)
		return lifecycle_start(life, msg, now_us, fx, err);
	if (message == &msg_session_phase)
		return lifecycle_phase(life, msg, now_us, fx, err);
	if (message == &msg_session_stop)
		return lifecycle_stop(life, msg, now_us, fx, err);
	if (message == &msg_survey)
		return take_survey(life, msg, now_us, fx, err);
	if (message == &msg_event)
		return take_event(life, msg, now_us, fx, err);
	if (message == &msg_phase_stats)
		return take_phase_stats(life, msg, now_us, fx, err);
	if (message == &msg_progression)
		return take_progression(life, msg, now_us, fx, err);
	if (message == &msg_restore)
		return restored_apply(life, msg, now_us, fx, err);
	if (message == &msg_session_of)
		return take_session_of(life, msg, fx, err);
	if (message == &msg_keyed)
		return keys_take(life->store, msg, fx, err);
	if (message == &msg_misfit)
		return misfits_take(life->store, msg, now_us, fx, err);
	ASSERT(message == &msg_import);
	return take_import(life, msg, now_us, fx, err);
}
