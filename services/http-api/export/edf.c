/*
 * edf - one session as EDF+C: signals on a grid, all else as annotations
 *
 * A data record is one second.  It has as many samples of each signal as the busiest second
 * has readings, mostly one.  A reading takes the sample nearest to its time: there Reading
 * is 1, and Offset ms and Offset us say where in the second it was received, so that nothing
 * is lost to the grid.  Other samples repeat the one before for 5 s at most (Reading 0), so
 * that a viewer draws a line; then, and where a value is missing, they are -1.
 *
 * Annotations: each phase and each stretch of missing values by the readings, and the rows
 * of surveys, events, phase_stats, progression and gaps.
 * Source of the format: edfplus.info, "EDF+ specification".
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "services/http-api/export/edf_notes.h"
#include "services/http-api/export/export.h"

#define HOLD_US      (5 * CLOCK_SECOND)
#define MOST_SAMPLES 1000  /* a second */
#define NO_VALUE     (-1)

struct signal {
	const char *label, *unit, *remark;
	int most;          /* physical; the least is -1 */
	int per_one;       /* digital steps of one unit */
};

enum { SPO2, PULSE, PERFUSION, SIGNAL, BATTERY, INVALID, SOURCE, PHASE, CYCLE, DIAL, READING,
       OFFSET_MS, OFFSET_US, N_SIGNALS };

static const struct signal signals[N_SIGNALS] = {
	[SPO2]      = {"SpO2", "%", "-1 none", 100, 100},
	[PULSE]     = {"Pulse", "bpm", "-1 none", 500, 50},
	[PERFUSION] = {"PerfusionIndex", "%", "-1 none", 100, 100},
	[SIGNAL]    = {"SignalStrength", "", "-1 none, the device's own figure", 1000, 1},
	[BATTERY]   = {"Battery", "%", "-1 none", 100, 1},
	[INVALID]   = {"Invalid", "", "why a value is missing, 0 valid, see annotation `codes`", 100, 1},
	[SOURCE]    = {"DataSource", "", "see annotation `codes`", 100, 1},
	[PHASE]     = {"Phase", "", "see annotation `codes`", 100, 1},
	[CYCLE]     = {"Cycle", "", "-1 none", 100, 1},
	[DIAL]      = {"AltitudeLevel", "", "-1 none, the dial", 100, 1},
	[READING]   = {"Reading", "", "1 a reading, 0 the one before again", 100, 1},
	[OFFSET_MS] = {"Offset ms", "ms", "a reading's time in its second: ms", 1000, 1},
	[OFFSET_US] = {"Offset us", "us", "and us", 1000, 1},
};

struct stretch {  /* of readings that are alike */
	int64_t code, cycle, level, from_us;
	int is_open;
};

struct state {
	int writing;                     /* the second round */
	int64_t start_s, end_s, n;       /* first and last second; readings */
	int64_t second, in_second, most; /* readings in the running second; in the busiest */
	int64_t last_us;
	struct stretch phase, missing;
	struct edf_notes notes;
	size_t note_bytes;               /* of a record */
	struct reading *rows;            /* of the running second */
	struct reading held;
	int16_t *samples;                /* of a record */
};

/* ---- first round: how long, how dense, what to note */

static void
end_phase(struct state *s, int64_t us)
{
	char text[100];

	if (s->phase.is_open && s->phase.code != PHASE_NONE) {
		(void)snprintf(text, sizeof(text), "phase %s", words_text(&words_phase, s->phase.code));
		if (s->phase.cycle != MSG_NONE)
			(void)sprintf(text + strlen(text), " cycle=%lld", (long long)s->phase.cycle);
		if (s->phase.level != MSG_NONE)
			(void)sprintf(text + strlen(text), " level=%lld", (long long)s->phase.level);
		edf_note(&s->notes, s->phase.from_us, us - s->phase.from_us, text);
	}
	s->phase.is_open = 0;
}

static void
end_missing(struct state *s, int64_t us)
{
	char text[60];

	if (s->missing.is_open && s->missing.code != INVALID_NO) {
		(void)snprintf(text, sizeof(text), "missing %s", words_text(&words_invalid, s->missing.code));
		edf_note(&s->notes, s->missing.from_us, us - s->missing.from_us, text);
	}
	s->missing.is_open = 0;
}

