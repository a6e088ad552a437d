/*
 * bundles - plays local-store towards sync-worker
 *
 *	bundles --config FILE [--sessions N] [--bundles N] [--rows N] [--resent] [--zstd]
 *	        [--start-us T] [--records] [--end] [--hlc N] [--damage HOW] [--in-flight N]
 *	        [--twice] [--one-user] [--seconds N] [--again SECONDS] [--crate N]
 *
 * Makes --bundles bundles of --rows readings for each of --sessions sessions (session n is
 * always the same one), sends them in turn, each again after --again (1) seconds without
 * receipt, and ends when each has one: a line for each receipt, then a line with the sums and
 * the rate.
 * --damage sends bundles that are wrong in one way, see damage(); with --crate, that sends N
 * in a crate at first, only the first of all, or for `crate` every crate.
 * It binds what local-store binds.
 */
#include <czmq.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/clock.h"
#include "common/hlc.h"
#include "common/log.h"
#include "proto/columns.h"
#include "proto/crate.h"
#include "proto/ids.h"
#include "proto/link.h"
#include "proto/records.h"

#define START_US 1795403600000000

struct options {
	const char *config, *damage;
	int64_t sessions, bundles, rows, start_us, hlc, in_flight, seconds, again, crate;
	int resent, zstd, records, end, twice, one_user;
};

struct parcel {
	ids_uuid id, session_id, user_id;
	int64_t readings, sent_us;
	int done;
	uint32_t records_len, columns_len;
	uint8_t *bytes;
};

struct tool {
	struct options o;
	struct process *process;
	struct link *bundles, *receipts;
	struct parcel *parcels;
	size_t n, next, n_done, n_sent, flying;
	int64_t applied, duplicate, refused, quarantined, added, seen;
	struct bundle bundle;
	struct crate crate;
	struct reading *rows;
};

static void
set_uuid(ids_uuid id, int kind, int64_t n)
{
	(void)snprintf(id, sizeof(ids_uuid), "%08x-0000-4000-8000-%012x", (unsigned)kind,
		       (unsigned)n);
}

static void
make_session(const struct tool *t, int64_t n, struct session *s)
{
	int64_t start = t->o.start_us;

	msg_clear(&msg_session, s);
	(void)snprintf(s->local_session_id, sizeof(s->local_session_id), "IHHT_%lld_%06lld",
		       (long long)start / 1000, (long long)n);
	ids_session(s->local_session_id, s->id);
	set_uuid(s->user_id, 1, t->o.one_user ? 0 : n);
	(void)snprintf(s->gateway, sizeof(s->gateway), "%s", t->process->gateway);
	(void)snprintf(s->device_id, sizeof(s->device_id), "tool-%lld", (long long)n);
	s->status = t->o.end ? SESSION_COMPLETED : SESSION_ACTIVE;
	s->start_us = start + n;
	s->end_us = !t->o.end ? MSG_NONE : start + 3600 * CLOCK_SECOND > MSG_TIME_MAX ? MSG_TIME_MAX
		    : start + 3600 * CLOCK_SECOND;
	s->session_type = SESSION_TYPE_IHHT;
	s->current_phase = PHASE_ALTITUDE;
	s->current_cycle = 1;
	s->data_source = DATA_SOURCE_MOCK;
	s->avg_spo2 = 88.7;
	s->hlc = t->o.hlc;
}

/* A slow wave with some noise, as from an oximeter. */
static void
make_rows(struct tool *t, int64_t session, int64_t first)
{
	struct reading *r;
	int64_t i;

	for (i = 0; i < t->o.rows; i++) {
		r = &t->rows[i];
		msg_clear(&msg_reading, r);
		r->taken_us = t->o.start_us + (first + i) * CLOCK_SECOND + session * 997 % 1000;
		r->epoch = START_US;
		r->seq = first + i + 1;
		r->spo2 = (double)(97 - (first + i) / 7 % 20);
		r->heart_rate = (double)(61 + (first + i) * 13 % 9);
		r->perfusion_index = (double)(50 + (first + i) % 37) / 10;
		r->signal_strength = 80;
		r->battery = 90;
		r->rr = (first + i) % 7 ? MSG_NONE : 1007 | 1012LL << 16 | 998LL << 32;
		r->data_source = DATA_SOURCE_MOCK;
		r->phase_type = PHASE_ALTITUDE;
		r->cycle_number = 1;
		r->altitude_level = 6;
		if ((first + i) % 50 == 49) {
			r->invalid = INVALID_NO_FINGER;
			r->spo2 = r->heart_rate = NAN;
		}
	}
}

