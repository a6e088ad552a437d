/*
 * feed - plays ble-ingest and local-store, and the beats of the others, for who listens to them
 *
 *	feed --config FILE [DEVICES HZ [SECONDS]]
 *
 * With numbers it invents DEVICES people in training, each with a running session and HZ
 * values a second, evenly spread, for ever or for SECONDS.  Without, it does what standard input says, a line
 * each, and then answers "ok" or "error ...":
 *
 *	live sample {"device_id": ...}       a message of messages.def as JSON
 *	news session {"id": ...}
 *	raw live sample/g/k/ 93c0            that topic, and bytes that may be no message
 *	skip live sample 3                   the next 3 are lost: they take their numbers only
 *	beat ble-ingest | local-store        one beat; they also come each second
 *	restart local-store                  from now on under another start time
 *	wait live sample/ | wait news session/    until somebody subscribes to that
 */
#include <getopt.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/sig.h"
#include "proto/ids.h"
#include "proto/link.h"
#include "proto/msg_json.h"

enum { LIVE, NEWS, N, N_BEATS = N + 3 };

static const struct conf_key http_keys[] = {
	{"port", CONF_NUMBER, "8081", 1, 65535, NULL, "set by tests/flow/lib.sh, of no use here"},
};

/* The first N also have a link; of the others there are only the beats. */
static const struct process_manual manuals[N_BEATS] = {
	{.name = "ble-ingest", .text = "played by feed"},
	{.name = "local-store", .text = "played by feed"},
	{.name = "sync-worker", .text = "played by feed"},
	{.name = "dedupe-auditor", .text = "played by feed"},
	{.name = "http-api", .text = "played by feed", .keys = http_keys, .n_keys = 1},
};
static const char *const link_names[N] = {"live", "news"};

struct person {
	struct session session;
	struct device device;
	int64_t seq;
	double spo2, pulse, goal;
};

struct feed {
	int signals;
	struct process *process[N_BEATS];
	struct link *links[N];
	struct person *people;
	size_t n_people;
	struct session told[64];  /* by line, the running ones */
	size_t n_told;
	char joined[N][600];      /* who has subscribed and was not waited for: |prefix||prefix| */
	int64_t n[N][100];  /* sent of each message; ours and not link's, so that some can be lost */
};

static void
beat_all(struct feed *me)
{
	int i;

	for (i = 0; i < N_BEATS; i++)
		process_beat(me->process[i], PROCESS_READY, "", "played=1");
}

static int
tell(struct feed *me, int which, const struct message *message, const char *key, const void *msg,
     struct err *err)
{
	struct msg_head head = {message->version, me->process[which]->run,
				++me->n[which][message->index]};
	void *socket = link_socket(me->links[which]);
	static uint8_t frame[1 << 20];
	char topic[200];
	size_t len;
	int n = snprintf(topic, sizeof(topic), "%s/%s/%s/", message->name,
			 me->process[which]->gateway, key);

	if (msg_encode(message, &head, msg, frame, sizeof(frame), &len, err) < 0)
		return -1;
	if (zmq_send(socket, topic, (size_t)n, ZMQ_SNDMORE) < 0 || zmq_send(socket, frame, len, 0) < 0)
		return err_set(err, 0, "%s", zmq_strerror(zmq_errno()));
	return 0;
}

static void
say(struct feed *me, int which, const struct message *message, const char *key, const void *msg)
{
	struct err err;

	if (tell(me, which, message, key, msg, &err) < 0)
		fprintf(stderr, "feed: %s\n", err.text);
}

/* ---- people in training */

static double
noise(void)
{
	return (double)random() / RAND_MAX - 0.5;
}

