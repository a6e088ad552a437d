#include "tests/simulate/ingest.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "services/ble-ingest/inflow.h"
#include "services/ble-ingest/spool_file.h"
#include "services/ble-ingest/window.h"
#include "tests/simulate/net.h"
#include "tests/simulate/truth.h"

#define SPOOL_MOST    (128 * 1024)
#define PAGE          4096
#define PERIOD_US     SECOND_US
#define SEND_AT_ONCE  200

struct ingest {
	struct spool *spool;           /* NULL: killed */
	struct inflow *inflow;
	struct window window;
	int64_t spool_bytes;
	char path[80];
	uint8_t *then;                 /* the spool file as it was written back last */
	size_t then_len;
	struct {
		char id[20];
		int64_t next_us, last_us;  /* mono; utc of the last value */
		bool away;                 /* out of range */
		struct gap gap;
		bool has_gap;
	} devices[N_DEVICES];
	bool silent;
};

/* ---- the source: devices that speak once a second and are out of range now and then */

static unsigned
n_devices(const void *self)
{
	(void)self;
	return N_DEVICES;
}

static const char *
device_id(const void *self, unsigned device)
{
	return ((const struct ingest *)self)->devices[device].id;
}

static void
knew(void *self, unsigned device, int64_t last_us)
{
	((struct ingest *)self)->devices[device].last_us = last_us;
}

static int
can_wait(const void *self)
{
	(void)self;
	return 0;
}

static int64_t
wait_us(void *self, const struct source_now *now)
{
	struct ingest *in = self;
	int64_t first = INT64_MAX;
	int i;

	for (i = 0; i < N_DEVICES && !in->silent; i++)
		if (in->devices[i].next_us < first)
			first = in->devices[i].next_us;
	if (first == INT64_MAX)
		return first;
	return first > now->mono_us ? first - now->mono_us : 0;
}

static void
speak(unsigned device, const struct source_now *now, struct taken *out)
{
	struct value *value = truth_add();

	value->device = (int)device;
	value->taken_us = now->utc_us;
	value->mono_us = now->mono_us;
	value->clock = world->n.clock_steps;
	value->boot = world->n.cuts;
	value->spo2 = (double)(70 + up_to(30));
	value->heart_rate = (double)(50 + up_to(90));
	*out = (struct taken){.kind = TAKEN_SAMPLE, .device = device};
	msg_clear(&msg_sample, &out->sample);
	out->sample.taken_us = value->taken_us;
	out->sample.spo2 = value->spo2;
	out->sample.heart_rate = value->heart_rate;
	out->sample.motion = (double)world->truth->n;
	out->sample.data_source = DATA_SOURCE_MOCK;
	world->n.values++;
}

static int
take(void *self, const struct source_now *now, struct taken *out)
{
	struct ingest *in = self;
	unsigned i;

	for (i = 0; i < N_DEVICES && !in->silent; i++) {
		if (in->devices[i].has_gap) {
			*out = (struct taken){.kind = TAKEN_GAP, .device = i};
			out->gap = in->devices[i].gap;
			in->devices[i].has_gap = false;
			return 1;
		}
		if (in->devices[i].next_us > now->mono_us)
			continue;
		in->devices[i].next_us = now->mono_us + PERIOD_US + up_to(1000) - 500;
		if (one_in(200)) {  /* for some seconds */
			in->devices[i].next_us += up_to(20 * SECOND_US);
			in->devices[i].away = true;
			continue;
		}
		if (in->devices[i].last_us && in->devices[i].away) {
			msg_clear(&msg_gap, &in->devices[i].gap);
			in->devices[i].gap.from_us = in->devices[i].last_us;
			in->devices[i].gap.to_us = now->utc_us;
			in->devices[i].gap.reason = GAP_LINK_LOST;
			in->devices[i].has_gap = now->utc_us >= in->devices[i].last_us;
		}
		in->devices[i].away = false;
		in->devices[i].last_us = now->utc_us;
		speak(i, now, out);
		return 1;
	}
	return 0;
}

static const struct source source = {
	.name = "simulated",
	.n_devices = n_devices,
	.device_id = device_id,
	.knew = knew,
	.can_wait = can_wait,
	.wait_us = wait_us,
	.take = take,
};

/* ---- the spool's file */

static uint8_t *
read_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *bytes;

	if (fd < 0 || fstat(fd, &st) < 0)
		broken("the spool has a file");
	*len = (size_t)st.st_size;
	bytes = malloc(*len + 1);
	if (read(fd, bytes, *len) != st.st_size)
		broken("the spool's file can be read");
	close(fd);
	return bytes;
}

static void
write_file(const char *path, const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		broken("the folder of the simulation takes files (%s)", path);
	close(fd);
}

/* What the kernel has written back by now. */
static void
written_back(struct ingest *in)
{
	free(in->then);
	in->then = read_file(in->path, &in->then_len);
}

static void
cut_power(struct ingest *in, uint8_t *now, size_t len)
{
	union spool_out out;
	int64_t pos;
	size_t at;

	for (pos = spool_acked(in->spool) + 1; pos <= spool_head(in->spool); pos++)
		if (spool_get(in->spool, pos, &out) == &msg_sample)
			truth_of(out.sample.motion)->maybe_lost = true;
	for (at = 0; at < len && at < in->then_len; at += PAGE)
		if (one_in(2))
			memcpy(now + at, in->then + at, len - at < PAGE ? len - at : PAGE);
	now[offsetof(struct spool_head, boot)] ^= 1;  /* the machine is started anew */
}

