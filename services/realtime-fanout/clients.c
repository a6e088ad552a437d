#include "clients.h"

#include <stdlib.h>
#include <string.h>

#include "clients_parts.h"
#include "common/clock.h"
#include "frames.h"
#include "notes.h"

#define SILENT_US (45 * CLOCK_SECOND)  /* no ping is answered so long */

/* ---- who is awake */

static void
swap(struct clients *clients, size_t a, size_t b)
{
	struct watcher *w = clients->all[a];

	clients->all[a] = clients->all[b];
	clients->all[b] = w;
	clients->all[a]->at = a;
	clients->all[b]->at = b;
}

static int
is_awake(const struct clients *clients, const struct watcher *w)
{
	return w->at < clients->n_awake;
}

static void
wake_for(struct clients *clients, struct watcher *w, uint64_t next)
{
	if (is_awake(clients, w))
		return;
	w->next = next;
	swap(clients, w->at, clients->n_awake++);
}

void
clients_wake(struct clients *clients, struct watcher *watcher)
{
	wake_for(clients, watcher, clients->shown);
}

void
clients_rest(struct clients *clients, struct watcher *watcher)
{
	if (watcher->n_names && !watcher->replay && is_awake(clients, watcher))
		swap(clients, watcher->at, --clients->n_awake);
}

static void
wake_all(struct clients *clients, uint64_t next)
{
	while (clients->n_awake < clients->n)
		wake_for(clients, clients->all[clients->n_awake], next);
}

struct shown {
	struct clients *clients;
	uint64_t seq;
};

static void
wake_named(struct watcher *w, void *context)
{
	const struct shown *shown = context;

	wake_for(shown->clients, w, shown->seq);
}

void
clients_stir(struct clients *clients)
{
	const struct ring *ring = clients->board->ring;
	struct shown shown = {clients, clients->shown};
	const struct frame *frame;

	if (shown.seq < ring_first(ring))
		wake_all(clients, shown.seq);
	for (; clients->n_awake < clients->n && (frame = ring_at(ring, shown.seq)); shown.seq++) {
		if (frame_is_for_all(frame))
			wake_all(clients, shown.seq);
		else
			names_tell(&clients->names, frame, wake_named, &shown);
	}
	clients->shown = ring_next(ring);
}

/* ---- come and go */

struct watcher *
clients_add(struct clients *clients, enum client_kind kind, void *wsi, const struct query *query,
	    struct rights *rights, int64_t mono_us)
{
	struct watcher *w = NULL;

	if (!clients->all)
		clients->all = calloc(clients->max, sizeof(struct watcher *));
	if (!clients->all || clients->n == clients->max || !(w = calloc(1, sizeof(*w)))) {
		rights_release(rights);
		return NULL;
	}
	w->rights = *rights;
	*rights = (struct rights){0};
	w->kind = kind;
	w->wsi = wsi;
	if (query_filters(query) || query->types != FRAME_ALL) {
		w->query = malloc(sizeof(*query));
		ASSERT(w->query);
		*w->query = *query;
	}
	w->began_mono_us = w->told_mono_us = mono_us;
	if (kind == CLIENT_PHOENIX) {
		clients->board->n_want_rows++;
		w->next = ring_next(clients->board->rows);
	} else {
		clients->board->wanted = 1;
		clients_begin(clients, w, &query->resume, mono_us);
	}
	w->n_names = names_add(&clients->names, query, w, &w->names);
	ASSERT(w->n_names >= 0);
	w->at = clients->n;
	clients->all[clients->n++] = w;
	swap(clients, w->at, clients->n_awake++);
	return w;
}

void
clients_remove(struct clients *clients, struct watcher *watcher, int64_t mono_us)
{
	clients_wake(clients, watcher);
	swap(clients, watcher->at, --clients->n_awake);
	swap(clients, watcher->at, --clients->n);
	names_remove(&clients->names, watcher->names, watcher->n_names);
	free(watcher->names);
	snapshot_leave(&watcher->snapshot);
	rights_release(&watcher->rights);
	clients->board->n_want_rows -= watcher->kind == CLIENT_PHOENIX;
	phoenix_free(&watcher->phoenix);
	replay_free(&watcher->replay);
	free(watcher->query);
	free(watcher->note);
	free(watcher);
	clients->alone_mono_us = mono_us;
}

void
clients_renew(struct watcher *watcher, struct rights *rights)
{
	int same = rights_same(&watcher->rights, rights);

	rights_release(&watcher->rights);
	watcher->rights = *rights;
	*rights = (struct rights){0};
	watcher->anew |= !same;
}

void
clients_resume(struct watcher *watcher, const struct since *resume)
{
	watcher->resume = *resume;
}

void
clients_tell_time(struct clients *clients, struct watcher *watcher)
{
	clients_wake(clients, watcher);
	if (!watcher->note && watcher->kind != CLIENT_PHOENIX)
		note_time(watcher);
}

void
clients_expire(struct clients *clients, struct watcher *watcher, const char *why)
{
	if (watcher->leave)
		return;
	watcher->rights.until_us = 0;
	if (watcher->kind == CLIENT_PHOENIX) {
		phoenix_end(watcher->phoenix, why);
		watcher->leave = why;
		return;
	}
	clients_wake(clients, watcher);
	note_leave(clients, watcher, why);
	clients->n_dropped--;  /* it did nothing wrong */
}

void
clients_release(struct clients *clients)
{
	while (clients->n)
		clients_remove(clients, clients->all[0], 0);
	snapshot_leave(&clients->latest);
	free(clients->all);
	clients->all = NULL;
}

void
clients_judge(struct clients *clients, struct watcher *watcher, int64_t mono_us)
{
	if (watcher->leave)
		return;
	if (watcher->waiting && mono_us - watcher->waiting_mono_us >= clients->stalled_us)
		watcher->leave = "stalled";
	else if (watcher->pinged_mono_us && mono_us - watcher->pinged_mono_us >= SILENT_US)
		watcher->leave = "silent";
	clients->n_dropped += watcher->leave != NULL;
}
