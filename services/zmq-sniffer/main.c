/*
 * zmq-sniffer - show what flows between the processes
 *
 *	in      every PUB link: live, news, receipts, beats
 *	out     lines on standard output, or with --record a capture (proto/capture.h)
 *	owns    nothing
 *
 * Promise: it disturbs nothing.  It opens SUB sockets only (a PULL would take messages away
 * from their reader), each with its own queue: when it is too slow, or its output is not
 * read, its own messages are dropped, counted and told, and nobody else's.  It sends no
 * beat, so any number may run.
 *
 * A frame that cannot be decoded is shown with the reason.  A link without a sender is told
 * once and waited for.  What is asked for stands in options.h and filter.h; a line is made
 * by print.h.
 */
#include <czmq.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/sig.h"
#include "services/zmq-sniffer/options.h"
#include "services/zmq-sniffer/print.h"
#include "services/zmq-sniffer/record.h"
#include "services/zmq-sniffer/senders.h"

#define MAX_LINKS 8
#define AT_ONCE   1000              /* messages of one link before the next has its turn */
#define PATIENCE  CLOCK_SECOND      /* before "no sender" */

static const char help[] =
	"zmq-sniffer - show what flows between the processes, and disturb nothing\n"
	"\n"
	"usage: zmq-sniffer [--config FILE] [--link live,news,receipts,beats]\n"
	"                   [--topic PREFIX]... [--where CONDITIONS]... [--json]\n"
	"                   [--count N] [--for SECONDS]\n"
	"       zmq-sniffer --record FILE [--topic raw/GATEWAY/DEVICE/] [--count N] [--for SECONDS]\n"
	"       zmq-sniffer --check | --help | --version\n"
	"\n"
	"  --link LINKS        only these; otherwise every PUB link that can carry the topics\n"
	"  --topic PREFIX      <message>/<gateway>/<device or session>/ begins so; may repeat\n"
	"  --where CONDITIONS  FIELD=VALUE with = != < <= > >=, joined by commas: all must hold\n"
	"                      FIELD= absent, FIELD!= present; times as us or ISO 8601\n"
	"  --json              one JSON object a line\n"
	"  --count N           stop after N messages shown\n"
	"  --for SECONDS       stop after this time; exit code 1 when --count was not reached\n"
	"  --record FILE       keep what oximeters sent, byte by byte, in a new file that\n"
	"                      ble-ingest replays with source = capture; nothing is shown\n"
	"\n"
	"Messages and their fields: docs/reference.md.  raw/ is sent only while somebody asks for\n"
	"it by name: --topic raw/ or --record.  Without --config: $IHHT_CONF, else\n"
	"/etc/ihht/ihht.conf.\n"
	"\n"
	"Examples:\n"
	"  zmq-sniffer --topic sample/ --where 'spo2<85,device_id=mock-001'\n"
	"  zmq-sniffer --topic session/ --topic reply/ --json\n"
	"  zmq-sniffer --link receipts --where outcome=refused --count 1\n"
	"  zmq-sniffer --record ring.capture --for 60\n";

static const struct process_manual manual = {.name = "zmq-sniffer", .text = "a tool"};

struct sniffer {
	int signals;
	struct options options;
	struct process *process;
	struct print print;
	struct record *record;  /* NULL: messages are shown */
	struct tap {
		const char *name;
		struct link *link;
		struct senders *senders;
		uint64_t n_shown, n_missed_told;
	} taps[MAX_LINKS];
	size_t n_taps;
	int64_t n_shown;
	int64_t started_us;     /* clock_mono_us() */
};

static int
is_done(const struct sniffer *me)
{
	return me->options.count && me->n_shown >= me->options.count;
}

static int
open_tap(struct sniffer *me, const struct link_row *row, struct err *err)
{
	struct tap *tap = &me->taps[me->n_taps++];
	size_t i;

	ASSERT(me->n_taps <= MAX_LINKS);
	tap->name = row->name;
	if (!(tap->link = link_open(me->process, row->name, LINK_IN, err)) ||
	    !(tap->senders = senders_open(link_socket(tap->link), row->name, err)))
		return -1;
	for (i = 0; i < me->options.n_topics; i++)
		link_subscribe(tap->link, me->options.topics[i]);
	if (!me->options.n_topics)
		link_subscribe(tap->link, "");
	return 0;
}

static int
attach(struct sniffer *me, struct err *err)
{
	const struct link_row *row;
	size_t i;

	if (me->options.record && !(me->record = record_open(me->options.record, err)))
		return -1;
	for (i = 0; (row = link_row(i)); i++)
		if (options_want(&me->options, row) && open_tap(me, row, err) < 0)
			return -1;
	return 0;
}

static void
detach(struct sniffer *me)
{
	struct tap *tap;

	for (tap = me->taps; tap < me->taps + me->n_taps; tap++) {
		senders_close(&tap->senders);
		link_close(&tap->link);
	}
	record_close(&me->record);
	if (me->process)
		process_close(&me->process);
}

/* Losses of our own: the queue was full.  Nothing else reports them. */
static int
tell_missed(struct sniffer *me, struct tap *tap, struct err *err)
{
	uint64_t missed = link_counts(tap->link)->n_missed;
	char text[100];

	if (missed <= tap->n_missed_told || !options_see_holes(&me->options))
		return 0;
	(void)snprintf(text, sizeof(text), "%s: %llu messages missed; I was too slow", tap->name,
		       (unsigned long long)(missed - tap->n_missed_told));
	fprintf(stderr, "zmq-sniffer: %s\n", text);
	tap->n_missed_told = missed;
	return me->record ? record_remark(me->record, text, err) : 0;
}