/* ---- life and death */

void
ingest_start(void)
{
	struct ingest *in = world->ingest;
	struct spool_found found;
	struct err err;
	int i;

	in->spool = spool_open(in->path, in->spool_bytes, &found, &err);
	if (!in->spool)
		broken("a spool opens after any death: %s", err.text);
	for (i = 0; i < N_DEVICES; i++) {
		in->devices[i].next_us = world->mono_us + up_to(PERIOD_US);
		in->devices[i].away = true;
		in->devices[i].has_gap = false;
		in->devices[i].last_us = 0;
	}
	in->inflow = inflow_new(&source, in, in->spool);
	window_init(&in->window, spool_acked(in->spool));
	written_back(in);
}

void
ingest_new(void)
{
	struct ingest *in = calloc(1, sizeof(*in));
	int i;

	world->ingest = in;
	in->spool_bytes = one_in(3) ? SPOOL_LEAST_BYTES + up_to(SPOOL_MOST / 8) : SPOOL_MOST;
	snprintf(in->path, sizeof(in->path), "%s/spool", world->folder);
	(void)unlink(in->path);
	for (i = 0; i < N_DEVICES; i++)
		snprintf(in->devices[i].id, sizeof(in->devices[i].id), "sim-%d", i);
	ingest_start();
}

/* At this instant: what closing would still write is undone. */
void
ingest_kill(bool power)
{
	struct ingest *in = world->ingest;
	size_t len;
	uint8_t *file = read_file(in->path, &len);

	if (power)
		cut_power(in, file, len);
	inflow_free(&in->inflow);
	spool_close(&in->spool);
	write_file(in->path, file, len);
	free(file);
	net_died(INGEST);
}

void
ingest_free(void)
{
	struct ingest *in = world->ingest;

	inflow_free(&in->inflow);
	spool_close(&in->spool);
	(void)unlink(in->path);
	free(in->then);
	free(in);
	world->ingest = NULL;
}

void
ingest_silence(void)
{
	world->ingest->silent = true;
}

bool
ingest_runs(void)
{
	return world->ingest->spool != NULL;
}

int64_t
ingest_waiting(void)
{
	const struct ingest *in = world->ingest;

	return in->spool ? spool_head(in->spool) - spool_acked(in->spool) : 0;
}

/* ---- work */

int64_t
ingest_wake_us(void)
{
	struct ingest *in = world->ingest;
	struct source_now now = {utc_now(), world->mono_us};
	int64_t us, due;

	if (!in->spool)
		return INT64_MAX;
	us = wait_us(in, &now);
	due = window_due_us(&in->window);
	if (in->window.resume || window_next(&in->window, spool_head(in->spool)))
		return world->mono_us;
	us = us == INT64_MAX ? us : world->mono_us + us;
	return us < due ? us : due;
}

static void
take_values(struct ingest *in)
{
	struct source_now now = {utc_now(), world->mono_us};
	uint64_t n_lost;
	struct taken taken;
	struct err err;

	inflow_look(in->inflow, &now);
	while (take(in, &now, &taken)) {
		n_lost = inflow_counts(in->inflow)->n_lost;
		if (inflow_put(in->inflow, &taken, &err) < 0)
			broken("the spool takes what a source gives: %s", err.text);
		if (taken.kind == TAKEN_SAMPLE && inflow_counts(in->inflow)->n_lost != n_lost)
			truth_of(taken.sample.motion)->lost = true;
	}
}

void
ingest_work(void)
{
	struct ingest *in = world->ingest;
	struct resume resume;
	union spool_out out;
	const struct message *message;
	int64_t pos;
	int n;

	take_values(in);
	window_late(&in->window, world->mono_us);
	if (in->window.resume) {
		resume = (struct resume){spool_id(in->spool), in->window.acked + 1};
		net_send(KEEPER, &msg_resume, &resume);
		window_resumed(&in->window);
	}
	for (n = 0; n < SEND_AT_ONCE && (pos = window_next(&in->window, spool_head(in->spool))); n++) {
		message = spool_get(in->spool, pos, &out);
		net_send(KEEPER, message, &out);
		window_sent(&in->window, world->mono_us);
	}
	if (in->window.sent - in->window.acked > WINDOW_SIZE)
		broken("no more than a window of samples is on its way");
	if (spool_used_bytes(in->spool) > in->spool_bytes)
		broken("the spool keeps its size");
	if (one_in(50))
		written_back(in);
}

void
ingest_hear(const struct message *message, const void *msg)
{
	struct ingest *in = world->ingest;
	const struct stored *stored = msg;

	if (message != &msg_stored || !in->spool || stored->spool != spool_id(in->spool))
		return;
	if (stored->upto > spool_head(in->spool))
		broken("nothing is stored that was not sent: %lld of %lld", (long long)stored->upto,
		       (long long)spool_head(in->spool));
	window_stored(&in->window, stored->upto, (int)stored->hole, world->mono_us);
	spool_ack(in->spool, in->window.acked);
}
