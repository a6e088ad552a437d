/*
 * in_replay - recordings as if they were devices, side by side, in the order of their t_ms
 *
 * A file is a device, named as the file without .csv.  Who a row is does not depend on when
 * or how often it is replayed: epoch is the digest of the file, seq counts its good rows and
 * its gaps (a gap takes the place before the row that ends it), taken_us is `start` + t_ms.
 */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/log.h"
#include "services/ble-ingest/recording.h"
#include "services/ble-ingest/source.h"

#define MOST_FILES 500        /* each is an open file */
#define MOST_US    (MSG_TIME_MAX - RECORDING_MOST_T_MS * 1000)

struct replay_file {
	char id[65];
	struct recording *recording;
	struct recording_row row;    /* the next one */
	int64_t start_us;            /* of t_ms 0 */
	int64_t seq;
	int64_t last_ms;             /* -1: no row yet */
	enum device_state state;
	int is_open;                 /* there is a next row */
};

struct replay {
	struct replay_file *files;
	unsigned n_files;
	unsigned *heap, n_heap;      /* files that have a next row, the earliest first */
	int64_t speed;               /* 0: as fast as it is taken */
	int64_t began_us;            /* clock_mono_us() at the first row; 0 before */
	int64_t first_ms;
	enum data_source data_source;
	uint64_t n_bad;
	unsigned ending;             /* file + 1 whose end is to be told, or 0 */
};

/* ---- the files */

static int
ends_in_csv(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 4 && !strcmp(entry->d_name + len - 4, ".csv");
}

static int
name_device(struct replay_file *f, const char *path, struct err *err)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	size_t len = strlen(base);
	struct device device;

	if (len > 4 && !strcmp(base + len - 4, ".csv"))
		len -= 4;
	msg_clear(&msg_device, &device);
	(void)snprintf(device.device_id, sizeof(device.device_id), "%.*s", (int)len, base);
	if (len >= sizeof(device.device_id) || msg_check(&msg_device, &device, NULL) < 0)
		return err_set(err, EINVAL, "%s: a file's name becomes a device's: 1 to 64 bytes of "
			       "UTF-8", path);
	memcpy(f->id, device.device_id, sizeof(f->id));
	return 0;
}

static int64_t
start_of(const struct recording *rec, int64_t start_us)
{
	if (start_us < 0)
		start_us = recording_changed_us(rec) - recording_last_ms(rec) * 1000;
	return start_us < 0 ? 0 : start_us > MOST_US ? MOST_US : start_us;
}

/* A file that is no recording costs only itself; two of one name cannot be told apart. */
static int
add_file(struct replay *r, const char *path, int64_t start_us, struct err *err)
{
	struct replay_file f = {.last_ms = -1};
	struct err why;
	int64_t bad;
	unsigned i;

	if (name_device(&f, path, &why) < 0 || !(f.recording = recording_open(path, &why))) {
		log_warn("file_refused", "why=\"%s\"", why.text);
		return 0;
	}
	for (i = 0; i < r->n_files && strcmp(r->files[i].id, f.id); i++)
		;
	if (i < r->n_files || r->n_files == MOST_FILES) {
		recording_close(&f.recording);
		if (i < r->n_files)
			return err_set(err, EINVAL, "%s: there is another file named %s.csv; names "
				       "become devices", path, f.id);
		return err_set(err, EMFILE, "more than %d files; replay them in parts", MOST_FILES);
	}
	if ((bad = recording_bad(f.recording, &why)))
		log_warn("rows_skipped", "n=%lld first=\"%s\"", (long long)bad, why.text);
	f.start_us = start_of(f.recording, start_us);
	r->files[r->n_files++] = f;
	return 0;
}

static int
add_folder(struct replay *r, const char *path, int64_t start_us, struct err *err)
{
	struct dirent **entries;
	char name[9000];
	int n = scandir(path, &entries, ends_in_csv, alphasort), i, failed = 0;

	if (n < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (!failed)
			failed = add_file(r, name, start_us, err) < 0;
		free(entries[i]);
	}
	free(entries);
	return failed ? -1 : 0;
}

