#include "replay.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "frames.h"

#define AGAIN_US  (20 * 1000)         /* when the store has nothing yet */
#define SETTLE_US (3 * CLOCK_SECOND)  /* of a run without values: what was on its way is on disk */
#define LATEST    64

struct replay {
	struct place at;           /* the last value looked at */
	int64_t id;                /* its row; 0: not found yet */
	int64_t rows;
	int64_t from_us;           /* of the value it began after */
	int64_t moved_mono_us, due_mono_us;
	struct {
		int64_t session_no, taken_us;
	} latest[LATEST];          /* of sessions met lately */
};

struct replay *
replay_new(const struct place *seen, int64_t mono_us)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (replay) {
		replay->at = *seen;
		replay->from_us = seen->taken_us;
		replay->moved_mono_us = mono_us;
	}
	return replay;
}

void
replay_free(struct replay **replay)
{
	free(*replay);
	*replay = NULL;
}

int
replay_due(const struct replay *replay, int64_t mono_us)
{
	return mono_us >= replay->due_mono_us;
}

const struct place *
replay_place(const struct replay *replay)
{
	return &replay->at;
}

/* The first value in the ring that should be in the store. */
static const struct frame *
first_kept(const struct ring *ring, uint64_t *seq)
{
	const struct frame *frame;

	for (*seq = ring_first(ring); (frame = ring_at(ring, *seq)); ++*seq)
		if (frame->value.taken_us)
			return frame;
	return NULL;
}

/* Older than what the session already had: it came out of the oximeter's memory. */
static int
is_recalled(struct replay *replay, const struct kept_row *row)
{
	int slot = (int)(row->session_no % LATEST), known;

	known = replay->latest[slot].session_no == row->session_no;
	if (row->sample.taken_us < (known ? replay->latest[slot].taken_us : replay->from_us) &&
	    row->sample.device_us != MSG_NONE)
		return 1;
	replay->latest[slot].session_no = row->session_no;
	replay->latest[slot].taken_us = row->sample.taken_us;
	return 0;
}

/* Sessions that were over before are none of what was missed: they were brought in later. */
static int
is_wanted(const struct replay *replay, const struct replay_eyes *eyes, const struct kept_row *row,
	  uint32_t type)
{
	struct person person = person_of(row->session.user_id);
	struct frame frame = {.type = type, .device = ring_hash(row->sample.device_id),
			      .session = ring_hash(row->session.id), .person = person, .wearer = person};

	if (row->session.end_us != MSG_NONE && row->session.end_us < replay->from_us)
		return 0;
	return rights_may(eyes->rights, frame.person) &&
	       (!eyes->query || query_wants(eyes->query, &frame));
}

/* seq 0: it has no number in this run. */
static void
write_value(const struct replay_house *house, const struct place *place, int as_event,
	    const struct kept_row *row, uint32_t type, struct text *text)
{
	text_clear(text);
	if (as_event) {
		text_put(text, "id: ");
		text_int(text, house->board->run);
		text_put(text, ".0.");
		place_write(text, place);
		text_put(text, "\ndata: ");
	}
	text_put(text, "{");
	text_member_int(text, "seq", 0);
	text_member(text, "type", frame_name(type));
	frame_sample(text, &row->sample, &row->session);
	text_put(text, as_event ? "}\n\n" : "}\n");
}

/* No more rows: either all has been given, or something is still on its way to the disk. */
static enum replay_state
wait_or_end(struct replay *replay, const struct replay_house *house, const struct frame *kept,
	    int64_t mono_us)
{
	replay->due_mono_us = mono_us + AGAIN_US;
	if (!kept && replay->id && clock_utc_us() - house->board->run > SETTLE_US &&
	    state_is_up(house->board->state, "local-store"))
		return REPLAY_DONE;
	return mono_us - replay->moved_mono_us > house->patience_us ? REPLAY_FAILED : REPLAY_GOES_ON;
}

/* 1: it is in the piece, or nothing for this watcher; 0: the piece is full. */
static int
give(struct replay *replay, const struct replay_house *house, const struct replay_eyes *eyes,
     const struct kept_row *row, const struct place *place, struct bytes *to)
{
	static struct text text;
	uint32_t type = is_recalled(replay, row) ? FRAME_RECALLED : FRAME_SAMPLE;

	if (is_wanted(replay, eyes, row, type)) {
		write_value(house, place, eyes->as_events, row, type, &text);
		if (to->len + text.len > to->size)
			return 0;
		memcpy(to->bytes + to->len, text.bytes, text.len);
		to->len += text.len;
	}
	replay->at = *place;
	replay->id = row->id;
	replay->rows++;
	return 1;
}

enum { NO_MORE, FULL, MET };

/* -1 and err. */
static int
give_rows(struct replay *replay, const struct replay_house *house, const struct replay_eyes *eyes,
	  const struct frame *kept, struct bytes *to, struct err *err)
{
	struct kept_row row;
	struct place place;
	int r, n = 0, met = 0;

	if (in_store_seek(house->store, replay->id, REPLAY_ROWS, err) < 0)
		return -1;
	while ((r = in_store_next(house->store, &row, err)) > 0) {
		place = (struct place){row.sample.taken_us, row.sample.seq, ring_hash(row.sample.device_id)};
		met = kept && place_same(&place, &kept->value);
		if (met || !give(replay, house, eyes, &row, &place, to))
			break;
		n++;
	}
	in_store_rest(house->store);
	return r < 0 ? -1 : met ? MET : r > 0 || n == REPLAY_ROWS ? FULL : NO_MORE;
}

enum replay_state
replay_next(struct replay *replay, const struct replay_house *house, const struct replay_eyes *eyes,
	    int64_t mono_us, struct bytes *to, uint64_t *next)
{
	struct err err = {0};
	const struct frame *kept = first_kept(house->board->ring, next);
	int64_t before = replay->rows;
	int r;

	if (!replay->id) {
		r = in_store_find(house->store, &replay->at, &replay->id, &err);
		if (r > 0)
			return REPLAY_BEGINS;
	} else {
		r = give_rows(replay, house, eyes, kept, to, &err);
	}
	if (replay->rows != before)
		replay->moved_mono_us = mono_us;
	if (!kept)
		*next = ring_first(house->board->ring);
	if (r == MET)
		return REPLAY_DONE;
	if ((r < 0 && err.code != EAGAIN) || replay->rows > house->most_rows)
		return REPLAY_FAILED;
	return r == FULL ? REPLAY_GOES_ON : wait_or_end(replay, house, kept, mono_us);
}