static void
note_changes(struct state *s, const struct reading *r)
{
	if (s->phase.is_open && (s->phase.code != r->phase_type || s->phase.cycle != r->cycle_number ||
				 s->phase.level != r->altitude_level))
		end_phase(s, r->taken_us);
	if (!s->phase.is_open)
		s->phase = (struct stretch){r->phase_type, r->cycle_number, r->altitude_level, r->taken_us, 1};
	if (s->missing.is_open && s->missing.code != r->invalid)
		end_missing(s, r->taken_us);
	if (!s->missing.is_open)
		s->missing = (struct stretch){r->invalid, 0, 0, r->taken_us, 1};
}

static void
measure(struct state *s, const struct reading *r)
{
	int64_t second = r->taken_us / CLOCK_SECOND;

	s->in_second = s->n && second == s->second ? s->in_second + 1 : 1;
	s->most = s->in_second > s->most ? s->in_second : s->most;
	s->start_s = second < s->start_s ? second : s->start_s;
	s->end_s = second > s->end_s ? second : s->end_s;
	s->second = second;
	s->last_us = r->taken_us;
	s->n++;
	note_changes(s, r);
}

/* ---- the head */

static void
put_field(struct sink *sink, size_t width, const char *text)
{
	char padded[81];

	(void)snprintf(padded, sizeof(padded), "%-*.*s", (int)width, (int)width, text);
	sink_put(sink, padded, width);
}

static void
put_number(struct sink *sink, size_t width, int64_t number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)number);
	put_field(sink, width, text);
}

static void
put_who_and_when(struct export *x)
{
	static const char months[][4] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP",
					 "OCT", "NOV", "DEC"};
	struct state *s = x->state;
	time_t start = (time_t)s->start_s;
	char text[200], device[20];
	struct tm tm = {0};

	(void)gmtime_r(&start, &tm);
	(void)snprintf(text, sizeof(text), "%s X X X", x->session.user_id);
	put_field(x->sink, 80, text);
	edf_ascii(x->session.device_id, 17, device);
	(void)snprintf(text, sizeof(text), "Startdate %02d-%s-%04d %s X %s", tm.tm_mday, months[tm.tm_mon],
		       tm.tm_year + 1900, x->session.id, device);
	put_field(x->sink, 80, text);
	(void)snprintf(text, sizeof(text), "%02d.%02d.%02d", tm.tm_mday, tm.tm_mon + 1, tm.tm_year % 100);
	put_field(x->sink, 8, text);
	(void)snprintf(text, sizeof(text), "%02d.%02d.%02d", tm.tm_hour, tm.tm_min, tm.tm_sec);
	put_field(x->sink, 8, text);
}

static void
put_head(struct export *x)
{
	struct state *s = x->state;
	struct sink *sink = x->sink;
	int i, n = N_SIGNALS + 1;

	put_field(sink, 8, "0");
	put_who_and_when(x);
	put_number(sink, 8, 256 * (n + 1));
	put_field(sink, 44, "EDF+C");
	put_number(sink, 8, s->end_s - s->start_s + 1);
	put_field(sink, 8, "1");
	put_number(sink, 4, n);
	/* the fields of all signals, one kind after the other; the last signal are the notes */
	for (i = 0; i < n; i++)
		put_field(sink, 16, i < N_SIGNALS ? signals[i].label : "EDF Annotations");
	for (i = 0; i < n; i++)
		put_field(sink, 80, i < N_SIGNALS ? "pulse oximeter" : "");
	for (i = 0; i < n; i++)
		put_field(sink, 8, i < N_SIGNALS ? signals[i].unit : "");
	for (i = 0; i < n; i++)
		put_number(sink, 8, -1);
	for (i = 0; i < n; i++)
		put_number(sink, 8, i < N_SIGNALS ? signals[i].most : 1);
	for (i = 0; i < n; i++)
		put_number(sink, 8, i < N_SIGNALS ? -signals[i].per_one : -32768);
	for (i = 0; i < n; i++)
		put_number(sink, 8, i < N_SIGNALS ? signals[i].most * signals[i].per_one : 32767);
	for (i = 0; i < n; i++)
		put_field(sink, 80, i < N_SIGNALS ? signals[i].remark : "");
	for (i = 0; i < n; i++)
		put_number(sink, 8, i < N_SIGNALS ? s->most : (int64_t)s->note_bytes / 2);
	for (i = 0; i < n; i++)
		put_field(sink, 32, "");
}

