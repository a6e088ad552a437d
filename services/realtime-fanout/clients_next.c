/*
 * clients_next - where a watcher begins, and what it gets next
 */
#include <stdlib.h>
#include <string.h>

#include "clients_parts.h"
#include "common/clock.h"
#include "frames.h"
#include "notes.h"

#define SLOW_AGAIN_US (60 * CLOCK_SECOND)  /* too slow twice within this: it has to go */

/* ---- where it begins */

static void
start_anew(struct clients *clients, struct watcher *w, int64_t mono_us)
{
	snapshot_leave(&w->snapshot);
	w->snapshot = snapshot_get(&clients->latest, clients->board, w->query, &w->rights,
				   w->next, mono_us);
	w->snapshot_at = 0;
	w->anew = 0;
	w->next = w->snapshot->seq + 1;
	w->place = w->snapshot->seen;
	w->catching_up = 1;
	w->refresh = 0;
}

static int
is_in_ring(const struct clients *clients, const struct since *resume)
{
	const struct ring *ring = clients->board->ring;
	uint64_t after = resume->seq + 1;
	int was_in_store = !resume->seq && resume->seen.taken_us;

	return resume->run == clients->board->run && !was_in_store && after >= ring_first(ring) &&
	       after <= ring_next(ring);
}

static const char *
why_missed(const struct watcher *w)
{
	return w->missed_from ? "gone" : "restart";
}

static int
wants_values(const struct watcher *w)
{
	return !w->query || w->query->types & FRAME_SAMPLE;
}

void
clients_begin(struct clients *clients, struct watcher *w, const struct since *resume, int64_t mono_us)
{
	const struct board *board = clients->board;

	w->place = resume->seen;
	w->missed_from = 0;
	replay_free(&w->replay);
	snapshot_leave(&w->snapshot);
	if (is_in_ring(clients, resume)) {
		w->next = resume->seq + 1;
		w->catching_up = 1;
		w->refresh |= w->anew;  /* not before it has what it missed */
		w->anew = 0;
		note_resumed(clients, w);
		return;
	}
	if (resume->run == board->run && resume->seq < ring_next(board->ring))
		w->missed_from = resume->seq + 1;
	if (resume->run && resume->seen.taken_us && wants_values(w) && clients->past.store &&
	    (w->replay = replay_new(&resume->seen, mono_us)))
		return;
	start_anew(clients, w, mono_us);
	if (resume->run)
		note_hole(clients, w, w->missed_from, resume->seen.taken_us, why_missed(w));
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
	if (watcher->replay && !watcher->note && !watcher->snapshot_at && !watcher->resume.run)
		return replay_due(watcher->replay, clock_mono_us());
	return watcher->note || watcher->refresh || watcher->snapshot || watcher->anew ||
	       watcher->resume.run || has_lost_its_place(clients, watcher) ||
	       wanted_frame(clients, watcher);
}

/* Too slow, and not for the first time within a while? */
static int
is_too_slow(struct watcher *w, int64_t mono_us)
{
	int again = w->skipped_mono_us && mono_us - w->skipped_mono_us < SLOW_AGAIN_US;

	w->skipped_mono_us = mono_us;
	return again;
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
	if (is_too_slow(w, mono_us)) {
		note_leave(clients, w, "too slow");
		return;
	}
	start_anew(clients, w, mono_us);
	note_hole(clients, w, from, from_us, "slow");
}

/* The same for a client of Supabase, whose protocol knows no snapshots. */
static void
skip_rows_if_slow(struct clients *clients, struct watcher *w, int64_t mono_us)
{
	static const char why[] = "too slow";
	const struct ring *rows = clients->board->rows;
	const struct frame *row = ring_at(rows, w->next);

	if (w->leave || !phoenix_listens(w->phoenix) ||
	    (row ? mono_us - row->at_us <= clients->lag_us : w->next >= ring_first(rows)))
		return;
	if (is_too_slow(w, mono_us)) {
		phoenix_end(w->phoenix, why);
		w->leave = why;
		clients->n_dropped++;
	} else {
		phoenix_skip(w->phoenix, rows, &w->next);
		clients->n_holes++;
	}
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
		snapshot_leave(&w->snapshot);
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
	note_hole(clients, w, w->missed_from, from_us, why_missed(w));
}

/* Is a snapshot due, or has it fallen behind? */
static void
look_ahead(struct clients *clients, struct watcher *w, int64_t mono_us)
{
	if (w->snapshot_at)
		return;
	if (w->resume.run) {
		clients_begin(clients, w, &w->resume, mono_us);
		w->resume.run = 0;
	}
	if (w->replay)
		return;
	if (w->anew || (w->refresh && !has_lost_its_place(clients, w) && !wanted_frame(clients, w)))
		start_anew(clients, w, mono_us);
	if (!w->leave)
		skip_if_slow(clients, w, mono_us);
}

int
clients_is_over(struct clients *clients, struct watcher *watcher)
{
	if (watcher->kind == CLIENT_PHOENIX)
		return watcher->leave && !clients_has(clients, watcher);
	return watcher->leave && !watcher->note && !watcher->snapshot_at;
}

void
clients_next(struct clients *clients, struct watcher *watcher, int64_t mono_us,
	     char bytes[CLIENTS_PIECE], struct piece *piece)
{
	*piece = (struct piece){0, 1, 1};
	watcher->waiting = 0;
	if (watcher->kind == CLIENT_PHOENIX) {
		skip_rows_if_slow(clients, watcher, mono_us);
		piece->len = phoenix_next(watcher->phoenix, clients->board->rows, &watcher->next,
					  &watcher->rights, bytes, CLIENTS_PIECE);
		return;
	}
	look_ahead(clients, watcher, mono_us);
	if (watcher->snapshot_at)
		give_snapshot(watcher, bytes, piece);
	else if (watcher->note)
		give_note(watcher, bytes, piece);
	else if (watcher->replay)
		give_stored(clients, watcher, mono_us, bytes, piece);
	else if (watcher->snapshot)
		give_snapshot(watcher, bytes, piece);
	else
		give_frames(clients, watcher, bytes, piece);
}