static void
invent(struct person *p, size_t i, int64_t now)
{
	char local[64];

	msg_clear(&msg_session, &p->session);
	msg_clear(&msg_device, &p->device);
	(void)snprintf(local, sizeof(local), "IHHT_%lld_feed%zu", (long long)(now / 1000), i);
	(void)snprintf(p->session.local_session_id, sizeof(p->session.local_session_id), "%s", local);
	ids_session(local, p->session.id);
	ids_random(p->session.user_id);
	strcpy(p->session.gateway, "test");
	(void)snprintf(p->session.device_id, sizeof(p->session.device_id),
		       "5a:00:00:00:%02zx:%02zx", i / 256, i % 256);
	p->session.status = SESSION_ACTIVE;
	p->session.start_us = now - (int64_t)(i % 7) * 97 * CLOCK_SECOND;
	p->session.session_type = SESSION_TYPE_IHHT;
	p->session.session_subtype = SUBTYPE_TRAINING;
	p->session.current_phase = i % 2 ? PHASE_RECOVERY : PHASE_ALTITUDE;
	p->session.current_cycle = 1 + (int64_t)i % 4;
	p->session.total_cycles = 5;
	p->session.phase_us = now - (int64_t)(i * 37 % 90) * CLOCK_SECOND;
	p->session.hypoxic_duration = 420;
	p->session.hyperoxic_duration = 180;
	p->session.current_altitude_level = p->session.starting_altitude_level = 5 + (int64_t)i % 4;
	p->session.data_source = DATA_SOURCE_MOCK;
	strcpy(p->device.device_id, p->session.device_id);
	(void)snprintf(p->device.name, sizeof(p->device.name), "O2Ring %04zu", 1000 + i);
	strcpy(p->device.kind, "mock");
	p->device.state = DEVICE_STREAMING;
	p->device.since_us = now;
	p->device.rssi = -50 - (int64_t)i % 30;
	p->device.battery = 40 + (int64_t)i * 7 % 60;
	p->device.data_source = DATA_SOURCE_MOCK;
	p->spo2 = 97;
	p->pulse = 68 + (double)(i % 20);
}

static void
announce(struct feed *me)
{
	size_t i;

	for (i = 0; i < me->n_told; i++)
		say(me, NEWS, &msg_session, me->told[i].id, &me->told[i]);

	for (i = 0; i < me->n_people; i++) {
		say(me, NEWS, &msg_session, me->people[i].session.id, &me->people[i].session);
		say(me, LIVE, &msg_device, me->people[i].device.device_id, &me->people[i].device);
	}
}

static void
speak(struct feed *me, struct person *p, double dt)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	strcpy(s.device_id, p->session.device_id);
	s.spool = s.epoch = me->process[LIVE]->run;
	s.pos = 1;
	s.seq = ++p->seq;
	s.taken_us = clock_utc_us();
	p->goal = p->session.current_phase == PHASE_ALTITUDE ? 86 : 98;
	p->spo2 += (p->goal - p->spo2) * dt / 25 + noise() * sqrt(dt) * 0.9;
	p->spo2 = fmin(100, p->spo2);
	p->pulse += (70 + (98 - p->spo2) * 1.6 - p->pulse) * dt / 15 + noise() * sqrt(dt) * 2;
	s.spo2 = round(p->spo2);
	s.heart_rate = round(p->pulse);
	s.perfusion_index = round(30 + noise() * 10) / 10;
	s.data_source = DATA_SOURCE_MOCK;
	say(me, LIVE, &msg_sample, s.device_id, &s);
}

/* Whoever has just subscribed hears the sessions again, as local-store does it. */
static int
next_joined(struct feed *me, int which, char *prefix, size_t size)
{
	size_t len = strlen(me->joined[which]);

	if (!link_joined(me->links[which], prefix, size))
		return 0;
	(void)snprintf(me->joined[which] + len, sizeof(me->joined[which]) - len, "|%s|", prefix);
	if (!*prefix || !strcmp(prefix, "session/"))
		announce(me);
	return 1;
}

