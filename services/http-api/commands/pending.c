#include "services/http-api/commands/pending.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "proto/ids.h"
#include "services/http-api/commands/refused.h"

/* One step, or the pack, on its way. */
struct sent {
	int64_t due_us, wait_us;
	int answered;
};

struct work {
	TAILQ_ENTRY(work) all;
	struct plan plan;
	struct sent *sent;     /* of each step */
	struct sent pack;
	size_t n_packed;       /* its steps without an answer */
	size_t first;          /* all before it are answered */
	int64_t patience_us, give_up_us, end_us;
	int64_t rows;          /* readings added */
	size_t items, last_item;  /* items with anything new; the last of them */
	struct refused refused;   /* rows of a batch, yet to be set apart */
	int ended;
	struct result result;
};

struct pending {
	TAILQ_HEAD(works, work) works;
};

struct pending *
pending_new(void)
{
	struct pending *pending = calloc(1, sizeof(*pending));

	ASSERT(pending);
	TAILQ_INIT(&pending->works);
	return pending;
}

static void
drop(struct pending *pending, struct work *w)
{
	TAILQ_REMOVE(&pending->works, w, all);
	plan_release(&w->plan);
	free(w->sent);
	refused_clear(&w->refused);
	free(w);
}

void
pending_free(struct pending **pending)
{
	struct work *w;

	if (!*pending)
		return;
	while ((w = TAILQ_FIRST(&(*pending)->works)))
		drop(*pending, w);
	free(*pending);
	*pending = NULL;
}

void
pending_add(struct pending *pending, struct plan *plan, void *owner, int64_t now_us)
{
	struct work *w = calloc(1, sizeof(*w));
	size_t i;

	ASSERT(w && plan->n);
	w->sent = calloc(plan->n, sizeof(*w->sent));
	ASSERT(w->sent);
	w->plan = *plan;
	*plan = (struct plan){0};
	for (i = 0; i < w->plan.n; i++)
		w->n_packed += w->plan.steps[i].is_packed != 0;
	w->patience_us = w->plan.is_batch ? PENDING_BATCH_US : PENDING_GIVE_UP_US;
	w->give_up_us = now_us + w->patience_us;
	w->end_us = now_us + PENDING_MOST_US;
	w->last_item = SIZE_MAX;
	w->result.owner = owner;
	w->result.is_batch = w->plan.is_batch;
	w->result.tell_rows = w->plan.tell_rows;
	w->result.n_rows = w->plan.n_rows;
	w->result.message = w->plan.steps[w->plan.n_guards].message;
	TAILQ_INSERT_TAIL(&pending->works, w, all);
}

/* ---- out */

static size_t
window_end(const struct work *w)
{
	size_t most = w->first < w->plan.n_guards ? w->plan.n_guards : w->plan.n;
	size_t end = w->first + PENDING_WINDOW;

	return end < most ? end : most;
}

static int
is_due(struct sent *sent, int64_t now_us)
{
	if (sent->answered || sent->due_us > now_us)
		return 0;
	sent->wait_us = sent->wait_us ? 2 * sent->wait_us : PENDING_AGAIN_US;
	sent->due_us = now_us + sent->wait_us;
	return 1;
}

/* What is under way, or may be: the pack or NULL, and the steps from `first` to *end. */
static struct sent *
under_way(struct work *w, size_t *end)
{
	*end = window_end(w);
	return w->plan.pack.msg && w->first >= w->plan.n_guards ? &w->pack : NULL;
}

static const struct step *
due_of(struct work *w, int64_t now_us)
{
	size_t i, end;
	struct sent *pack = under_way(w, &end);

	if (pack && is_due(pack, now_us))
		return &w->plan.pack;
	for (i = w->first; i < end; i++)
		if (!w->plan.steps[i].is_packed && is_due(&w->sent[i], now_us))
			return &w->plan.steps[i];
	return NULL;
}

const struct step *
pending_due(struct pending *pending, int64_t now_us)
{
	const struct step *step;
	struct work *w;

	TAILQ_FOREACH(w, &pending->works, all)
		if (!w->ended && (step = due_of(w, now_us)))
			return step;
	return NULL;
}

/* ---- in */

/* A start in a batch is about one session; to be given another, running one is a conflict. */
static int
is_other_session(const struct work *w, const struct step *step, const struct reply *reply)
{
	const struct session_start *start = step->msg;
	ids_uuid id;

	if (!w->plan.is_batch || step->message != &msg_session_start)
		return 0;
	ids_session(start->local_session_id, id);
	return strcmp(id, reply->session_id) != 0;
}

