#include "services/http-api/commands/pending.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "proto/ids.h"

/* One step on its way. */
struct sent {
	int64_t due_us, wait_us;
	int answered;
};

struct work {
	TAILQ_ENTRY(work) all;
	struct plan plan;
	struct sent *sent;     /* of each step, from `first` to `next` under way */
	size_t first, next;    /* all before `first` are answered, from `next` on not yet sent */
	int64_t patience_us, give_up_us, end_us;
	int64_t rows;          /* readings added */
	size_t items, last_item;  /* items with anything new; the last of them */
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

	ASSERT(w && plan->n);
	w->sent = calloc(plan->n, sizeof(*w->sent));
	ASSERT(w->sent);
	w->plan = *plan;
	*plan = (struct plan){0};
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
	size_t end = w->first + (w->plan.one_by_one ? 1 : PENDING_WINDOW);

	return end < most ? end : most;
}

static const struct step *
due_of(struct work *w, int64_t now_us)
{
	size_t i, end = window_end(w);

	for (i = w->first; i < end; i++) {
		if (w->sent[i].answered || w->sent[i].due_us > now_us)
			continue;
		w->sent[i].wait_us = w->sent[i].wait_us ? 2 * w->sent[i].wait_us : PENDING_AGAIN_US;
		w->sent[i].due_us = now_us + w->sent[i].wait_us;
		w->next = i >= w->next ? i + 1 : w->next;
		return &w->plan.steps[i];
	}
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

static void
take_reply(struct work *w, size_t i, const struct reply *reply)
{
	const struct step *step = &w->plan.steps[i];
	struct reply other = *reply;

	if (!reply->ok) {
		refuse(w, step, reply);
		return;
	}
	if (is_other_session(w, step, reply)) {
		memcpy(other.field, "user_id", sizeof("user_id"));
		memcpy(other.text, "another session of this person is running",
		       sizeof("another session of this person is running"));
		refuse(w, step, &other);
		return;
	}
	w->sent[i].answered = 1;
	w->result.reply = *reply;
	count(w, step, reply);
	while (w->first < w->plan.n && w->sent[w->first].answered)
		w->first++;
	if (w->first == w->plan.n) {
		w->ended = 1;
		w->result.outcome = PENDING_DONE;
		w->result.added = w->rows + (int64_t)w->items;
	}
}

int
pending_reply(struct pending *pending, const struct reply *reply, int64_t now_us)
{
	struct work *w;
	size_t i;

	TAILQ_FOREACH(w, &pending->works, all) {
		if (w->ended)
			continue;
		for (i = w->first; i < w->next; i++)
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

int64_t
pending_next_us(const struct pending *pending)
{
	int64_t next = INT64_MAX;
	const struct work *w;
	size_t i, end;

	TAILQ_FOREACH(w, &pending->works, all) {
		if (w->ended)
			return 0;
		next = w->give_up_us < next ? w->give_up_us : next;
		next = w->end_us < next ? w->end_us : next;
		for (i = w->first, end = window_end(w); i < end; i++)
			if (!w->sent[i].answered && w->sent[i].due_us < next)
				next = w->sent[i].due_us;
	}
	return next;
}
