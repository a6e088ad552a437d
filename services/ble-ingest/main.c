/*
 * ble-ingest - keep every value the radio delivered until local-store has it on disk
 *
 *	in	a source: bluez (oximeters over Bluetooth), mock (simulated people), replay
 *			(recordings) or capture (what oximeters sent, once more)
 *	in	news      `stored` from local-store
 *	out	samples   to local-store: sample, gap, resume
 *	out	live      to realtime-fanout and zmq-sniffer: sample, gap, device; raw as well
 *			when somebody asks for it
 *	owns	the spool file
 *
 * Promise: a value is in the spool before anybody hears of it, and stays there until
 * local-store has said `stored`.  Killed at any instant, it goes on where it was.
 *
 *	source -> inflow -> spool -+-> live     at once; may be lost, is not waited for
 *	                           +-> samples  go-back-N (window.h): gathered for some ms, sent
 *	                                        again when local-store missed one or is silent
 *
 * While local-store is away the spool fills.  When it is full, a recording waits; values of
 * a device are lost, counted, and told as a gap.
 */
#include <czmq.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fault.h"
#include "common/log.h"
#include "common/sig.h"
#include "proto/link.h"
#include "services/ble-ingest/inflow.h"
#include "services/ble-ingest/out_live.h"
#include "services/ble-ingest/out_samples.h"

#define TAKE_AT_ONCE  1000                 /* values, before the loop looks around again */
#define STALLED_US    (3 * CLOCK_SECOND)   /* without an answer: say so */

static const struct conf_key keys[] = {
	{"source", CONF_WORD, "mock", 0, 0, "bluez|mock|replay|capture", "where values come from"},
	{"spool", CONF_PATH, "spool", 1, 4000, NULL, "file for what is not yet stored"},
	{"spool-bytes", CONF_NUMBER, "67108864", SPOOL_LEAST_BYTES, SPOOL_MOST_BYTES, NULL,
	 "its size; 96 bytes a value"},
	{"gather-ms", CONF_NUMBER, "10", 0, 1000, NULL,
	 "how long values wait for others before they are sent to local-store"},
	{"adapters", CONF_TEXT, "", 0, 400, NULL,
	 "bluez: which, as hci0 or by address, with commas between; empty: all"},
	{"pick", CONF_WORD, "all", 0, 0, "all|first|listed",
	 "bluez: connect to every oximeter, to the first one seen, or to those in allow"},
	{"allow", CONF_TEXT, "", 0, 4000, NULL,
	 "bluez: only these; addresses or names with * for anything, commas between; empty: any"},
	{"deny", CONF_TEXT, "", 0, 4000, NULL, "bluez: never these; as allow"},
	{"silent-seconds", CONF_NUMBER, "15", 1, 3600, NULL,
	 "bluez: connected without a value for so long, it is connected anew"},
	{"retry-seconds", CONF_NUMBER, "60", 1, 3600, NULL,
	 "bluez: the longest pause between two tries to connect"},
	{"retries", CONF_NUMBER, "10", 0, 1000, NULL,
	 "bluez: tries without seeing it, until a device counts as switched off and is waited for"},
	{"devices", CONF_NUMBER, "3", 1, 5000, NULL, "mock: how many"},
	{"rate", CONF_NUMBER, "1", 0, 200, NULL,
	 "mock: values a second of each device; 0 as fast as they are taken"},
	{"samples", CONF_NUMBER, "0", 0, MSG_COUNT, NULL,
	 "mock: values of each device, then silence; 0 for ever"},
	{"seed", CONF_NUMBER, "1", 0, MSG_COUNT, NULL, "mock: another one, other people"},
	{"altitude-seconds", CONF_NUMBER, "420", 1, 7200, NULL, "mock: thin air in each cycle"},
	{"recovery-seconds", CONF_NUMBER, "180", 1, 7200, NULL, "mock: rich air in each cycle"},
	{"files", CONF_TEXT, "", 0, 4000, NULL,
	 "replay: a folder of .csv files, or files with commas between"},
	{"capture", CONF_PATH, "", 0, 4000, NULL,
	 "capture: a file that zmq-sniffer --record has made"},
	{"speed", CONF_NUMBER, "1", 0, 100000, NULL,
	 "replay, capture: times real speed; 0 as fast as they are taken"},
	{"start", CONF_TEXT, "", 0, 40, NULL,
	 "replay: UTC of t_ms 0; empty: the file's own time less its length"},
	{"data-source", CONF_WORD, "manual", 0, 0, "unknown|bluetooth|mock|manual",
	 "replay, capture: how the values are marked"},
};