static void
refuse(struct work *w, const struct step *step, const struct reply *reply)
{
	w->ended = 1;
	w->result.outcome = PENDING_REFUSED;
	w->result.message = step->message;
	w->result.item = step->item;
	w->result.reply = *reply;
}

static void
count(struct work *w, const struct step *step, const struct reply *reply)
{
	if (step->message == &msg_import)
		w->rows += reply->added;
	else if (reply->added && step->item != w->last_item) {
		w->items++;
		w->last_item = step->item;
	}
}

/* Steps that keep the refused rows as they came; a row that cannot be kept refuses all of it. */
static void
set_refused_apart(struct work *w)
{
	const struct refused_row *row;
	size_t n = w->plan.n;
	struct sent *more;
	struct step of;

	if ((row = refused_set_apart(&w->refused, &w->plan))) {
		of = (struct step){w->result.message, NULL, row->item, 0};
		refuse(w, &of, &row->reply);
		return;
	}
	more = realloc(w->sent, w->plan.n * sizeof(*more));
	ASSERT(more);
	w->sent = more;
	memset(more + n, 0, (w->plan.n - n) * sizeof(*more));
}

static void
end_if_done(struct work *w)
{
	while (w->first < w->plan.n && w->sent[w->first].answered)
		w->first++;
	if (w->first < w->plan.n)
		return;
	if (w->refused.n) {
		set_refused_apart(w);
		return;
	}
	w->ended = 1;
	w->result.outcome = PENDING_DONE;
	w->result.added = w->rows + (int64_t)w->items;
}

static void
take_reply(struct work *w, size_t i, const struct reply *reply)
{
	const struct step *step = &w->plan.steps[i];
	struct reply other = *reply;

	if (reply->ok && is_other_session(w, step, reply)) {
		other.ok = 0;
		memcpy(other.field, "user_id", sizeof("user_id"));
		memcpy(other.text, "another session of this person is running",
		       sizeof("another session of this person is running"));
	}
	if (other.ok)
		count(w, step, reply);
	else if (refused_for_itself(&w->plan, step, &other))
		refused_add(&w->refused, step->item, &other);
	else if (!refused_has(&w->refused, step->item)) {
		refuse(w, step, &other);
		return;
	}
	w->sent[i].answered = 1;
	if (step->is_packed && --w->n_packed == 0)
		w->pack.answered = 1;
	w->result.reply = *reply;
	end_if_done(w);
}

int
pending_reply(struct pending *pending, const struct reply *reply, int64_t now_us)
{
	struct work *w;
	size_t i;

	TAILQ_FOREACH(w, &pending->works, all) {
		if (w->ended)
			continue;
		for (i = w->first; i < w->plan.n; i++)
			if (!w->sent[i].answered && !strcmp(w->plan.steps[i].msg, reply->request_id)) {
				w->give_up_us = now_us + w->patience_us;
				take_reply(w, i, reply);
				return 1;
			}
	}
	return 0;
}

int
pending_ended(struct pending *pending, int64_t now_us, struct result *result)
{
	struct work *w;

	TAILQ_FOREACH(w, &pending->works, all) {
		if (!w->ended && now_us < w->give_up_us && now_us < w->end_us)
			continue;
		*result = w->result;
		result->misfits = json_incref(w->plan.misfits);
		if (!w->ended)
			result->outcome = PENDING_TIMED_OUT;
		drop(pending, w);
		return 1;
	}
	return 0;
}

static int64_t
sooner(const struct sent *sent, int64_t next)
{
	return !sent->answered && sent->due_us < next ? sent->due_us : next;
}

int64_t
pending_next_us(const struct pending *pending)
{
	int64_t next = INT64_MAX;
	const struct sent *pack;
	struct work *w;
	size_t i, end;

	TAILQ_FOREACH(w, &pending->works, all) {
		if (w->ended)
			return 0;
		next = w->give_up_us < next ? w->give_up_us : next;
		next = w->end_us < next ? w->end_us : next;
		if ((pack = under_way(w, &end)))
			next = sooner(pack, next);
		for (i = w->first; i < end; i++)
			if (!w->plan.steps[i].is_packed)
				next = sooner(&w->sent[i], next);
	}
	return next;
}
