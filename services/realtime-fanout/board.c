#include "board.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "frames.h"
#include "phoenix.h"

#define REPEAT_US (3 * CLOCK_SECOND)  /* local-store has this long to tell all its sessions */

int
board_init(struct board *board, int64_t run, size_t frames, size_t bytes, size_t devices)
{
	*board = (struct board){.run = run};
	board->ring = ring_new(frames, bytes);
	board->rows = ring_new(frames, bytes);
	board->state = state_new(devices);
	return board->ring && board->rows && board->state ? 0 : -1;
}

void
board_release(struct board *board)
{
	ring_free(&board->ring);
	ring_free(&board->rows);
	state_free(&board->state);
	text_free(&board->scratch);
}

static const struct place nowhere;
static const struct person nobody;  /* it is of the house, not of a person */

/* `{"seq":N,"type":"..."`: how frames begin. */
static void
begin_event(const struct board *board, struct text *text, uint64_t seq, const char *type,
	    const struct place *seen)
{
	text_put(text, "id: ");
	text_int(text, board->run);
	text_put(text, ".");
	text_int(text, (int64_t)seq);
	if (seen->taken_us) {
		text_put(text, ".");
		place_write(text, seen);
	}
	text_put(text, "\ndata: {");
	text_member_int(text, "seq", (int64_t)seq);
	text_member(text, "type", type);
}

/* `}` and the end of the event; where its JSON lies. */
static void
end_event(struct text *text, uint32_t *json_at, uint32_t *json_len)
{
	const char *json;

	text_put(text, "}\n\n");
	json = memchr(text->bytes, '{', text->len);
	*json_at = (uint32_t)(json - text->bytes);
	*json_len = (uint32_t)text->len - *json_at - 2;
}

/* ---- frames into the ring; between these two the caller writes its members */

static struct text *
begin(struct board *board, uint32_t type)
{
	board->n_frames++;
	if (!board->wanted) {
		ring_skip(board->ring);
		return NULL;
	}
	text_clear(&board->scratch);
	begin_event(board, &board->scratch, ring_next(board->ring), frame_name(type), &nowhere);
	return &board->scratch;
}

static void
put(struct board *board, struct frame frame)
{
	end_event(&board->scratch, &frame.json_at, &frame.json_len);
	frame.text = board->scratch.bytes;
	frame.len = (uint32_t)board->scratch.len;
	ring_put(board->ring, &frame);
}

/* Who wears it now. */
static struct person
wearer(const struct board *board, const char *device)
{
	const struct session *session = state_session_of(board->state, device);

	return person_of(session ? session->user_id : "");
}

static void
end(struct board *board, uint32_t type, const char *device, const char *session,
    struct person person, int64_t mono_us)
{
	put(board, (struct frame){.type = type, .at_us = mono_us, .device = ring_hash(device),
				  .session = ring_hash(session), .person = person,
				  .wearer = *device && person_same(person, nobody) ? wearer(board, device)
										  : person});
}

static const char *
session_id_of(const struct board *board, const char *device)
{
	const struct session *session = state_session_of(board->state, device);

	return session ? session->id : "";
}

static void
put_hole(struct board *board, const char *device, int64_t from, int64_t lost, int64_t mono_us)
{
	struct text *text = begin(board, FRAME_HOLE);

	if (!text)
		return;
	text_member(text, "of", *device ? "device" : "live");
	if (*device) {
		text_member(text, "device_id", device);
		text_member_int(text, "from", from);
		text_member_int(text, "to", from + lost - 1);
	} else {
		text_member_int(text, "lost", lost);
	}
	end(board, FRAME_HOLE, device, session_id_of(board, device),
	    *device ? wearer(board, device) : nobody, mono_us);
}

static void
put_message(struct board *board, const struct message *message, const void *msg,
	    const char *device, const char *session, struct person person, int64_t mono_us)
{
	uint32_t type = frame_of(message);
	struct text *text = begin(board, type);

	if (!text)
		return;
	frame_fields(text, message, msg);
	end(board, type, device, session, person, mono_us);
}

static void
put_process(struct board *board, const struct beat *beat, const char *state, int64_t mono_us)
{
	struct text *text = begin(board, FRAME_PROCESS);

	if (!text)
		return;
	text_member(text, "process", beat->process);
	text_member_int(text, "instance", beat->instance);
	text_member(text, "state", state);
	text_member(text, "why", beat->why);
	end(board, FRAME_PROCESS, "", "", nobody, mono_us);
}

/* ---- messages */

static void
count_on(struct board *board, const char *device, int64_t epoch, int64_t seq, int64_t mono_us)
{
	int64_t from, missing = state_count(board->state, device, epoch, seq, &from);

	if (missing <= 0)
		return;
	board->n_device_holes++;
	put_hole(board, device, from, missing, mono_us);
}

/* What will be a row in Postgres; for nobody who wants it no ring is filled. */
static void
put_row(struct board *board, const struct sample *sample, const struct session *session,
	int64_t mono_us)
{
	struct frame frame = {.at_us = mono_us, .person = person_of(session->user_id)};

	text_clear(&board->scratch);
	phoenix_row(&board->scratch, sample, session, clock_utc_us());
	frame.text = board->scratch.bytes;
	frame.len = (uint32_t)board->scratch.len;
	ring_put(board->rows, &frame);
}

static void
end_sample(struct board *board, uint32_t type, const struct sample *sample,
	   const struct session *session, int64_t mono_us)
{
	struct person person = person_of(session ? session->user_id : "");
	struct frame frame = {.type = type, .at_us = mono_us, .device = ring_hash(sample->device_id),
			      .person = person, .wearer = person};

	if (session) {
		frame.session = ring_hash(session->id);
		frame.value = (struct place){sample->taken_us, sample->seq, frame.device};
	}
	put(board, frame);
}