static void
add(struct bundle *b, const struct message *message, const void *msg)
{
	struct err err;

	if (records_add(b->records.bytes, sizeof(b->records.bytes), &b->records.len, message, msg,
			&err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
}

/* One of each kind. */
static void
add_records(struct tool *t, const struct session *s)
{
	union {
		struct survey survey;
		struct event event;
		struct phase_stats stats;
		struct progression progression;
		struct gap gap;
	} r;
	int kind;

	for (kind = SURVEY_PRE; kind <= SURVEY_POST; kind++) {
		msg_clear(&msg_survey, &r);
		memcpy(r.survey.session_id, s->id, sizeof(s->id));
		r.survey.kind = kind;
		r.survey.clarity = r.survey.energy = r.survey.stress = kind;
		r.survey.at_us = s->start_us;
		r.survey.hlc = s->hlc;
		if (kind == SURVEY_INTRA) {
			r.survey.phase_number = 1;
			r.survey.sensations = 1 << SENSATION_ZEN | 1 << SENSATION_TINGLING;
			r.survey.spo2_value = 84.5;
		}
		if (kind == SURVEY_POST) {
			r.survey.post_symptoms = 1 << SYMPTOM_RELAXED;
			(void)snprintf(r.survey.notes_post, sizeof(r.survey.notes_post), "it's \"good\"");
		}
		add(&t->bundle, &msg_survey, &r);
	}
	msg_clear(&msg_event, &r);
	memcpy(r.event.session_id, s->id, sizeof(s->id));
	r.event.event_type = EVENT_MASK_LIFT;
	r.event.event_us = s->start_us + CLOCK_SECOND;
	r.event.altitude_phase_number = 1;
	r.event.hlc = s->hlc;
	(void)snprintf(r.event.additional_data, sizeof(r.event.additional_data), "%s",
		       !strcmp(t->o.damage, "json") ? "{no" : "{\"breaths\": 1}");
	ids_event(&r.event, r.event.id);
	add(&t->bundle, &msg_event, &r);
	msg_clear(&msg_phase_stats, &r);
	memcpy(r.stats.session_id, s->id, sizeof(s->id));
	r.stats.phase_type = PHASE_ALTITUDE;
	r.stats.phase_number = 1;
	r.stats.start_us = s->start_us;
	r.stats.end_us = s->start_us + 420 * CLOCK_SECOND;
	r.stats.avg_spo2 = 87.25;
	r.stats.hlc = s->hlc;
	add(&t->bundle, &msg_phase_stats, &r);
	msg_clear(&msg_progression, &r);
	memcpy(r.progression.session_id, s->id, sizeof(s->id));
	memcpy(r.progression.user_id, s->user_id, sizeof(s->user_id));
	r.progression.current_altitude_level = 6;
	r.progression.recommended_altitude_level = 7;
	r.progression.performance = PERFORMANCE_GOOD;
	r.progression.hlc = s->hlc;
	add(&t->bundle, &msg_progression, &r);
	msg_clear(&msg_gap, &r);
	r.gap.spool = r.gap.pos = 1;
	(void)snprintf(r.gap.device_id, sizeof(r.gap.device_id), "%s", s->device_id);
	r.gap.epoch = START_US;
	r.gap.seq = 1;
	r.gap.from_us = s->start_us;
	r.gap.to_us = s->start_us + 5 * CLOCK_SECOND;
	r.gap.reason = GAP_LINK_LOST;
	add(&t->bundle, &msg_gap, &r);
}

/* Before the id is made: what a gateway may do wrong. */
static void
damage(struct tool *t, struct session *s)
{
	if (!strcmp(t->o.damage, "session"))      /* a session's row that is another's */
		set_uuid(s->id, 9, 9);
	if (!strcmp(t->o.damage, "user"))         /* another person's */
		set_uuid(s->user_id, 9, 9);
	if (!strcmp(t->o.damage, "gateway"))      /* another gateway's */
		(void)snprintf(s->gateway, sizeof(s->gateway), "other");
	if (!strcmp(t->o.damage, "subtype"))      /* what only Postgres refuses */
		s->current_altitude_level = 11, s->starting_altitude_level = MSG_NONE;
	if (!strcmp(t->o.damage, "clock"))        /* far ahead of us */
		s->hlc = hlc_next(0, clock_utc_us() + 3600 * CLOCK_SECOND);
}

static void
squeeze(struct parcel *p, uint8_t *bytes, uint32_t *len)
{
	static uint8_t packed[262144];
	size_t n = ZSTD_compress(packed, sizeof(packed), bytes, *len, 3);

	(void)p;
	memcpy(bytes, packed, n);
	*len = (uint32_t)n;
}

static void
make_parcel(struct tool *t, int64_t session, int64_t first, struct parcel *p)
{
	struct bundle *b = &t->bundle;
	struct session s;
	struct err err;
	size_t len = 0;

	make_session(t, session, &s);
	memcpy(p->session_id, s.id, sizeof(s.id));
	memcpy(p->user_id, s.user_id, sizeof(s.user_id));
	if (!t->o.crate || p == t->parcels)
		damage(t, &s);
	b->records.len = 0;
	add(b, &msg_session, &s);
	if (t->o.records)
		add_records(t, &s);
	make_rows(t, session, first);
	if (t->o.rows && columns_pack(&msg_reading, t->rows, (size_t)t->o.rows, b->columns.bytes,
				      sizeof(b->columns.bytes), &len, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	if (!strcmp(t->o.damage, "columns"))      /* bytes turned over */
		b->columns.bytes[len / 2] ^= 0xff, b->columns.bytes[2] = 0xff;
	ids_bundle(t->process->gateway, b->records.bytes, b->records.len, b->columns.bytes, len, p->id);
	if (!strcmp(t->o.damage, "id"))           /* not that of its content */
		set_uuid(p->id, 9, 9);
	b->columns.len = (uint32_t)len;
	if (t->o.zstd) {
		squeeze(p, b->records.bytes, &b->records.len);
		if (len)
			squeeze(p, b->columns.bytes, &b->columns.len);
	}
	p->readings = t->o.rows + !strcmp(t->o.damage, "count");  /* says one too many */
	p->records_len = b->records.len;
	p->columns_len = b->columns.len;
	p->bytes = malloc((size_t)p->records_len + p->columns_len);
	memcpy(p->bytes, b->records.bytes, p->records_len);
	memcpy(p->bytes + p->records_len, b->columns.bytes, p->columns_len);
}

static void
make_parcels(struct tool *t)
{
	int64_t s, i;

	t->n = (size_t)(t->o.sessions * t->o.bundles);
	t->parcels = calloc(t->n, sizeof(*t->parcels));
	t->rows = malloc((size_t)(t->o.rows + 1) * sizeof(*t->rows));
	for (i = 0; i < t->o.bundles; i++)
		for (s = 0; s < t->o.sessions; s++)
			make_parcel(t, s, i * t->o.rows, &t->parcels[i * t->o.sessions + s]);
}

/* 1 when it went out. */
static int
send_parcel(struct tool *t, struct parcel *p)
{
	struct bundle *b = &t->bundle;
	struct err err;
	int r;

	memcpy(b->id, p->id, sizeof(b->id));
	memcpy(b->session_id, p->session_id, sizeof(b->session_id));
	memcpy(b->user_id, p->user_id, sizeof(b->user_id));
	(void)snprintf(b->gateway, sizeof(b->gateway), "%s", t->process->gateway);
	b->fresh = !t->o.resent && !p->sent_us;
	b->readings = p->readings;
	b->packing = t->o.zstd ? PACKING_ZSTD : PACKING_PLAIN;
	b->records.len = p->records_len;
	memcpy(b->records.bytes, p->bytes, p->records_len);
	b->columns.len = p->columns_len;
	memcpy(b->columns.bytes, p->bytes + p->records_len, p->columns_len);
	r = link_send(t->bundles, &msg_bundle, p->session_id, b, &err);
	if (r < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	if (r && !p->sent_us)
		t->flying++;
	if (r)
		p->sent_us = clock_mono_us();
	return r;
}

/* 1 when all of the next n went out. */
static int
send_crate(struct tool *t, size_t n)
{
	struct crate_item items[CRATE_BUNDLES];
	struct parcel *p = t->parcels + t->next;
	struct err err;
	size_t i;

	for (i = 0; i < n; i++)
		items[i] = (struct crate_item){p[i].bytes, p[i].bytes + p[i].records_len, p[i].records_len,
					       p[i].columns_len, p[i].readings, !t->o.resent};
	if (crate_pack(items, n, &t->crate, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		exit(1);
	}
	if (!strcmp(t->o.damage, "crate"))
		t->crate.content.bytes[t->crate.content.len / 2] ^= 0xff;
	if (link_send(t->bundles, &msg_crate, "", &t->crate, &err) <= 0)
		return 0;
	for (i = 0; i < n; i++)
		p[i].sent_us = clock_mono_us();
	t->flying += n;
	t->next += n;
	return 1;
}

static void
send_crates(struct tool *t)
{
	size_t n = (size_t)t->o.crate;

	while (t->next < t->n && t->flying < (size_t)t->o.in_flight)
		if (!send_crate(t, n < t->n - t->next ? n : t->n - t->next))
			return;
}

static void
send_what_may(struct tool *t)
{
	int64_t now = clock_mono_us();
	size_t i;

	if (t->o.crate)
		send_crates(t);
	for (; !t->o.crate && t->next < t->n && t->flying < (size_t)t->o.in_flight; t->next++)
		if (!send_parcel(t, &t->parcels[t->next]) ||
		    (t->o.twice && !send_parcel(t, &t->parcels[t->next])))
			break;
	for (i = 0; i < t->next; i++)
		if (!t->parcels[i].done && now - t->parcels[i].sent_us > t->o.again * CLOCK_SECOND)
			(void)send_parcel(t, &t->parcels[i]);
}

/* A line for each row that Postgres will not take. */
static void
print_quarantined(const struct receipt *r)
{
	struct records rest = {r->quarantined.bytes, r->quarantined.bytes + r->quarantined.len};
	const struct message *message;
	union {
		char room[RECORDS_MAX];
		struct refusal refusal;
	} u;
	char text[400];
	struct err err;

	while (records_next(&rest, &message, &u, &err) > 0) {
		msg_text(message, &u, text, sizeof(text));
		printf("%s\n", text);
	}
}

static void
take_receipt(struct tool *t, const struct receipt *r)
{
	size_t i;

	for (i = 0; i < t->next + 1 && i < t->n; i++)
		if (!strcmp(t->parcels[i].id, r->id) && !t->parcels[i].done)
			break;
	if (t->n <= 100)
		print_quarantined(r);
	if (t->n <= 100)
		printf("%s added=%lld seen=%lld sqlstate=%s text=%s\n",
		       words_text(&words_outcome, r->outcome), (long long)r->added,
		       (long long)r->seen, r->sqlstate, r->text);
	t->applied += r->outcome == OUTCOME_APPLIED;
	t->duplicate += r->outcome == OUTCOME_DUPLICATE;
	t->refused += r->outcome == OUTCOME_REFUSED;
	t->quarantined += r->outcome == OUTCOME_QUARANTINED;
	t->added += r->added;
	t->seen += r->seen;
	if (i < t->n && i <= t->next && !t->parcels[i].done) {
		t->parcels[i].done = 1;
		t->n_done++;
		t->flying--;
	}
}

static void
run(struct tool *t)
{
	int64_t start = 0, end = clock_mono_us() + t->o.seconds * CLOCK_SECOND;
	struct link_frame frame;
	zmq_pollitem_t on = {.socket = link_socket(t->receipts), .events = ZMQ_POLLIN};
	struct err err;
	double s;

	while (t->n_done < t->n && clock_mono_us() < end) {
		send_what_may(t);
		if (!start && t->next)
			start = clock_mono_us();
		(void)zmq_poll(&on, 1, t->next < t->n && t->flying < (size_t)t->o.in_flight ? 1 : 100);
		while (link_recv(t->receipts, &frame, &err) > 0)
			take_receipt(t, frame.msg);
	}
	s = (double)(clock_mono_us() - start) / 1e6;
	printf("bundles=%zu receipted=%zu applied=%lld duplicate=%lld refused=%lld "
	       "quarantined=%lld added=%lld seen=%lld seconds=%.3f readings_per_s=%.0f\n", t->n, t->n_done,
	       (long long)t->applied, (long long)t->duplicate, (long long)t->refused,
	       (long long)t->quarantined, (long long)t->added, (long long)t->seen, s, (double)(t->added + t->seen) / s);
}

static void
read_options(int argc, char **argv, struct options *o)
{
	static const struct option options[] = {
		{"config", 1, NULL, 'c'}, {"sessions", 1, NULL, 's'}, {"bundles", 1, NULL, 'b'},
		{"rows", 1, NULL, 'r'}, {"resent", 0, NULL, 'R'}, {"zstd", 0, NULL, 'z'},
		{"start-us", 1, NULL, 't'}, {"records", 0, NULL, 'e'}, {"end", 0, NULL, 'E'},
		{"hlc", 1, NULL, 'h'}, {"damage", 1, NULL, 'd'}, {"in-flight", 1, NULL, 'f'},
		{"twice", 0, NULL, '2'}, {"one-user", 0, NULL, 'u'}, {"seconds", 1, NULL, 'S'},
		{"again", 1, NULL, 'a'}, {"crate", 1, NULL, 'C'},
		{NULL, 0, NULL, 0}};
	int c;

	*o = (struct options){.config = NULL, .damage = "", .sessions = 1, .bundles = 1, .rows = 500,
			      .start_us = START_US, .hlc = 1 << 16, .in_flight = 8, .seconds = 60, .again = 1};
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		switch (c) {
		case 'c': o->config = optarg; break;
		case 's': o->sessions = atoll(optarg); break;
		case 'b': o->bundles = atoll(optarg); break;
		case 'r': o->rows = atoll(optarg); break;
		case 't': o->start_us = atoll(optarg); break;
		case 'h': o->hlc = atoll(optarg) << 16; break;
		case 'd': o->damage = optarg; break;
		case 'f': o->in_flight = atoll(optarg); break;
		case 'S': o->seconds = atoll(optarg); break;
		case 'a': o->again = atoll(optarg); break;
		case 'C': o->crate = atoll(optarg); break;
		case 'R': o->resent = 1; break;
		case 'z': o->zstd = 1; break;
		case 'e': o->records = 1; break;
		case 'E': o->end = 1; break;
		case '2': o->twice = 1; break;
		case 'u': o->one_user = 1; break;
		default: exit(100);
		}
}

int
main(int argc, char **argv)
{
	static const struct process_manual manual = {"local-store", "a tool", NULL, 0};
	static struct tool t;
	struct err err;

	read_options(argc, argv, &t.o);
	log_open("bundles");
	if (!(t.process = process_open_quietly(&manual, t.o.config, &err)) ||
	    !(t.receipts = link_open(t.process, "receipts", LINK_IN, &err)) ||
	    !(t.bundles = link_open(t.process, "bundles", LINK_OUT, &err))) {
		fprintf(stderr, "bundles: %s\n", err.text);
		return 1;
	}
	link_subscribe(t.receipts, "receipt/");
	make_parcels(&t);
	run(&t);
	link_close(&t.bundles);
	link_close(&t.receipts);
	process_close(&t.process);
	return t.n_done == t.n ? 0 : 1;
}
