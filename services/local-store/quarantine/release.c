#include "services/local-store/quarantine/release.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/ids.h"
#include "proto/msg_json.h"
#include "proto/records.h"
#include "services/local-store/quarantine/misfits.h"
#include "services/local-store/quarantine/quarantine.h"

union any_record {
	char room[RECORDS_MAX];
	struct session session;
	struct survey survey;
	struct event event;
	struct phase_stats phase_stats;
	struct progression progression;
};

/* What does not change when a record is fixed: who it is, and whose. */
static const char *const fixed[] = {"id", "local_session_id", "session_id", "user_id", "gateway",
				    "device_id", "status", "kind", "phase_type", "phase_number",
				    "hlc", "request_id", NULL};

static struct quarantine_note
note_of(const struct release *m, const char *action, int64_t now_us)
{
	return (struct quarantine_note){m->who, action, *m->reason ? m->reason : NULL, NULL, NULL,
					now_us};
}

__attribute__((format(printf, 3, 4)))
static int
accept(struct effects *fx, int64_t n, const char *format, ...)
{
	va_list args;

	(void)effects_accept(fx, "", true, "");
	fx->reply.added = n;
	va_start(args, format);
	(void)vsnprintf(fx->reply.text, sizeof(fx->reply.text), format, args);
	va_end(args);
	return 0;
}

/* ---- replay */

static int
find_session(struct lifecycle *life, int64_t no, struct entry **entry, struct err *err)
{
	*entry = store_load_no(life->store, life->sessions, no, err);
	return !*entry && err->code != ENOENT && err->code != EBADMSG ? -1 : 0;
}

/* Each session's readings that replay, as one span: what lies between goes along, harmlessly.
 * Those of too many sessions at once wait until somebody asks again. */
static int
send_readings(struct lifecycle *life, struct outbox *outbox, struct err *err)
{
	struct entry *entry;
	struct quarantined q = {0};
	int64_t to_us;
	int r;

	while ((r = quarantine_next_span(outbox_quarantine(outbox), q.session_no, &q, &to_us, err)) > 0) {
		if (find_session(life, q.session_no, &entry, err) < 0)
			return -1;
		if (entry && outbox_replay(outbox, entry, q.taken_us, to_us, err) < 0)
			return err->code == ENOBUFS ? 0 : -1;
	}
	return r;
}

/* Not yet its readings: see above. */
static int
replay(struct lifecycle *life, struct outbox *outbox, const struct quarantined *q,
       const struct quarantine_note *note, struct err *err)
{
	struct entry *entry;

	if (find_session(life, q->session_no, &entry, err) < 0)
		return -1;
	if (entry && strcmp(q->kind, "reading") != 0)
		outbox_due(outbox, entry);
	return strcmp(q->state, "replay") != 0
		       ? quarantine_set(outbox_quarantine(outbox), q, "replay", note, err) : 0;
}

static int
replay_all(struct lifecycle *life, struct outbox *outbox, const struct release *m, int64_t now_us,
	   struct effects *fx, struct err *err)
{
	struct quarantine_note note = note_of(m, "replay", now_us);
	struct quarantined q = {0};
	int64_t n;
	int r;

	for (n = 0; (r = quarantine_next(outbox_quarantine(outbox), q.no, "held", &q, err)) > 0; n++)
		if (replay(life, outbox, &q, &note, err) < 0)
			return -1;
	if (r < 0 || send_readings(life, outbox, err) < 0)
		return -1;
	return accept(fx, n, n == 1 ? "%lld row goes again" : "%lld rows go again", (long long)n);
}

int
release_resume(struct lifecycle *life, struct outbox *outbox, struct err *err)
{
	return send_readings(life, outbox, err);  /* records are found by themselves */
}

/* ---- fix */

/* The record with the changes in it; the complaint is in *fx. */
static int
change(const struct message *message, const union any_record *old, const char *changes,
       union any_record *new, struct effects *fx)
{
	json_t *with = json_loads(changes, 0, NULL), *object = msg_json(message, old);
	const char *const *name;
	struct err err;
	int r = -1;

	for (name = fixed; *name && !(json_is_object(with) && json_object_get(with, *name)); name++)
		;
	if (!json_is_object(with) || !json_object_size(with))
		(void)effects_refuse(fx, "changes", "must be a JSON object of fields and their new values");
	else if (*name)
		(void)effects_refuse(fx, *name, "says which record it is: it cannot be fixed");
	else if (json_object_update(object, with) < 0 ||
		 msg_from_json(message, object, NULL, new, &err) < 0)
		(void)effects_refuse(fx, "changes", "%s", err.text);
	else
		r = 0;
	json_decref(with);
	json_decref(object);
	return r;
}

/* As if the person had said so in the first place; a session has no command for that. */
static int
put_fixed(struct lifecycle *life, const struct message *message, union any_record *new,
	  struct entry *entry, int64_t now_us, struct effects *fx, struct err *err)
{
	ids_uuid request_id;