static void
take_sample(struct board *board, const struct sample *sample, int64_t mono_us)
{
	enum frame_type type = state_is_recalled(board->state, sample) ? FRAME_RECALLED : FRAME_SAMPLE;
	const struct session *session = state_session_of(board->state, sample->device_id);
	struct text *text;

	if (session && sample->taken_us < session->start_us)
		session = NULL;  /* who wore it then is not known here */
	if (session && board->n_want_rows)
		put_row(board, sample, session, mono_us);
	if (type == FRAME_SAMPLE) {
		count_on(board, sample->device_id, sample->epoch, sample->seq, mono_us);
		state_sample(board->state, sample, mono_us);
	}
	if (!(text = begin(board, type)))
		return;
	frame_sample(text, sample, session);
	end_sample(board, type, sample, session, mono_us);
}

static void
take_session(struct board *board, const struct session *session, int64_t mono_us)
{
	if (state_session(board->state, session) < 0)
		board->n_refused++;
	put_message(board, &msg_session, session, session->device_id, session->id,
		    person_of(session->user_id), mono_us);
}

static void
doubt(struct board *board, int64_t mono_us)
{
	state_doubt(board->state);
	board->ask_again = 1;
	board->forget_mono_us = mono_us + REPEAT_US;
}

static void
take_beat(struct board *board, const struct beat *beat, int64_t mono_us)
{
	enum state_change changed = state_beat(board->state, beat, mono_us);

	/* another run: what ended while it was away it may never have told us */
	if (changed == STATE_NEW_RUN && !strcmp(beat->process, "local-store"))
		doubt(board, mono_us);
	if (changed != STATE_SAME)
		put_process(board, beat, words_text(&words_process_state, beat->state), mono_us);
}

static const char *
str_field(const struct message *message, const void *msg, const char *name)
{
	const struct msg_field *f;

	for (f = message->fields; f < message->fields + message->n_fields; f++)
		if (!strcmp(f->name, name))
			return msg_str(f, msg);
	return "";
}

/* The state of an oximeter and an alert are nobody's health data. */
static struct person
concerned(const struct board *board, const struct message *message, const char *device,
	  const char *session)
{
	if (message == &msg_device || message == &msg_alert)
		return nobody;
	return *session ? state_person_of(board->state, session) : wearer(board, device);
}

void
board_take(struct board *board, const struct message *message, const void *msg, int64_t mono_us)
{
	const char *device, *session;

	if (message == &msg_sample) {
		take_sample(board, msg, mono_us);
		return;
	}
	if (message == &msg_beat) {
		take_beat(board, msg, mono_us);
		return;
	}
	if (message == &msg_session) {
		take_session(board, msg, mono_us);
		return;
	}
	if (!frame_of(message))
		return;
	device = str_field(message, msg, "device_id");
	session = str_field(message, msg, "session_id");
	if (message == &msg_gap)
		count_on(board, device, ((const struct gap *)msg)->epoch,
			 ((const struct gap *)msg)->seq, mono_us);
	else if (message == &msg_device)
		state_device(board->state, msg, mono_us);
	else if (message == &msg_synced)
		state_synced(board->state, msg, mono_us);
	else if (message == &msg_alert)
		state_alert(board->state, msg);
	put_message(board, message, msg, *device ? device : state_device_of(board->state, session),
		    *session ? session : session_id_of(board, device),
		    concerned(board, message, device, session), mono_us);
}

void
board_missed(struct board *board, const char *link, uint64_t n_missed, int64_t mono_us)
{
	if (!strcmp(link, "live") && n_missed > board->n_live_missed) {
		put_hole(board, "", 0, (int64_t)(n_missed - board->n_live_missed), mono_us);
		board->n_live_missed = n_missed;
	}
	if (!strcmp(link, "news") && n_missed > board->n_news_missed) {
		doubt(board, mono_us);
		board->n_news_missed = n_missed;
	}
}

void
board_tick(struct board *board, int64_t mono_us)
{
	struct session session;
	struct beat beat;

	while (state_silent(board->state, mono_us, &beat)) {
		beat.why[0] = 0;
		put_process(board, &beat, "silent", mono_us);
	}
	if (!board->forget_mono_us || mono_us < board->forget_mono_us)
		return;
	board->forget_mono_us = 0;
	while (state_forget(board->state, &session)) {
		session.status = SESSION_NONE;  /* over, but how we cannot tell */
		put_message(board, &msg_session, &session, session.device_id, session.id,
			    person_of(session.user_id), mono_us);
	}
}

void
board_snapshot(const struct board *board, const struct state_pick *pick, int64_t utc_us,
	       int64_t mono_us, struct text *text, uint64_t *seq,
	       struct place *seen)
{
	uint32_t at, len;
	char run[24];

	*seq = ring_next(board->ring) - 1;
	(void)snprintf(run, sizeof(run), "%lld", (long long)board->run);
	*seen = nowhere;
	(void)state_latest(board->state, pick, seen);
	begin_event(board, text, *seq, "snapshot", seen);
	text_member(text, "run", run);
	text_member_int(text, "now_us", utc_us);
	if (seen->taken_us) {
		text_name(text, "seen");
		text_put(text, "\"");
		place_write(text, seen);
		text_put(text, "\"");
	}
	state_write(board->state, pick, mono_us, text);
	end_event(text, &at, &len);
}