/* ---- a record */

static void
put_samples(struct state *s, const struct reading *r, int64_t slot, int is_new)
{
	const double values[N_SIGNALS] = {
		[SPO2] = r->spo2, [PULSE] = r->heart_rate, [PERFUSION] = r->perfusion_index,
		[SIGNAL] = (double)r->signal_strength, [BATTERY] = (double)r->battery,
		[INVALID] = (double)r->invalid, [SOURCE] = (double)r->data_source,
		[PHASE] = (double)r->phase_type, [CYCLE] = (double)r->cycle_number,
		[DIAL] = (double)r->altitude_level, [READING] = is_new,
		[OFFSET_MS] = is_new ? (double)(r->taken_us % CLOCK_SECOND / 1000) : NO_VALUE,
		[OFFSET_US] = is_new ? (double)(r->taken_us % 1000) : NO_VALUE,
	};
	double value;
	int i;

	for (i = 0; i < N_SIGNALS; i++) {
		value = values[i] >= 0 ? fmin(values[i], signals[i].most) : NO_VALUE;  /* NAN, MSG_NONE */
		s->samples[i * s->most + slot] = (int16_t)lrint(value * signals[i].per_one);
	}
}

/* What a viewer draws between readings: what was there, or nothing. */
static void
put_held(struct state *s, int64_t slot)
{
	struct reading nothing;
	int64_t at_us = s->second * CLOCK_SECOND + slot * CLOCK_SECOND / s->most;

	if (s->held.taken_us && at_us - s->held.taken_us <= HOLD_US) {
		put_samples(s, &s->held, slot, 0);
		return;
	}
	msg_clear(&msg_reading, &nothing);
	nothing.invalid = nothing.data_source = nothing.phase_type = NO_VALUE;
	put_samples(s, &nothing, slot, 0);
}

/* Each reading into the sample nearest to its time, none into another's: from the last one
 * backwards, so that there is room. */
static void
choose_slots(const struct state *s, int64_t *slots)
{
	int64_t next = s->most, slot, i;

	for (i = s->in_second - 1; i >= 0; i--) {
		slot = s->rows[i].taken_us % CLOCK_SECOND * s->most / CLOCK_SECOND;
		slot = slot < next ? slot : next - 1;
		slots[i] = next = slot > i ? slot : i;
	}
}

static void
put_notes(struct export *x)
{
	struct state *s = x->state;
	char *block = calloc(1, s->note_bytes), tal[EDF_TAL];
	size_t n, used;

	ASSERT(block);
	used = (size_t)sprintf(block, "+%lld\x14\x14", (long long)(s->second - s->start_s)) + 1;
	while ((n = edf_notes_next(&s->notes, s->start_s * CLOCK_SECOND, tal)) && used + n <= s->note_bytes) {
		memcpy(block + used, tal, n);
		used += n;
		edf_notes_take(&s->notes);
	}
	sink_put(x->sink, block, s->note_bytes);
	free(block);
}

static void
put_record(struct export *x)
{
	struct state *s = x->state;
	int64_t slots[MOST_SAMPLES], slot, next = 0;

	choose_slots(s, slots);
	for (slot = 0; slot < s->most; slot++) {
		if (next == s->in_second || slots[next] != slot) {
			put_held(s, slot);
			continue;
		}
		put_samples(s, &s->rows[next], slot, 1);
		s->held = s->rows[next++];
	}
	sink_put(x->sink, s->samples, sizeof(*s->samples) * (size_t)(s->most * N_SIGNALS));
	put_notes(x);
	s->second++;
	s->in_second = 0;
}

static void
fail(struct export *x, const char *why)
{
	if (!x->sink->err.code)
		(void)err_set(&x->sink->err, EXPORT_CANNOT, "%s", why);
}

