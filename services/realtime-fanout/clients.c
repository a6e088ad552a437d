#include "clients.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "frames.h"

#define SLOW_AGAIN_US (60 * CLOCK_SECOND)  /* too slow twice within this: it has to go */

struct snapshot {
	struct text text;  /* as an SSE event */
	uint32_t json_at, json_len;
	uint64_t seq;
	struct place seen;
	int64_t mono_us;
	int users;
};

/* ---- snapshots */

static void
leave_snapshot(struct snapshot **snapshot)
{
	if (*snapshot && --(*snapshot)->users == 0) {
		text_free(&(*snapshot)->text);
		free(*snapshot);
	}
	*snapshot = NULL;
}

static struct snapshot *
make_snapshot(const struct clients *clients, const struct watcher *w, int64_t mono_us)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct query_pick pick;
	const char *json;

	ASSERT(s);
	pick.pick = (struct state_pick){.rights = &w->rights};
	if (w->query)
		query_pick(w->query, &w->rights, &pick);
	board_snapshot(clients->board, &pick.pick, clock_utc_us(), mono_us, &s->text, &s->seq,
		       &s->seen);
	json = memchr(s->text.bytes, '{', s->text.len);
	s->json_at = (uint32_t)(json - s->text.bytes);
	s->json_len = (uint32_t)s->text.len - s->json_at - 2;
	s->mono_us = mono_us;
	s->users = 1;
	return s;
}

/* Many who come at once and may see all get the same one, and from the ring what came since. */
static struct snapshot *
get_snapshot(struct clients *clients, const struct watcher *w, int64_t mono_us)
{
	struct snapshot *latest = clients->latest;

	if ((w->query && query_filters(w->query)) || !w->rights.all)
		return make_snapshot(clients, w, mono_us);
	if (!latest || mono_us - latest->mono_us > CLOCK_SECOND ||
	    latest->seq + 1 < ring_first(clients->board->ring) || latest->seq + 1 < w->next) {
		leave_snapshot(&clients->latest);
		clients->latest = make_snapshot(clients, w, mono_us);
	}
	clients->latest->users++;
	return clients->latest;
}

static void
start_anew(struct clients *clients, struct watcher *w, int64_t mono_us)
{
	leave_snapshot(&w->snapshot);
	w->snapshot = get_snapshot(clients, w, mono_us);
	w->snapshot_at = 0;
	w->anew = 0;
	w->next = w->snapshot->seq + 1;
	w->place = w->snapshot->seen;
	w->catching_up = 1;
	w->refresh = 0;
}

/* ---- notes */

/* As an SSE event; WebSockets get the middle of it. */
__attribute__((format(printf, 2, 3)))
static void
note(struct watcher *w, const char *format, ...)
{
	va_list args;
	int n;

	free(w->note);
	va_start(args, format);
	n = vasprintf(&w->note, format, args);
	va_end(args);
	ASSERT(n > 0);
}

/* from and from_us 0: we cannot tell. */
static void
note_hole(struct clients *clients, struct watcher *w, uint64_t from, uint64_t to, int64_t from_us,
	  const char *why)
{
	char range[64] = "\"from\":null,\"to\":null", since[40] = "";

	if (from)
		(void)snprintf(range, sizeof(range), "\"from\":%llu,\"to\":%llu",
			       (unsigned long long)from, (unsigned long long)to);
	if (from_us)
		(void)snprintf(since, sizeof(since), ",\"from_us\":%lld", (long long)from_us);
	note(w, "data: {\"seq\":%llu,\"type\":\"hole\",\"of\":\"frames\",%s,\"why\":\"%s\"%s}\n\n",
	     (unsigned long long)to, range, why, since);
	clients->n_holes++;
}

static void
note_resumed(const struct clients *clients, struct watcher *w)
{
	note(w, "data: {\"seq\":%llu,\"type\":\"resumed\",\"run\":\"%lld\",\"from\":\"%s\"}\n\n",
	     w->replay ? 0ULL : (unsigned long long)w->next - 1, (long long)clients->board->run,
	     w->replay ? "store" : "ring");
}

static void
note_leave(struct clients *clients, struct watcher *w, const char *why)
{
	note(w, "data: {\"seq\":%llu,\"type\":\"bye\",\"why\":\"%s\"}\n\n",
	     (unsigned long long)w->next - 1, why);
	w->leave = why;
	clients->n_dropped++;
}

/* ---- come and go */

static int
is_in_ring(const struct clients *clients, const struct query *q)
{
	const struct ring *ring = clients->board->ring;
	uint64_t after = q->resume_seq + 1;
	int was_in_store = !q->resume_seq && q->seen.taken_us;

	return q->resume_run == clients->board->run && !was_in_store && after >= ring_first(ring) &&
	       after <= ring_next(ring);
}

static const char *
why_missed(const struct watcher *w)
{
	return w->missed_from ? "gone" : "restart";
}