static const struct process_manual manual = {
	"ble-ingest",
	"keep every value the radio delivered until local-store has it on disk.\n\n"
	"Takes values from a source (bluez, mock, replay, capture), keeps them in a spool file,\n"
	"shows them live and sends them to local-store until it says they are stored.",
	keys, sizeof(keys) / sizeof(keys[0])};

static const struct source *const sources[] = {&source_bluez, &source_mock, &source_replay,
					       &source_capture};

struct ble_ingest {
	int signals;
	struct process *process;
	const struct source *source;
	void *self;                /* of the source */
	struct inflow *inflow;
	struct spool *spool;
	struct out_live live;
	struct out_samples samples;
	struct link *news;
	struct log_often refused, full;
};

/* ---- in */

static struct source_now
look_at_clocks(void)
{
	return (struct source_now){clock_utc_us(), clock_mono_us()};
}

static void
show_raw(struct ble_ingest *me, const struct taken *taken)
{
	struct raw raw = taken->raw;

	(void)snprintf(raw.device_id, sizeof(raw.device_id), "%s",
		       me->source->device_id(me->self, taken->device));
	out_live_raw(&me->live, &raw);
}

static void
put_value(struct ble_ingest *me, const struct taken *taken)
{
	uint64_t n_lost = inflow_counts(me->inflow)->n_lost;
	struct err err;

	if (taken->kind == TAKEN_RAW) {
		show_raw(me, taken);
	} else if (inflow_put(me->inflow, taken, &err) < 0) {
		if (log_often(&me->refused, clock_mono_us()))
			log_warn("value_refused", "n=%llu why=\"%s\"", (unsigned long long)me->refused.n,
				 err.text);
	} else if (taken->kind == TAKEN_DEVICE) {
		out_live_device(&me->live, inflow_device(me->inflow, taken->device));
	} else if (n_lost != inflow_counts(me->inflow)->n_lost &&
		   log_often(&me->full, clock_mono_us())) {
		log_warn("spool_full", "lost=%llu", (unsigned long long)(n_lost + 1));
	}
}

static int
may_take(struct ble_ingest *me)
{
	return !me->source->can_wait(me->self) || !inflow_is_full(me->inflow);
}

static void
take_values(struct ble_ingest *me)
{
	struct source_now now = look_at_clocks();
	struct taken taken;
	int n;

	inflow_look(me->inflow, &now);
	for (n = 0; n < TAKE_AT_ONCE && may_take(me); n++) {
		if (!me->source->take(me->self, &now, &taken))
			break;
		FAULT("ble-ingest.received");
		put_value(me, &taken);
		FAULT("ble-ingest.spooled");
	}
}

