/*
 * sink - plays local-store for ble-ingest: takes `samples`, says `stored` on `news`
 *
 *	sink --config FILE
 *
 * As local-store does, it accepts what follows what it has, says where it missed something,
 * and remembers both over its death.  The environment makes it misbehave:
 *
 *	SINK_OUT=FILE     a line for each accepted record, a dot at its end; what is acknowledged
 *	                  is in it
 *	SINK_DROP=N       one frame in N is lost unseen
 *	SINK_ACK_MS=N     how often it says `stored` (5)
 *	SINK_DEAF=1       it never answers
 *	SINK_MUTE_HOLES=1 it does not say when it missed something
 *	SINK_END=N        after N records: say how long they took, and end
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/sig.h"
#include "proto/link.h"

#define MOST_SPOOLS 64

static const struct process_manual manual = {.name = "local-store", .text = "played by sink"};

struct sink {
	int signals;
	struct process *process;
	struct link *samples, *news;
	FILE *out;
	int memory;                         /* of spools, over a kill */
	struct stored spools[MOST_SPOOLS];  /* hole: to be said */
	int is_known[MOST_SPOOLS], is_news[MOST_SPOOLS], n_spools;
	long drop, ack_ms, end, deaf, mute;
	unsigned seed;
	int64_t began_us;
	uint64_t n_accepted, n_known, n_ahead, n_dropped;
};

static long
setting(const char *name, long fallback)
{
	const char *value = getenv(name);

	return value && *value ? atol(value) : fallback;
}

static int
spool_at(struct sink *me, int64_t spool)
{
	int i;

	for (i = 0; i < me->n_spools; i++)
		if (me->spools[i].spool == spool)
			return i;
	ASSERT(i < MOST_SPOOLS);
	me->n_spools++;
	me->spools[i] = (struct stored){.spool = spool};
	return i;
}

static void
print(struct sink *me, const struct message *message, const void *msg)
{
	const struct sample *s = msg;
	const struct gap *g = msg;

	if (!me->out)
		return;
	if (message == &msg_sample)
		fprintf(me->out, "%s %lld %lld sample %lld %.10g %.10g %s %s .\n", s->device_id,
			(long long)s->epoch, (long long)s->seq, (long long)s->taken_us, s->spo2,
			s->heart_rate, s->invalid ? words_text(&words_invalid, s->invalid) : "valid",
			words_text(&words_data_source, s->data_source));
	else
		fprintf(me->out, "%s %lld %lld gap %lld %lld %lld %s .\n", g->device_id,
			(long long)g->epoch, (long long)g->seq, (long long)g->from_us,
			(long long)g->to_us, (long long)g->lost,
			words_text(&words_gap_reason, g->reason));
}

static void
take_resume(struct sink *me, const struct resume *resume)
{
	int i = spool_at(me, resume->spool);

	if (!me->is_known[i] || resume->from > me->spools[i].upto + 1)
		me->spools[i].upto = resume->from - 1;
	me->is_known[i] = me->is_news[i] = 1;
}

/* sample and gap begin alike. */
static void
take_record(struct sink *me, const struct message *message, const struct sample *s)
{
	int i = spool_at(me, s->spool);
	struct stored *of = &me->spools[i];

	me->is_news[i] = 1;
	if (!me->is_known[i] || s->pos > of->upto + 1) {
		of->hole = 1;
		me->n_ahead++;
	} else if (s->pos <= of->upto) {
		me->n_known++;
	} else {
		print(me, message, s);
		of->upto = s->pos;
		if (!me->n_accepted++)
			me->began_us = clock_mono_us();
	}
}

static void
take_all(struct sink *me)
{
	struct link_frame frame;
	struct err err;
	int got, n;

	for (n = 0; n < 5000 && (got = link_recv(me->samples, &frame, &err)) != 0; n++) {
		if (got < 0)
			log_warn("bad_frame", "why=\"%s\"", err.text);
		else if (me->drop && rand_r(&me->seed) % me->drop == 0)
			me->n_dropped++;
		else if (frame.message == &msg_resume)
			take_resume(me, frame.msg);
		else
			take_record(me, frame.message, frame.msg);
	}
}

