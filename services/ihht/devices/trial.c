/*
 * trial - `devices test`: what one oximeter sends, and what it was understood as
 *
 *	in      live: raw, sample and device of that one
 *
 * Raw notifications are sent only while somebody asks for them; a source without any (mock,
 * replay of rows) shows values alone.
 */
#include <czmq.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "proto/link.h"
#include "proto/msg_json.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define VALUES     10
#define PATIENCE_S 30   /* without a value */
#define MOST_RAW   8    /* notifications shown beside one value: a BCI stream has 25 a second */

struct trial {
	const struct ihht *ihht;
	const char *device_id;
	struct link *live;
	long wanted, n;
	struct raw heard[MOST_RAW];    /* the last ones since the last value */
	size_t n_heard;                /* all of them */
	struct device state;
	json_t *values;                /* --json */
};

static void
hex(const struct raw *raw, char *text)
{
	uint32_t i;

	for (i = 0; i < raw->bytes.len; i++)
		sprintf(text + 3 * i, "%02x ", raw->bytes.bytes[i]);
	text[raw->bytes.len ? 3 * raw->bytes.len - 1 : 0] = 0;
}

/* The i-th of those that are shown. */
static const struct raw *
shown(const struct trial *me, size_t i)
{
	size_t first = me->n_heard > MOST_RAW ? me->n_heard - MOST_RAW : 0;

	return first + i < me->n_heard ? &me->heard[(first + i) % MOST_RAW] : NULL;
}

static void
print_value(const struct trial *me, const struct sample *s)
{
	char text[3 * sizeof(me->heard[0].bytes.bytes) + 1], when[32];
	const struct raw *raw;
	size_t i;

	printf("%s  ", rows_local_time(s->taken_us, when));
	if (s->invalid)
		printf("%-22s", words_text(&words_invalid, s->invalid));
	else
		printf("SpO2 %5.4g  pulse %4.4g", s->spo2, s->heart_rate);
	if (!isnan(s->perfusion_index))
		printf("  PI %.3g", s->perfusion_index);
	if (s->battery != MSG_NONE)
		printf("  battery %lld%%", (long long)s->battery);
	printf("\n");
	if (me->n_heard > MOST_RAW)
		printf("    ... %zu notifications before\n", me->n_heard - MOST_RAW);
	for (i = 0; (raw = shown(me, i)); i++) {
		hex(raw, text);
		printf("    %s\n", text);
	}
	fflush(stdout);
}

static void
add_value(struct trial *me, const struct sample *s)
{
	char text[3 * sizeof(me->heard[0].bytes.bytes) + 1];
	json_t *raws = json_array(), *value = msg_json(&msg_sample, s);
	const struct raw *raw;
	size_t i;

	for (i = 0; (raw = shown(me, i)); i++) {
		hex(raw, text);
		json_array_append_new(raws, json_pack("{ss ss}", "port", raw->port, "bytes", text));
	}
	json_object_set_new(value, "notifications", json_integer((json_int_t)me->n_heard));
	json_object_set_new(value, "raw", raws);
	json_array_append_new(me->values, value);
}

static void
take(struct trial *me, const struct link_frame *frame)
{
	const struct raw *raw = frame->msg;

	if (frame->message == &msg_device) {
		memcpy(&me->state, frame->msg, sizeof(me->state));
	} else if (frame->message == &msg_raw && raw->what == RAW_HEARD) {
		me->heard[me->n_heard++ % MOST_RAW] = *raw;
	} else if (frame->message == &msg_sample) {
		me->n++;
		if (me->ihht->json)
			add_value(me, frame->msg);
		else
			print_value(me, frame->msg);
		me->n_heard = 0;
	}
}

static int
listen_to(struct trial *me, struct err *err)
{
	zmq_pollitem_t on = {.socket = link_socket(me->live), .events = ZMQ_POLLIN};
	int64_t now = clock_mono_us(), until = now + PATIENCE_S * CLOCK_SECOND;
	struct link_frame frame;
	long before = 0;
	int r;

	for (; me->n < me->wanted && now < until; now = clock_mono_us()) {
		if (zmq_poll(&on, 1, clock_until_ms(until, now, 1000)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		while (me->n < me->wanted && (r = link_recv(me->live, &frame, err)) != 0) {
			if (r < 0 && err->code != EBADMSG)
				return -1;
			if (r > 0)
				take(me, &frame);
		}
		if (me->n > before)
			until = clock_mono_us() + PATIENCE_S * CLOCK_SECOND;
		before = me->n;
	}
	return 0;
}

/* Why there were not enough. */
static void
explain(const struct trial *me, const struct verb *verb)
{
	const struct device *d = &me->state;

	fprintf(stderr, "ihht %s: %s: %ld of %ld values, then none for %d s; ", verb->name, me->device_id,
		me->n, me->wanted, PATIENCE_S);
	if (d->state)
		fprintf(stderr, "it is %s%s%s\n", words_text(&words_device_state, d->state),
			*d->kind ? ", kind " : "", d->kind);
	else
		fprintf(stderr, "ble-ingest tells nothing of it: `ihht devices --scan` shows what is around\n");
	if (me->n_heard)
		fprintf(stderr, "%zu notifications came that were no value\n", me->n_heard);
}

static void
subscribe(struct trial *me, const char *gateway)
{
	static const char *const messages[] = {"device", "raw", "sample"};
	char prefix[200];
	size_t i;

	for (i = 0; i < 3; i++) {
		(void)snprintf(prefix, sizeof(prefix), "%s/%s/%s/", messages[i], gateway, me->device_id);
		link_subscribe(me->live, prefix);
	}
}

int
devices_test_run(struct ihht *ihht, const struct verb *verb, int argc, char **argv)
{
	struct trial *me = calloc(1, sizeof(*me));
	struct err err;
	char *end = NULL;
	int code = IHHT_OK;

	ASSERT(me);
	me->ihht = ihht;
	me->values = json_array();
	me->wanted = argc == 2 ? strtol(argv[1], &end, 10) : VALUES;
	if (argc < 1 || argc > 2 || (end && (*end || me->wanted < 1 || me->wanted > 1000000)))
		code = verb_usage(verb, "needs %s", verb->arguments);
	else if (!(me->live = link_open(ihht->process, "live", LINK_IN, &err)))
		code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	if (code == 0) {
		me->device_id = argv[0];
		subscribe(me, ihht->process->gateway);
		if (listen_to(me, &err) < 0)
			code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	}
	if (code == 0 && ihht->json)
		rows_print_json(json_incref(me->values));
	if (code == 0 && me->n < me->wanted) {
		explain(me, verb);
		code = IHHT_UNWELL;
	}
	link_close(&me->live);
	json_decref(me->values);
	free(me);
	return code;
}