static int
hear_news(struct ble_ingest *me, struct err *err)
{
	struct link_frame frame;
	int got;

	while ((got = link_recv(me->news, &frame, err)) != 0) {
		if (got < 0 && err->code != EBADMSG)
			return -1;
		if (got < 0)
			log_warn("frame_dropped", "why=\"%s\"", err->text);
		else if (frame.message == &msg_stored && out_samples_stored(&me->samples, frame.msg, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- how it goes */

static enum process_state
state_of(struct ble_ingest *me, char *why, size_t size)
{
	int64_t waiting = out_samples_waiting(&me->samples);
	int64_t silence_us = out_samples_silence_us(&me->samples);
	struct source_counts counts = me->source->counts(me->self);

	*why = 0;
	if (silence_us > STALLED_US) {
		(void)snprintf(why, size, "local-store has not stored anything for %lld s; %lld values "
			       "wait in the spool%s", (long long)(silence_us / CLOCK_SECOND),
			       (long long)waiting, inflow_is_full(me->inflow) ? ", which is full" : "");
		return PROCESS_WAITING;
	}
	if (counts.waits_for) {
		(void)snprintf(why, size, "%s", counts.waits_for);
		return PROCESS_WAITING;
	}
	if (counts.is_done)
		(void)snprintf(why, size, "%s done, %s", me->source->name,
			       waiting ? "not all stored yet" : "all stored");
	return PROCESS_READY;
}

#define COUNTS                                                                                  \
	"samples_read=%llu samples_sent=%llu samples_resent=%llu samples_acked=%llu "           \
	"samples_waiting=%lld store_wait_s=%.3f "                                               \
	"spool_used_bytes=%llu gaps=%llu invalid=%llu values_lost=%llu values_refused=%llu "    \
	"csv_rows_bad=%llu live_sent=%llu blocked=%llu connects=%llu links_lost=%llu "          \
	"silences=%llu frames_bad=%llu value_age_s=%.1f devices_streaming=%u devices_silent=%u "  \
	"devices_lost=%u devices_refused=%u devices_strange=%u devices_connecting=%u "          \
	"devices_searching=%u"
#define COUNTED(me, in)                                                                         \
	(unsigned long long)(in)->n_samples, (unsigned long long)(me)->samples.window.n_sent,   \
		(unsigned long long)(me)->samples.window.n_resent,                              \
		(unsigned long long)(me)->samples.window.n_acked,                               \
		(long long)out_samples_waiting(&(me)->samples),                                 \
		(double)out_samples_silence_us(&(me)->samples) / (double)CLOCK_SECOND,          \
		(unsigned long long)spool_used_bytes((me)->spool),                              \
		(unsigned long long)(in)->n_gaps, (unsigned long long)(in)->n_invalid,          \
		(unsigned long long)(in)->n_lost, (unsigned long long)(in)->n_refused,          \
		FROM_SOURCE(me, n_bad),                                                         \
		(unsigned long long)(me)->live.n_sent,                                          \
		(unsigned long long)link_counts((me)->samples.link)->n_blocked,                 \
		FROM_SOURCE(me, n_connects), FROM_SOURCE(me, n_links_lost),                     \
		FROM_SOURCE(me, n_silent), FROM_SOURCE(me, n_frames_bad), value_age_s((me)->inflow), \
		inflow_in_state((me)->inflow, DEVICE_STREAMING),                                \
		inflow_in_state((me)->inflow, DEVICE_SILENT),                                   \
		inflow_in_state((me)->inflow, DEVICE_LOST) +                                    \
			inflow_in_state((me)->inflow, DEVICE_OFF),                              \
		inflow_in_state((me)->inflow, DEVICE_REFUSED),                                  \
		inflow_in_state((me)->inflow, DEVICE_STRANGER),                                 \
		inflow_in_state((me)->inflow, DEVICE_CONNECTING),                               \
		inflow_in_state((me)->inflow, DEVICE_SEARCHING)
#define FROM_SOURCE(me, n) (unsigned long long)(me)->source->counts((me)->self).n

static double
value_age_s(const struct inflow *in)
{
	int64_t age_us = inflow_value_age_us(in);

	return age_us < 0 ? -1 : (double)age_us / (double)CLOCK_SECOND;
}

static void
beat(struct ble_ingest *me)
{
	const struct inflow_counts *in = inflow_counts(me->inflow);
	char why[200];
	enum process_state state = state_of(me, why, sizeof(why));

	process_beat(me->process, state, why, COUNTS, COUNTED(me, in));
}

/* ---- attach, loop, detach */

static int
open_spool(struct ble_ingest *me, struct err *err)
{
	const struct conf *conf = me->process->conf;
	const char *path = conf_text(conf, "spool");
	struct spool_found found;

	me->spool = spool_open(path, conf_number(conf, "spool-bytes"), &found, err);
	if (!me->spool)
		return -1;
	if (found.is_damaged)
		log_warn("spool_damaged", "file=\"%s\" why=\"%s\" kept=%lld rest=\"%s.damaged\"", path,
			 found.why, (long long)found.kept, path);
	log_info("spool", "file=\"%s\" new=%d why=\"%s\" waiting=%lld devices=%lld", path,
		 found.is_new, found.is_new ? found.why : "", (long long)found.kept,
		 (long long)found.known);
	return 0;
}

static int
open_source(struct ble_ingest *me, struct err *err)
{
	const char *name = conf_text(me->process->conf, "source");
	size_t i;

	for (i = 0; strcmp(sources[i]->name, name); i++)
		;
	me->source = sources[i];
	me->self = me->source->open(me->process->conf, err);
	return me->self ? 0 : -1;
}

static int
attach(struct ble_ingest *me, struct err *err)
{
	struct process *p = me->process;
	char topic[200];

	if (open_spool(me, err) < 0)
		return PROCESS_TRY_AGAIN;
	if (open_source(me, err) < 0)
		return PROCESS_FIX_CONFIG;
	if (out_live_open(&me->live, p, me->spool, err) < 0 ||
	    out_samples_open(&me->samples, p, me->spool,
			     conf_number(p->conf, "gather-ms") * 1000, err) < 0 ||
	    !(me->news = link_open(p, "news", LINK_IN, err)))
		return PROCESS_TRY_AGAIN;
	(void)snprintf(topic, sizeof(topic), "stored/%s/%lld/", p->gateway,
		       (long long)spool_id(me->spool));
	link_subscribe(me->news, topic);
	me->inflow = inflow_new(me->source, me->self, me->spool);
	return 0;
}

static long
wait_ms(struct ble_ingest *me)
{
	struct source_now now = look_at_clocks();
	int64_t at_us = out_samples_due_us(&me->samples, now.mono_us), us;

	us = may_take(me) ? me->source->wait_us(me->self, &now) : INT64_MAX;
	if (us < INT64_MAX && now.mono_us + us < at_us)
		at_us = now.mono_us + us;
	return clock_until_ms(at_us, now.mono_us, process_beat_in_ms(me->process));
}

static int
loop(struct ble_ingest *me, struct err *err)
{
	enum { SIGNAL, NEWS, LIVE, SOURCE, N };
	zmq_pollitem_t on[N] = {
		[SIGNAL] = {.fd = me->signals, .events = ZMQ_POLLIN},
		[NEWS] = {.socket = link_socket(me->news), .events = ZMQ_POLLIN},
		[LIVE] = {.socket = link_socket(me->live.link), .events = ZMQ_POLLIN},
		[SOURCE] = {.events = ZMQ_POLLIN},
	};
	int n = me->source->fd ? N : SOURCE;

	if (me->source->fd)
		on[SOURCE].fd = me->source->fd(me->self);
	while (!on[SIGNAL].revents) {
		if (zmq_poll(on, n, wait_ms(me)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		if (on[LIVE].revents)
			out_live_greet(&me->live, me->source, me->self, me->inflow);
		if (on[NEWS].revents && hear_news(me, err) < 0)
			return -1;
		take_values(me);
		if (out_live_show(&me->live, me->spool, err) < 0 ||
		    out_samples_send(&me->samples, err) < 0)
			return -1;
		beat(me);
	}
	return 0;
}

static void
detach(struct ble_ingest *me)
{
	inflow_free(&me->inflow);
	link_close(&me->news);
	out_samples_close(&me->samples);
	out_live_close(&me->live);
	if (me->source)
		me->source->close(&me->self);
	spool_close(&me->spool);
	process_close(&me->process);
	if (me->signals >= 0)
		close(me->signals);
}

int
main(int argc, char **argv)
{
	struct ble_ingest me = {0};
	struct err err;
	int code;

	me.signals = sig_open(&err);  /* before the first thread, see common/sig.h */
	if (!(me.process = process_open(&manual, argc, argv, &code))) {
		detach(&me);
		return code;
	}
	if ((code = me.signals < 0 ? PROCESS_TRY_AGAIN : attach(&me, &err))) {
		log_error("cannot_start", "why=\"%s\"", err.text);
		detach(&me);
		return code;
	}
	log_info("ready", "source=%s devices=%u", me.source->name, me.source->n_devices(me.self));
	if (loop(&me, &err) < 0) {
		log_error("stopped", "why=\"%s\"", err.text);
		code = PROCESS_TRY_AGAIN;
	} else {
		log_info("stopped", COUNTS, COUNTED(&me, inflow_counts(me.inflow)));
	}
	detach(&me);
	return code;
}
