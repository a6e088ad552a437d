#include "frames.h"

#include <string.h>

static const struct {
	const char *name;
	const struct message *message;
} types[] = {
	{"sample", &msg_sample},
	{"gap", &msg_gap},
	{"device", &msg_device},
	{"session", &msg_session},
	{"survey", &msg_survey},
	{"event", &msg_event},
	{"phase_stats", &msg_phase_stats},
	{"progression", &msg_progression},
	{"synced", &msg_synced},
	{"alert", &msg_alert},
	{"process", NULL},
	{"hole", NULL},
	{"recalled", NULL},
};
#define N_TYPES (sizeof(types) / sizeof(types[0]))

/* Of use between our processes only. */
static const char *const plumbing[] = {"request_id", "spool", "pos", "hlc", NULL};

uint32_t
frame_type(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < N_TYPES; i++)
		if (strlen(types[i].name) == len && !memcmp(types[i].name, name, len))
			return 1U << i;
	return 0;
}

const char *
frame_name(uint32_t type)
{
	size_t i;

	for (i = 0; i < N_TYPES; i++)
		if (type == 1U << i)
			return types[i].name;
	return "?";
}

const char *
frame_names(void)
{
	return "sample, gap, device, session, survey, event, phase_stats, progression, synced, "
	       "alert, process, hole, recalled";
}

uint32_t
frame_of(const struct message *message)
{
	size_t i;

	for (i = 0; i < N_TYPES; i++)
		if (types[i].message == message)
			return 1U << i;
	return 0;
}

static int
is_plumbing(const char *name)
{
	const char *const *p;

	for (p = plumbing; *p; p++)
		if (!strcmp(*p, name))
			return 1;
	return 0;
}

static void
put_words(struct text *text, const struct words *words, int64_t set)
{
	int i, n = 0;

	text_add(text, "[", 1);
	for (i = 0; i < words->n; i++)
		if (set >> i & 1) {
			text_put(text, n++ ? "," : "");
			text_json(text, words->texts[i]);
		}
	text_add(text, "]", 1);
}

static void
put_value(struct text *text, const struct msg_field *f, const void *msg)
{
	if (f->kind == MSG_SET)
		put_words(text, f->words, msg_int(f, msg));
	else if (msg_absent(f, msg))
		text_put(text, "null");
	else if (f->kind == MSG_INT || f->kind == MSG_OPT)
		text_int(text, msg_int(f, msg));
	else if (f->kind == MSG_REAL)
		text_real(text, msg_real(f, msg));
	else if (f->kind == MSG_WORD)
		text_json(text, words_text(f->words, msg_int(f, msg)));
	else
		text_json(text, msg_str(f, msg));
}

void
frame_fields(struct text *text, const struct message *message, const void *msg)
{
	const struct msg_field *f;

	for (f = message->fields; f < message->fields + message->n_fields; f++) {
		if (is_plumbing(f->name) || f->kind == MSG_BIN)
			continue;
		text_name(text, strcmp(f->name, "seq") ? f->name : "device_seq");
		put_value(text, f, msg);
	}
}

static void
member_opt(struct text *text, const char *name, int64_t value)
{
	if (value != MSG_NONE)
		text_member_int(text, name, value);
}

/* By hand: most frames are samples, and what they lack is left out. */
void
frame_sample(struct text *text, const struct sample *s, const struct session *session)
{
	text_member(text, "device_id", s->device_id);
	text_member_int(text, "device_seq", s->seq);
	text_member(text, "session_id", session ? session->id : "");
	if (session) {
		text_member(text, "user_id", session->user_id);
		text_member(text, "phase", words_text(&words_phase, session->current_phase));
		member_opt(text, "cycle", session->current_phase ? session->current_cycle : MSG_NONE);
		member_opt(text, "altitude_level", session->current_altitude_level);
	}
	text_member_int(text, "taken_us", s->taken_us);
	text_member_real(text, "spo2", s->spo2);
	text_member_real(text, "heart_rate", s->heart_rate);
	text_member(text, "invalid", words_text(&words_invalid, s->invalid));
	if (s->perfusion_index == s->perfusion_index)
		text_member_real(text, "perfusion_index", s->perfusion_index);
	if (s->motion == s->motion)
		text_member_real(text, "motion", s->motion);
	member_opt(text, "signal_strength", s->signal_strength);
	member_opt(text, "status", s->status);
	member_opt(text, "battery", s->battery);
	member_opt(text, "rr", s->rr);
	text_member(text, "data_source", words_text(&words_data_source, s->data_source));
}