static void
greet(struct feed *me)
{
	char prefix[100];
	int i;

	for (i = 0; i < N; i++)
		while (next_joined(me, i, prefix, sizeof(prefix)))
			;
}

static void
train(struct feed *me, double hz, double seconds)
{
	int64_t start = clock_mono_us(), now, step;
	int64_t end = seconds > 0 ? start + (int64_t)(seconds * 1e6) : INT64_MAX;
	zmq_pollitem_t stop = {.fd = me->signals, .events = ZMQ_POLLIN};
	double due = 0;
	size_t i;

	me->people = calloc(me->n_people, sizeof(*me->people));
	for (i = 0; i < me->n_people; i++)
		invent(&me->people[i], i, clock_utc_us());
	step = (int64_t)(1e6 / (hz * (double)me->n_people));
	for (i = 0; (now = clock_mono_us()) < end; ) {
		beat_all(me);
		greet(me);
		for (; due <= (double)(now - start); due += 1e6 / (hz * (double)me->n_people))
			speak(me, &me->people[i++ % me->n_people], 1 / hz);
		if (zmq_poll(&stop, 1, step > 1000 ? 1 : step > 0) > 0)
			return;
	}
}

/* ---- by the line */

static int
which_of(const char *name)
{
	return !strcmp(name, "live") || !strcmp(name, "ble-ingest") ? LIVE : NEWS;
}

static const char *
key_of(const struct message *m, const void *msg)
{
	static const char *const names[] = {"device_id", "session_id", "id", NULL};
	const char *const *name;
	int i;

	for (name = names; *name; name++)
		for (i = 0; i < m->n_fields; i++)
			if (!strcmp(m->fields[i].name, *name))
				return msg_str(&m->fields[i], msg);
	return "all";
}

static void
remember(struct feed *me, const struct session *session)
{
	size_t i;

	for (i = 0; i < me->n_told && strcmp(me->told[i].id, session->id); i++)
		;
	if (session->status == SESSION_ACTIVE && i < sizeof(me->told) / sizeof(me->told[0])) {
		me->told[i] = *session;
		me->n_told += i == me->n_told;
	} else if (i < me->n_told) {
		me->told[i] = me->told[--me->n_told];
	}
}

static int
send_json(struct feed *me, int which, const char *name, const char *text, struct err *err)
{
	static _Alignas(16) uint8_t msg[1 << 20];
	const struct message *m = msg_find(name, strlen(name));
	json_t *object = json_loads(text, 0, NULL);
	int r = -1;

	if (!m || !object)
		err_set(err, 0, "%s: no such message or not JSON", name);
	else if (msg_from_json(m, object, NULL, msg, err) == 0) {
		if (m == &msg_session)
			remember(me, (const struct session *)msg);
		r = tell(me, which, m, key_of(m, msg), msg, err);
	}
	json_decref(object);
	return r;
}

static int
send_raw(struct feed *me, int which, const char *topic, const char *hex, struct err *err)
{
	void *socket = link_socket(me->links[which]);
	uint8_t bytes[1000];
	unsigned byte;
	size_t n;

	for (n = 0; n < sizeof(bytes) && sscanf(hex + 2 * n, "%2x", &byte) == 1; n++)
		bytes[n] = (uint8_t)byte;
	if (zmq_send(socket, topic, strlen(topic), ZMQ_SNDMORE) < 0 ||
	    zmq_send(socket, bytes, n, 0) < 0)
		return err_set(err, 0, "%s", zmq_strerror(zmq_errno()));
	return 0;
}

static int
lose(struct feed *me, int which, const char *name, int n, struct err *err)
{
	const struct message *m = msg_find(name, strlen(name));

	if (!m)
		return err_set(err, 0, "%s: no such message", name);
	me->n[which][m->index] += n;
	return 0;
}