static int
show(struct sniffer *me, struct tap *tap, const struct link_frame *frame, struct err *err)
{
	if (!filter_matches(&me->options.filter, frame->message, frame->msg))
		return 0;
	if (!me->record)
		print_message(&me->print, clock_utc_us(), tap->name, frame);
	else if (record_add(me->record, frame->msg, err) < 0)
		return -1;
	tap->n_shown++;
	me->n_shown++;
	return 0;
}

static int
drain(struct sniffer *me, struct tap *tap, struct err *err)
{
	struct link_frame frame = {0};
	int taken, r;

	for (taken = 0; taken < AT_ONCE && !is_done(me); taken++) {
		frame.topic = NULL;
		if (!(r = link_recv(tap->link, &frame, err)))
			break;
		if (r > 0)
			r = show(me, tap, &frame, err);
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r < 0)
			print_bad(&me->print, clock_utc_us(), tap->name, frame.topic, err->text);
	}
	return tell_missed(me, tap, err);
}

static long
wait_ms(const struct sniffer *me, int64_t now)
{
	long ms = 1000;

	if (now < me->started_us + PATIENCE)
		ms = clock_until_ms(me->started_us + PATIENCE, now, ms);
	if (me->options.seconds > 0)
		ms = clock_until_ms(me->started_us + (int64_t)(me->options.seconds * 1e6), now, ms);
	return ms;
}

static int
is_over(const struct sniffer *me, int64_t now)
{
	return is_done(me) || (me->options.seconds > 0 &&
			       now >= me->started_us + (int64_t)(me->options.seconds * 1e6));
}

/* The signal, each link, and each link's coming and going of senders. */
static int
poll_items(const struct sniffer *me, zmq_pollitem_t *on)
{
	size_t i, n = 0;

	on[n++] = (zmq_pollitem_t){.fd = me->signals, .events = ZMQ_POLLIN};
	for (i = 0; i < me->n_taps; i++)
		on[n++] = (zmq_pollitem_t){.socket = link_socket(me->taps[i].link),
					   .events = ZMQ_POLLIN};
	for (i = 0; i < me->n_taps; i++)
		on[n++] = (zmq_pollitem_t){.socket = senders_socket(me->taps[i].senders),
					   .events = ZMQ_POLLIN};
	return (int)n;
}

static int
loop(struct sniffer *me, struct err *err)
{
	enum { SIGNAL, LINKS };
	zmq_pollitem_t on[LINKS + 2 * MAX_LINKS];
	int n = poll_items(me, on);
	int64_t now = me->started_us;
	size_t i;

	/* an output that nobody reads any more (| head) is an end like any other */
	while (!on[SIGNAL].revents && !is_over(me, now) && !ferror(stdout)) {
		if (zmq_poll(on, n, wait_ms(me, now)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		now = clock_mono_us();
		for (i = 0; i < me->n_taps; i++) {
			senders_look(me->taps[i].senders, now >= me->started_us + PATIENCE);
			if (on[LINKS + i].revents && drain(me, &me->taps[i], err) < 0)
				return -1;
		}
		fflush(stdout);
		if (me->record && record_flush(me->record, err) < 0)
			return -1;
	}
	return 0;
}

static void
sum_up(const struct sniffer *me)
{
	const struct link_counts *counts;
	const struct tap *tap;

	for (tap = me->taps; tap < me->taps + me->n_taps; tap++) {
		counts = link_counts(tap->link);
		fprintf(stderr, "zmq-sniffer: %s: shown=%llu received=%llu undecodable=%llu ", tap->name,
			(unsigned long long)tap->n_shown, (unsigned long long)counts->n_received,
			(unsigned long long)counts->n_bad);
		if (options_see_holes(&me->options))
			fprintf(stderr, "missed=%llu\n", (unsigned long long)counts->n_missed);
		else
			fprintf(stderr, "missed=unknown (a part of a topic hides holes)\n");
	}
}

/* 0 go on, else the exit code is set. */
static int
start(struct sniffer *me, int argc, char **argv, int *exit_code)
{
	struct err err;

	*exit_code = 0;
	if (options_read(&me->options, argc, argv, &err) < 0) {
		fprintf(stderr, "zmq-sniffer: %s\nzmq-sniffer --help explains.\n", err.text);
		*exit_code = 2;
		return -1;
	}
	if (me->options.help || me->options.version) {
		fputs(me->options.help ? help : "zmq-sniffer " VERSION "\n", stdout);
		return -1;
	}
	if (!(me->process = process_open_quietly(&manual, me->options.config, &err))) {
		fprintf(stderr, "zmq-sniffer: %s\n", err.text);
		*exit_code = PROCESS_FIX_CONFIG;
		return -1;
	}
	return me->options.only_check ? -1 : 0;
}

int
main(int argc, char **argv)
{
	struct sniffer me = {.print.to = stdout};
	struct err err;
	int exit_code;

	if (start(&me, argc, argv, &exit_code) < 0) {
		detach(&me);
		return exit_code;
	}
	me.print.json = me.options.json;
	me.started_us = clock_mono_us();
	if ((me.signals = sig_open(&err)) < 0 || attach(&me, &err) < 0 || loop(&me, &err) < 0) {
		fprintf(stderr, "zmq-sniffer: %s\n", err.text);
		exit_code = PROCESS_TRY_AGAIN;
	} else {
		sum_up(&me);
		exit_code = me.options.count && !is_done(&me);
	}
	detach(&me);
	return exit_code;
}