static void
answer(struct sink *me)
{
	char key[32];
	int i;

	if (me->out)
		fflush(me->out);
	if (me->memory >= 0 && pwrite(me->memory, me->spools, sizeof(me->spools), 0) < 0)
		log_warn("no_memory", "why=\"the file cannot be written\"");
	for (i = 0; i < me->n_spools; i++) {
		if (!me->is_news[i] || me->deaf)
			continue;
		me->is_news[i] = 0;
		me->spools[i].hole = me->spools[i].hole && !me->mute;
		(void)snprintf(key, sizeof(key), "%lld", (long long)me->spools[i].spool);
		(void)link_send(me->news, &msg_stored, key, &me->spools[i], NULL);
		me->spools[i].hole = 0;
	}
}

static void
remember(struct sink *me)
{
	char name[4096];

	me->memory = -1;
	if (!getenv("SINK_OUT"))
		return;
	ASSERT((me->out = fopen(getenv("SINK_OUT"), "a")));
	if (fseek(me->out, 0, SEEK_END) == 0 && ftell(me->out) > 0)
		fputc('\n', me->out);  /* ends the line we were killed in */
	(void)snprintf(name, sizeof(name), "%s.memory", getenv("SINK_OUT"));
	ASSERT((me->memory = open(name, O_RDWR | O_CREAT, 0600)) >= 0);
	if (pread(me->memory, me->spools, sizeof(me->spools), 0) != sizeof(me->spools))
		return;
	for (; me->n_spools < MOST_SPOOLS && me->spools[me->n_spools].spool; me->n_spools++) {
		me->is_known[me->n_spools] = 1;
		me->spools[me->n_spools].hole = 0;
	}
}

static void
loop(struct sink *me)
{
	enum { SIGNAL, SAMPLES, N };
	zmq_pollitem_t on[N] = {
		[SIGNAL] = {.fd = me->signals, .events = ZMQ_POLLIN},
		[SAMPLES] = {.socket = link_socket(me->samples), .events = ZMQ_POLLIN},
	};
	int64_t answer_us = 0, now_us;

	while (!on[SIGNAL].revents && !(me->end && me->n_accepted >= (uint64_t)me->end)) {
		(void)zmq_poll(on, N, me->ack_ms);
		if (on[SAMPLES].revents)
			take_all(me);
		now_us = clock_mono_us();
		if (now_us >= answer_us) {
			answer(me);
			answer_us = now_us + me->ack_ms * 1000;
		}
		process_beat(me->process, PROCESS_READY, "", "samples_accepted=%llu",
			     (unsigned long long)me->n_accepted);
	}
	answer(me);
}

int
main(int argc, char **argv)
{
	struct sink me = {.seed = (unsigned)getpid()};
	struct err err = {0, ""};
	double took_s;
	int code;

	me.signals = sig_open(&err);
	if (!(me.process = process_open(&manual, argc, argv, &code)))
		return code;
	me.drop = setting("SINK_DROP", 0);
	me.ack_ms = setting("SINK_ACK_MS", 5);
	me.end = setting("SINK_END", 0);
	me.deaf = setting("SINK_DEAF", 0);
	me.mute = setting("SINK_MUTE_HOLES", 0);
	remember(&me);
	if (!(me.news = link_open(me.process, "news", LINK_OUT, &err)) ||
	    !(me.samples = link_open(me.process, "samples", LINK_IN, &err))) {
		log_error("cannot_start", "why=\"%s\"", err.text);
		return PROCESS_TRY_AGAIN;
	}
	log_info("ready", "drop=%ld", me.drop);
	loop(&me);
	took_s = (double)(clock_mono_us() - me.began_us) / 1e6;
	log_info("stopped", "accepted=%llu known=%llu ahead=%llu dropped=%llu took_s=%.3f rate=%.0f",
		 (unsigned long long)me.n_accepted, (unsigned long long)me.n_known,
		 (unsigned long long)me.n_ahead, (unsigned long long)me.n_dropped, took_s,
		 (double)me.n_accepted / took_s);
	if (me.out)
		fclose(me.out);
	if (me.memory >= 0)
		close(me.memory);
	link_close(&me.samples);
	link_close(&me.news);
	process_close(&me.process);
	close(me.signals);
	return 0;
}