static void
write_reading(struct export *x, const struct reading *r)
{
	struct state *s = x->state;
	int64_t second = r->taken_us / CLOCK_SECOND;

	if (second < s->second || second > s->end_s || (second == s->second && s->in_second == s->most)) {
		fail(x, "the session got readings while it was exported; again, please");
		return;
	}
	while (s->second < second)
		put_record(x);
	s->rows[s->in_second++] = *r;
}

/* ---- the rounds */

static void
begin(struct export *x)
{
	(void)x;
}

static void
note_codes(struct export *x, const char *what, const struct words *words)
{
	struct state *s = x->state;
	char text[400];
	size_t n;
	int i;

	n = (size_t)snprintf(text, sizeof(text), "codes %s:", what);
	for (i = 0; i < words->n && n < sizeof(text); i++)
		if (*words->texts[i])
			n += (size_t)snprintf(text + n, sizeof(text) - n, " %d=%s", i, words->texts[i]);
	edf_note(&s->notes, s->start_s * CLOCK_SECOND, -1, text);
}

static void
note_source(struct export *x)
{
	struct state *s = x->state;
	char text[400];

	(void)snprintf(text, sizeof(text), "source device_id=%s gateway=%s data_source=%s local_session_id=%s",
		       x->session.device_id, x->session.gateway,
		       words_text(&words_data_source, x->session.data_source), x->session.local_session_id);
	edf_note(&s->notes, s->start_s * CLOCK_SECOND, -1, text);
	note_codes(x, "Invalid", &words_invalid);
	note_codes(x, "DataSource", &words_data_source);
	note_codes(x, "Phase", &words_phase);
}

static void
session(struct export *x)
{
	struct state *s = x->state;

	if (s->writing)
		return;
	s->start_s = s->end_s = x->session.start_us / CLOCK_SECOND;
	s->most = 1;
}

static void
row(struct export *x, const struct table *table, const void *row)
{
	struct state *s = x->state;

	if (table->message == &msg_reading && s->writing)
		write_reading(x, row);
	else if (table->message == &msg_reading)
		measure(s, row);
	else if (!s->writing)
		edf_note_row(&s->notes, table, &x->session, row);
}

/* So much room a record that all notes are out before the last one. */
static void
begin_writing(struct export *x)
{
	struct state *s = x->state;
	size_t longest, all;

	end_phase(s, s->last_us);
	end_missing(s, s->last_us);
	note_source(x);
	if (s->notes.n_left_out)
		fail(x, "the session has more than 20000 events and stretches of missing values");
	if (s->most > MOST_SAMPLES) {
		fail(x, "the session has more than 1000 readings in one second");
		s->most = MOST_SAMPLES;
	}
	all = edf_notes_sort(&s->notes, &longest);
	s->note_bytes = (32 + longest + all / (size_t)(s->end_s - s->start_s + 1)) / 2 * 2 + 2;
	s->rows = calloc((size_t)s->most, sizeof(*s->rows));
	s->samples = calloc((size_t)s->most * N_SIGNALS, sizeof(*s->samples));
	ASSERT(s->rows && s->samples);
	put_head(x);
	s->second = s->start_s;
	s->in_second = 0;
	s->writing = 1;
}

static void
session_end(struct export *x)
{
	struct state *s = x->state;

	if (!s->writing) {
		begin_writing(x);
		return;
	}
	while (s->second <= s->end_s)
		put_record(x);
}

static void
end(struct export *x)
{
	if (!x->n_sessions)
		fail(x, "EDF+ holds one session, and there is none");
}

static void
release(struct export *x)
{
	struct state *s = x->state;

	edf_notes_release(&s->notes);
	free(s->rows);
	free(s->samples);
}

const struct format format_edf = {
	.name = "edf", .suffix = ".edf", .type = "application/x-edf",
	.purpose = "a session as EDF+ with annotations, for viewers of recordings", .shape = SHAPE_SESSION,
	.twice = 1, .state_size = sizeof(struct state), .begin = begin, .session = session, .row = row,
	.session_end = session_end, .end = end, .release = release};