static void
begin(struct clients *clients, struct watcher *w, const struct query *q, int64_t mono_us)
{
	w->place = q->seen;
	if (is_in_ring(clients, q)) {
		w->next = q->resume_seq + 1;
		w->catching_up = 1;
		note_resumed(clients, w);
		return;
	}
	if (q->resume_run == clients->board->run && q->resume_seq < ring_next(clients->board->ring))
		w->missed_from = q->resume_seq + 1;
	if (q->resume_run && q->seen.taken_us && q->types & FRAME_SAMPLE && clients->past.store &&
	    (w->replay = replay_new(&q->seen, mono_us)))
		return;
	start_anew(clients, w, mono_us);
	if (q->resume_run)
		note_hole(clients, w, w->missed_from, w->next - 1, q->seen.taken_us, why_missed(w));
}

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
	w->began_mono_us = w->spoke_mono_us = w->heard_mono_us = mono_us;
	if (kind == CLIENT_PHOENIX) {
		clients->board->n_want_rows++;
		w->next = ring_next(clients->board->rows);
	} else {
		clients->board->wanted = 1;
		begin(clients, w, query, mono_us);
	}
	clients->all[clients->n++] = w;
	return w;
}

void
clients_remove(struct clients *clients, struct watcher *watcher, int64_t mono_us)
{
	size_t i;

	for (i = 0; clients->all[i] != watcher; i++)
		ASSERT(i < clients->n);
	clients->all[i] = clients->all[--clients->n];
	leave_snapshot(&watcher->snapshot);
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
clients_expire(struct clients *clients, struct watcher *watcher)
{
	static const char why[] = "token expired";

	if (watcher->leave)
		return;
	if (watcher->kind == CLIENT_PHOENIX) {
		phoenix_end(watcher->phoenix, why);
		watcher->leave = why;
		return;
	}
	note_leave(clients, watcher, why);
	clients->n_dropped--;  /* it did nothing wrong */
}

void
clients_release(struct clients *clients)
{
	while (clients->n)
		clients_remove(clients, clients->all[0], 0);
	leave_snapshot(&clients->latest);
	free(clients->all);
	clients->all = NULL;
}

/* ---- what is next */

/* The next frame it wants; passes over those it does not. */
static const struct frame *
wanted_frame(const struct clients *clients, struct watcher *w)
{
	const struct frame *frame;

	while ((frame = ring_at(clients->board->ring, w->next)) &&
	       ((w->query && !query_wants(w->query, frame)) || !rights_may(&w->rights, frame->person)))
		w->next++;
	if (!frame)
		w->catching_up = 0;
	return frame;
}

static int
has_lost_its_place(const struct clients *clients, const struct watcher *w)
{
	return w->next < ring_first(clients->board->ring);
}

int
clients_has(struct clients *clients, struct watcher *watcher)
{
	if (watcher->kind == CLIENT_PHOENIX)
		return phoenix_has(watcher->phoenix, clients->board->rows, watcher->next);
	if (watcher->replay && !watcher->note)
		return replay_due(watcher->replay, clock_mono_us());
	return watcher->note || watcher->refresh || watcher->snapshot || watcher->anew || has_lost_its_place(clients, watcher) ||
	       wanted_frame(clients, watcher);
}

/* A watcher wants to see what is now: one who is behind is brought there, and told. */
static void
skip_if_slow(struct clients *clients, struct watcher *w, int64_t mono_us)
{
	const struct frame *frame;
	uint64_t from = w->next;
	int64_t from_us = w->place.taken_us;
	int lost = has_lost_its_place(clients, w);

	if (!lost) {
		frame = wanted_frame(clients, w);
		if (!frame || w->catching_up || mono_us - frame->at_us <= clients->lag_us)
			return;
	}
	if (w->skipped_mono_us && mono_us - w->skipped_mono_us < SLOW_AGAIN_US) {
		note_leave(clients, w, "too slow");
		return;
	}
	w->skipped_mono_us = mono_us;
	start_anew(clients, w, mono_us);
	note_hole(clients, w, from, w->next - 1, from_us, "slow");
}

static void
give_note(struct watcher *w, char *bytes, struct piece *piece)
{
	size_t len = strlen(w->note), skip = w->kind == CLIENT_WS ? strlen("data: ") : 0;

	if (w->kind == CLIENT_WS)
		len -= 2;
	piece->len = len - skip;
	memcpy(bytes, w->note + skip, piece->len);
	free(w->note);
	w->note = NULL;
}

static void
give_snapshot(struct watcher *w, char *bytes, struct piece *piece)
{
	const struct snapshot *s = w->snapshot;
	size_t from = w->kind == CLIENT_WS ? s->json_at : 0;
	size_t len = w->kind == CLIENT_WS ? s->json_len : s->text.len;

	piece->begins = w->snapshot_at == 0;
	piece->len = len - w->snapshot_at < CLIENTS_PIECE ? len - w->snapshot_at : CLIENTS_PIECE;
	memcpy(bytes, s->text.bytes + from + w->snapshot_at, piece->len);
	w->snapshot_at += piece->len;
	piece->ends = w->snapshot_at == len;
	if (piece->ends) {
		leave_snapshot(&w->snapshot);
		w->snapshot_at = 0;
	}
}

/* An SSE event, with the watcher's place behind its id; 0: it does not fit. */
static size_t
copy_event(const struct watcher *w, const struct frame *f, char *bytes, size_t room)
{
	static struct text event;
	size_t id_len = f->json_at - strlen("\ndata: ");

	text_clear(&event);
	text_add(&event, f->text, id_len);
	if (w->place.taken_us) {
		text_put(&event, ".");
		place_write(&event, &w->place);
	}
	text_add(&event, f->text + id_len, f->len - id_len);
	if (event.len > room)
		return 0;
	memcpy(bytes, event.bytes, event.len);
	return event.len;
}

/* JSON with one end of line; 0: it does not fit. */
static size_t
copy_line(const struct frame *f, char *bytes, size_t room)
{
	if (f->json_len + 1 > room)
		return 0;
	memcpy(bytes, f->text + f->json_at, f->json_len + 1);
	return f->json_len + 1;
}

/* As many frames as fit: joined, they cost one system call. */
static void
give_frames(struct clients *clients, struct watcher *w, char *bytes, struct piece *piece)
{
	const struct frame *f;
	size_t room, len;

	while ((f = wanted_frame(clients, w))) {
		room = CLIENTS_PIECE - piece->len;
		if (f->value.taken_us)
			w->place = f->value;
		len = w->kind == CLIENT_WS ? copy_line(f, bytes + piece->len, room)
					   : copy_event(w, f, bytes + piece->len, room);
		if (!len)
			break;
		piece->len += len;
		w->next++;
		w->n_frames++;
		clients->n_frames_out++;
	}
	if (w->kind == CLIENT_WS && piece->len)
		piece->len--;
}

static void
give_stored(struct clients *clients, struct watcher *w, int64_t mono_us, char *bytes,
	    struct piece *piece)
{
	const struct replay_eyes eyes = {w->query, &w->rights, w->kind == CLIENT_SSE};
	struct bytes to = {.bytes = bytes, .size = CLIENTS_PIECE};
	enum replay_state state = replay_next(w->replay, &clients->past, &eyes, mono_us, &to, &w->next);
	int64_t from_us;

	piece->len = to.len && w->kind == CLIENT_WS ? to.len - 1 : to.len;
	w->place = *replay_place(w->replay);
	if (state == REPLAY_BEGINS)
		note_resumed(clients, w);
	if (state == REPLAY_BEGINS || state == REPLAY_GOES_ON)
		return;
	replay_free(&w->replay);
	w->catching_up = w->refresh = 1;
	if (state == REPLAY_DONE) {
		clients->n_replayed++;
		return;
	}
	from_us = w->place.taken_us;
	start_anew(clients, w, mono_us);
	note_hole(clients, w, w->missed_from, w->next - 1, from_us, why_missed(w));
}

/* Is a snapshot due, or has it fallen behind? */
static void
look_ahead(struct clients *clients, struct watcher *w, int64_t mono_us)
{
	if (w->snapshot_at)
		return;
	if (w->anew || (w->refresh && !has_lost_its_place(clients, w) && !wanted_frame(clients, w)))
		start_anew(clients, w, mono_us);
	if (!w->leave)
		skip_if_slow(clients, w, mono_us);
}

void
clients_next(struct clients *clients, struct watcher *watcher, int64_t mono_us,
	     char bytes[CLIENTS_PIECE], struct piece *piece)
{
	*piece = (struct piece){0, 1, 1};
	watcher->waiting = 0;
	if (watcher->kind == CLIENT_PHOENIX) {
		piece->len = phoenix_next(watcher->phoenix, clients->board->rows, &watcher->next,
					  &watcher->rights, bytes, CLIENTS_PIECE);
		return;
	}
	if (!watcher->replay)
		look_ahead(clients, watcher, mono_us);
	if (watcher->note)
		give_note(watcher, bytes, piece);
	else if (watcher->replay)
		give_stored(clients, watcher, mono_us, bytes, piece);
	else if (watcher->snapshot)
		give_snapshot(watcher, bytes, piece);
	else
		give_frames(clients, watcher, bytes, piece);
	if (piece->len)
		watcher->spoke_mono_us = mono_us;
}

void
clients_judge(struct clients *clients, struct watcher *watcher, int64_t mono_us)
{
	if (watcher->leave || !watcher->waiting ||
	    mono_us - watcher->waiting_mono_us < clients->stalled_us)
		return;
	watcher->leave = "stalled";
	clients->n_dropped++;
}