	memcpy(request_id, fx->reply.request_id, sizeof(request_id));
	if (message == &msg_session) {
		entry->row = new->session;
		fx->entry = entry;
		(void)effects_accept(fx, entry->row.id, true, "");
		return lifecycle_touch(life, entry, now_us, err);
	}
	memcpy((char *)new + message->fields[0].offset, request_id, sizeof(request_id));
	return commands_apply(life, message, new, now_us, fx, err);
}

static char *
json_text(const struct message *message, const void *msg)
{
	json_t *object = msg_json(message, msg);
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	return text;
}

static int
keep_fix(struct outbox *outbox, const struct quarantined *q, const struct message *message,
	 const union any_record *old, const union any_record *new, struct quarantine_note *note,
	 struct err *err)
{
	char *before = json_text(message, old), *after = json_text(message, new);
	int r;

	note->before = before;
	note->after = after;
	r = quarantine_set(outbox_quarantine(outbox), q, "replay", note, err);
	free(before);
	free(after);
	return r;
}

static int
fix(struct lifecycle *life, struct outbox *outbox, const struct release *m,
    const struct quarantined *q, int64_t now_us, struct effects *fx, struct err *err)
{
	struct table *table = quarantine_table(outbox_quarantine(outbox), q->kind);
	const struct message *message = table ? table_message(table) : NULL;
	struct quarantine_note note = note_of(m, "fix", now_us);
	struct entry *entry = store_load_no(life->store, life->sessions, q->session_no, err);
	union any_record old, new;
	int r;

	if (!entry)
		return -1;
	if (!table || message == &msg_gap)
		return effects_refuse(fx, "entry", "a %s is what happened and is never changed; mend the "
				      "table in Postgres and replay it, or drop it", q->kind);
	if ((r = table_get(table, q->row, &old, err)) <= 0)
		return r < 0 ? -1 : effects_refuse(fx, "entry", "the record is no longer there");
	if (change(message, &old, m->changes, &new, fx) < 0)
		return 0;
	if (put_fixed(life, message, &new, entry, now_us, fx, err) < 0)
		return -1;
	if (!fx->reply.ok)
		return 0;
	if (!fx->reply.added && strcmp(q->state, "replay") != 0)
		return effects_refuse(fx, "changes", "that is what it says already");
	if (fx->reply.added && keep_fix(outbox, q, message, &old, &new, &note, err) < 0)
		return -1;
	(void)snprintf(fx->reply.text, sizeof(fx->reply.text), "fixed, and goes again");
	return 0;
}

/* ---- one of them */

static int
drop(struct outbox *outbox, const struct release *m, const struct quarantined *q, int64_t now_us,
     struct effects *fx, struct err *err)
{
	struct quarantine_note note = note_of(m, "drop", now_us);

	if (!strcmp(q->kind, msg_session.name))
		return effects_refuse(fx, "entry", "all records of a session hang on its row: fix it, or "
				      "mend the table in Postgres and replay it");
	(void)accept(fx, 1, "dropped: it stays on this gateway and does not go to Postgres");
	return strcmp(q->state, "dropped") != 0
		       ? quarantine_set(outbox_quarantine(outbox), q, "dropped", &note, err) : 0;
}

static int
replay_one(struct lifecycle *life, struct outbox *outbox, const struct release *m,
	   const struct quarantined *q, int64_t now_us, struct effects *fx, struct err *err)
{
	struct quarantine_note note = note_of(m, "replay", now_us);

	if (replay(life, outbox, q, &note, err) < 0 || send_readings(life, outbox, err) < 0)
		return -1;
	return accept(fx, 1, "goes again");
}

int
release_apply(struct lifecycle *life, struct outbox *outbox, const struct release *m,
	      int64_t now_us, struct effects *fx, struct err *err)
{
	struct quarantined q;
	int r;

	if (m->action == QUARANTINE_NONE)
		return effects_refuse(fx, "action", "must be replay, fix or drop");
	if (m->misfit != MSG_NONE)
		return misfits_release(life->store, m, now_us, fx, err);
	if (m->entry == MSG_NONE)
		return m->action == QUARANTINE_REPLAY
			       ? replay_all(life, outbox, m, now_us, fx, err)
			       : effects_refuse(fx, "entry", "must be said: only replay takes all");
	if ((r = quarantine_get(outbox_quarantine(outbox), m->entry, &q, err)) < 0)
		return -1;
	if (!r)
		return effects_refuse(fx, "entry", "there is no %lld in quarantine; see ihht quarantine "
				      "list", (long long)m->entry);
	if (m->action == QUARANTINE_FIX)
		return fix(life, outbox, m, &q, now_us, fx, err);
	if (m->action == QUARANTINE_DROP)
		return drop(outbox, m, &q, now_us, fx, err);
	return replay_one(life, outbox, m, &q, now_us, fx, err);
}