static int
reopen(struct feed *me, int which, struct err *err)
{
	link_close(&me->links[which]);
	me->process[which]->run = clock_utc_us();
	memset(me->n[which], 0, sizeof(me->n[which]));
	me->joined[which][0] = 0;
	me->process[which]->beat_us = 0;
	me->links[which] = link_open(me->process[which], link_names[which], LINK_OUT, err);
	return me->links[which] ? 0 : -1;
}

static int
wait_for(struct feed *me, int which, const char *prefix, struct err *err)
{
	zmq_pollitem_t on = {.socket = link_socket(me->links[which]), .events = ZMQ_POLLIN};
	int64_t end = clock_mono_us() + 30 * CLOCK_SECOND;
	char wanted[100], *at;

	(void)snprintf(wanted, sizeof(wanted), "|%s|", prefix);
	while (clock_mono_us() < end) {
		at = strstr(me->joined[which], wanted);
		if (at) {  /* the next wait is for somebody else */
			memmove(at, at + strlen(wanted), strlen(at + strlen(wanted)) + 1);
			return 0;
		}
		beat_all(me);
		(void)zmq_poll(&on, 1, 100);
		greet(me);
	}
	return err_set(err, 0, "nobody subscribed to %s in 30 s", prefix);
}

static int
obey(struct feed *me, char *line, struct err *err)
{
	char verb[20] = "", a[40] = "", b[60] = "";
	int at = 0, at_a = 0;

	(void)sscanf(line, "%19s %39s %n%59s %n", verb, a, &at_a, b, &at);
	if (!strcmp(verb, "live") || !strcmp(verb, "news"))
		return send_json(me, which_of(verb), a, line + at_a, err);
	if (!strcmp(verb, "raw"))
		return send_raw(me, which_of(a), b, line + at, err);
	if (!strcmp(verb, "wait"))
		return wait_for(me, which_of(a), b, err);
	if (!strcmp(verb, "restart"))
		return reopen(me, which_of(a), err);
	if (!strcmp(verb, "skip"))
		return lose(me, which_of(a), b, atoi(line + at), err);
	if (strcmp(verb, "beat"))
		return err_set(err, 0, "%s: no such verb", verb);
	me->process[which_of(a)]->beat_us = 0;
	beat_all(me);
	return 0;
}

static void
listen_to_lines(struct feed *me)
{
	zmq_pollitem_t on[2] = {{.fd = me->signals, .events = ZMQ_POLLIN},
				{.fd = 0, .events = ZMQ_POLLIN}};
	static char line[100000];
	struct err err;

	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (zmq_poll(on, 2, 50) >= 0 && !on[0].revents) {
		beat_all(me);
		greet(me);
		if (!on[1].revents)
			continue;
		if (!fgets(line, sizeof(line), stdin))
			return;
		if (obey(me, line, &err) < 0)
			printf("error %s\n", err.text);
		else
			printf("ok\n");
	}
}

int
main(int argc, char **argv)
{
	struct feed me = {0};
	struct err err = {0};
	int i, exit_code;

	if (argc < 3 || (me.signals = sig_open(&err)) < 0)
		return 1;
	for (i = 0; i < N_BEATS; i++) {
		char *args[] = {argv[0], argv[1], argv[2], NULL};

		optind = 1;
		if (!(me.process[i] = process_open(&manuals[i], 3, args, &exit_code)) ||
		    (i < N && !(me.links[i] = link_open(me.process[i], link_names[i], LINK_OUT, &err)))) {
			fprintf(stderr, "feed: %s\n", err.text);
			return exit_code;
		}
	}
	me.n_people = argc > 4 ? (size_t)atoi(argv[3]) : 0;
	if (me.n_people)
		train(&me, atof(argv[4]), argc > 5 ? atof(argv[5]) : 0);
	else
		listen_to_lines(&me);
	for (i = 0; i < N_BEATS; i++) {
		if (i < N)
			link_close(&me.links[i]);
		process_close(&me.process[i]);
	}
	free(me.people);
	return 0;
}