/* "folder, file, file": relative to ihht.conf as paths are. */
static int
add_all(struct replay *r, const struct conf *conf, int64_t start_us, struct err *err)
{
	char list[4096], path[8192], *rest = list, *name;
	struct stat st;
	int bad;

	(void)snprintf(list, sizeof(list), "%s", conf_text(conf, "files"));
	while ((name = strsep(&rest, ","))) {
		name += strspn(name, " ");
		if (!*name)
			continue;
		(void)snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : conf_folder(conf),
			       *name == '/' ? "" : "/", name);
		if (stat(path, &st) < 0)
			return err_set(err, errno, "ble-ingest/files: %s: %s", path, strerror(errno));
		bad = S_ISDIR(st.st_mode) ? add_folder(r, path, start_us, err)
					  : add_file(r, path, start_us, err);
		if (bad)
			return err_in(err, "ble-ingest/files");
	}
	if (!r->n_files)
		return err_set(err, EINVAL, "ble-ingest/files: no recording there; give a folder of "
			       ".csv files, or a list of files with commas between");
	return 0;
}

/* ---- the earliest row first */

static int
is_before(const struct replay *r, unsigned a, unsigned b)
{
	int64_t x = r->files[a].row.t_ms, y = r->files[b].row.t_ms;

	return x != y ? x < y : a < b;
}

static void
sink(struct replay *r, unsigned at)
{
	unsigned child, file = r->heap[at];

	for (; (child = 2 * at + 1) < r->n_heap; at = child) {
		if (child + 1 < r->n_heap && is_before(r, r->heap[child + 1], r->heap[child]))
			child++;
		if (!is_before(r, r->heap[child], file))
			break;
		r->heap[at] = r->heap[child];
	}
	r->heap[at] = file;
}

static void
read_next(struct replay *r, struct replay_file *f)
{
	int got;

	while ((got = recording_next(f->recording, &f->row, NULL)) < 0)
		r->n_bad++;
	f->is_open = got;
}

static void
fill_heap(struct replay *r)
{
	unsigned i;

	for (i = 0; i < r->n_files; i++) {
		read_next(r, &r->files[i]);
		if (r->files[i].is_open)
			r->heap[r->n_heap++] = i;
	}
	for (i = r->n_heap / 2; i-- > 0;)
		sink(r, i);
	r->first_ms = r->n_heap ? r->files[r->heap[0]].row.t_ms : 0;
}

/* ---- open and close */

static void
replay_close(void **self)
{
	struct replay *r = *self;
	unsigned i;

	if (!r)
		return;
	for (i = 0; i < r->n_files; i++)
		recording_close(&r->files[i].recording);
	free(r->files);
	free(r->heap);
	free(r);
	*self = NULL;
}

static void *
replay_open(const struct conf *conf, struct err *err)
{
	struct replay *r = calloc(1, sizeof(*r));
	void *self = r;
	int64_t start_us = -1;

	ASSERT(r && (r->files = calloc(MOST_FILES, sizeof(*r->files))) &&
	       (r->heap = calloc(MOST_FILES, sizeof(*r->heap))));
	r->speed = conf_number(conf, "speed");
	r->data_source = (enum data_source)words_find(&words_data_source,
						      conf_text(conf, "data-source"));
	if (*conf_text(conf, "start") && (clock_parse(conf_text(conf, "start"), &start_us) < 0 ||
					  start_us < 0 || start_us > MOST_US)) {
		err_set(err, EINVAL, "ble-ingest/start: \"%s\" is not a time such as "
			"2026-11-23T05:06:07Z", conf_text(conf, "start"));
		goto fail;
	}
	if (add_all(r, conf, start_us, err) < 0)
		goto fail;
	fill_heap(r);
	return r;
fail:
	replay_close(&self);
	return NULL;
}

static unsigned
replay_n_devices(const void *self)
{
	return ((const struct replay *)self)->n_files;
}

static const char *
replay_device_id(const void *self, unsigned device)
{
	return ((const struct replay *)self)->files[device].id;
}

/* Rows have their own numbers, and are not missed: nothing to know. */
static void
replay_knew(void *self, unsigned device, int64_t last_us)
{
	(void)self;
	(void)device;
	(void)last_us;
}

static int
replay_can_wait(const void *self)
{
	(void)self;
	return 1;
}

/* ---- values */

static int64_t
replay_wait_us(void *self, const struct source_now *now)
{
	struct replay *r = self;
	int64_t due_us;

	if (r->ending)
		return 0;
	if (!r->n_heap)
		return INT64_MAX;
	if (!r->began_us)
		r->began_us = now->mono_us;
	if (!r->speed)
		return 0;
	due_us = r->began_us + (r->files[r->heap[0]].row.t_ms - r->first_ms) * 1000 / r->speed;
	return due_us > now->mono_us ? due_us - now->mono_us : 0;
}

static void
give_state(const struct replay *r, struct replay_file *f, enum device_state state,
	   const struct source_now *now, struct taken *out)
{
	out->kind = TAKEN_DEVICE;
	out->device = (unsigned)(f - r->files);
	msg_clear(&msg_device, &out->state);
	memcpy(out->state.name, f->id, sizeof(f->id));
	out->state.name[64] = 0;
	(void)snprintf(out->state.kind, sizeof(out->state.kind), "recording");
	out->state.state = f->state = state;
	out->state.since_us = now->utc_us;
	out->state.data_source = r->data_source;
}

static void
give_gap(const struct replay *r, struct replay_file *f, struct taken *out)
{
	int64_t period_ms = recording_period_ms(f->recording);

	out->kind = TAKEN_GAP;
	out->device = (unsigned)(f - r->files);
	msg_clear(&msg_gap, &out->gap);
	out->gap.epoch = recording_epoch(f->recording);
	out->gap.seq = ++f->seq;
	out->gap.from_us = f->start_us + f->last_ms * 1000;
	out->gap.to_us = f->start_us + f->row.t_ms * 1000;
	out->gap.lost = (f->row.t_ms - f->last_ms + period_ms / 2) / period_ms - 1;
	out->gap.reason = GAP_SOURCE_GAP;
	f->last_ms = -1;  /* told */
}

static void
give_row(struct replay *r, struct replay_file *f, struct taken *out)
{
	struct sample *s = &out->sample;

	out->kind = TAKEN_SAMPLE;
	out->device = (unsigned)(f - r->files);
	msg_clear(&msg_sample, s);
	s->epoch = recording_epoch(f->recording);
	s->seq = ++f->seq;
	s->taken_us = f->start_us + f->row.t_ms * 1000;
	s->spo2 = f->row.spo2;
	s->heart_rate = f->row.heart_rate;
	s->motion = f->row.motion;
	s->perfusion_index = f->row.perfusion_index;
	if (isnan(s->spo2) && isnan(s->heart_rate))
		s->invalid = INVALID_UNAVAILABLE;
	s->data_source = r->data_source;
	f->last_ms = f->row.t_ms;
}

static void
next_row(struct replay *r, struct replay_file *f)
{
	read_next(r, f);
	if (!f->is_open) {
		r->ending = r->heap[0] + 1;
		r->heap[0] = r->heap[--r->n_heap];
	}
	if (r->n_heap)
		sink(r, 0);
}

static int
replay_take(void *self, const struct source_now *now, struct taken *out)
{
	struct replay *r = self;
	struct replay_file *f;

	if (r->ending) {
		f = &r->files[r->ending - 1];
		r->ending = 0;
		give_state(r, f, DEVICE_OFF, now, out);
		return 1;
	}
	if (replay_wait_us(r, now))
		return 0;
	f = &r->files[r->heap[0]];
	if (f->state != DEVICE_STREAMING) {
		give_state(r, f, DEVICE_STREAMING, now, out);
	} else if (f->last_ms >= 0 && (f->row.t_ms - f->last_ms) * 2 >
					      recording_period_ms(f->recording) * 3) {
		give_gap(r, f, out);
	} else {
		give_row(r, f, out);
		next_row(r, f);
	}
	return 1;
}

static struct source_counts
replay_counts(const void *self)
{
	const struct replay *r = self;

	return (struct source_counts){.n_bad = r->n_bad, .is_done = !r->n_heap && !r->ending};
}

const struct source source_replay = {
	.name = "replay",
	.open = replay_open,
	.close = replay_close,
	.n_devices = replay_n_devices,
	.device_id = replay_device_id,
	.knew = replay_knew,
	.can_wait = replay_can_wait,
	.wait_us = replay_wait_us,
	.take = replay_take,
	.counts = replay_counts,
};
