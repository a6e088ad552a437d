#include "services/ble-ingest/devices/ring_files.h"

#include <stdio.h>

#include "common/clock.h"
#include "services/ble-ingest/devices/measure.h"
#include "services/ble-ingest/devices/reader.h"
#include "services/ble-ingest/devices/wall.h"

#define MOST_TRIES 3  /* of opening a file, and of reading it whole */
#define MOST_BYTES (VLD_HEAD + VLD_RECORD * (uint64_t)VLD_MOST_RECORDS)

/* ---- which file */

static int64_t
name_us(const char *name)
{
	int y, mo, d, h, mi, s;

	if (strspn(name, "0123456789") != RING_FILES_NAME ||
	    sscanf(name, "%4d%2d%2d%2d%2d%2d", &y, &mo, &d, &h, &mi, &s) != 6)
		return WALL_NONE;
	return wall_us(y, mo, d, h, mi, s);
}

/* What is known of it from the list before. */
static void
name_file(struct ring_file *file, const char *name, size_t len, const struct ring_file *old,
	  unsigned n_old)
{
	*file = (struct ring_file){.local_us = WALL_NONE};
	if (len != RING_FILES_NAME)
		return;
	memcpy(file->name, name, len);
	file->local_us = name_us(file->name);
	while (n_old--)
		if (!strcmp(old[n_old].name, file->name))
			*file = old[n_old];
}

void
ring_files_list(struct ring_files *f, const char *names)
{
	struct ring_file old[RING_FILES_MOST];
	unsigned n_old = f->n_files;
	size_t len;

	if (f->step)
		return;  /* one is being read: its place in the list must stay */
	memcpy(old, f->files, sizeof(old));
	for (f->n_files = 0; *names; names += len + (names[len] == ',')) {
		len = strcspn(names, ",");
		if (f->n_files == RING_FILES_MOST)
			memmove(&f->files[0], &f->files[1], --f->n_files * sizeof(f->files[0]));
		name_file(&f->files[f->n_files], names, len, old, n_old);
		f->n_files += f->files[f->n_files].local_us != WALL_NONE;
	}
}

/* It began before the end of what was missed, and the one after it not before its start. */
static int
may_hold(const struct ring_files *f, unsigned file, unsigned span)
{
	int64_t from = f->missed.at[span].from_us + f->zone_us;
	int64_t to = f->missed.at[span].to_us + f->zone_us;

	return f->files[file].local_us < to &&
	       (file + 1 == f->n_files || f->files[file + 1].local_us > from);
}

static int
choose(struct ring_files *f)
{
	unsigned file, span;

	for (file = 0; file < f->n_files; file++)
		for (span = 0; span < f->missed.n; span++)
			if (!f->files[file].is_read && may_hold(f, file, span)) {
				f->file = file;
				f->step = RING_OPEN;
				f->tries = f->is_whole = 0;
				return 1;
			}
	return 0;
}

void
ring_files_recall(struct ring_files *f, int64_t from_us, int64_t to_us)
{
	unsigned i;

	spans_add(&f->missed, from_us, to_us);
	for (i = 0; i < f->n_files; i++)
		f->files[i].is_read = f->files[i].n_failed = 0;
}

int
ring_files_waits(const struct ring_files *f)
{
	return f->missed.n > 0 && !f->step;
}

int
ring_files_wants(struct ring_files *f, const char **name, unsigned *block)
{
	if (!f->step && !choose(f))
		return 0;
	*name = f->files[f->file].name;
	*block = f->block;
	return f->step;
}

/* ---- reading it */

/* What lies before the end of this recording, or before the beginning of one that is there
 * already, will not come in another. */
static void
forget(struct ring_files *f, struct say *s)
{
	int64_t end_us = (f->vld.local_s + f->n_records * f->vld.step_s) * CLOCK_SECOND;
	unsigned i = f->missed.n;

	if (f->file + 1 < f->n_files && f->files[f->file + 1].local_us > end_us)
		end_us = f->files[f->file + 1].local_us;
	while (i--)
		if (f->missed.at[i].to_us <= end_us - f->zone_us)
			spans_done(&f->missed, i, s);
}

static void
finished(struct ring_files *f, struct say *s)
{
	struct ring_file *file = &f->files[f->file];

	if (f->is_whole)
		forget(f, s);
	file->is_read = f->is_whole || ++file->n_failed == MOST_TRIES;
	f->step = 0;
	f->left = 0;
}

static void
opened(struct ring_files *f, struct say *s, const uint8_t *data, size_t len)
{
	struct reader r = {data, len, 0};

	f->size = read_le(&r, 4);
	f->got = f->block = f->n_part = 0;
	f->vld = (struct vld){0};
	f->n_records = 0;
	f->step = RING_BLOCK;
	if (r.is_short || f->size <= VLD_HEAD || f->size > MOST_BYTES) {
		say_wrong(s, "a stored recording of an impossible size");
		f->step = RING_CLOSE;
	}
}

static void
got_block(struct ring_files *f, struct say *s, const uint8_t *data, size_t len)
{
	if (!len) {
		say_wrong(s, "a stored recording ends early");
		f->step = RING_CLOSE;
		return;
	}
	if (len > f->size - f->got)
		len = (size_t)(f->size - f->got);
	f->got += len;
	f->block++;
	f->data = data;
	f->left = len;
	f->is_whole = f->got == f->size;
	if (f->is_whole)
		f->step = RING_CLOSE;
}

void
ring_files_reply(struct ring_files *f, struct say *s, const uint8_t *data, size_t len)
{
	f->tries = 0;
	if (f->step == RING_OPEN)
		opened(f, s, data, len);
	else if (f->step == RING_BLOCK)
		got_block(f, s, data, len);
	else if (f->step == RING_CLOSE)
		finished(f, s);
}

/* A block asked for twice may come twice, and nothing would tell: so it is the whole file that
 * is tried again. */
void
ring_files_failed(struct ring_files *f, struct say *s)
{
	if (f->step == RING_OPEN && ++f->tries < MOST_TRIES)
		return;
	if (f->step != RING_CLOSE || !f->is_whole)
		say_wrong(s, "a stored recording could not be read");
	if (f->step == RING_BLOCK)
		f->step = RING_CLOSE;
	else
		finished(f, s);
}

/* ---- its records */

/* The next `want` bytes in one piece, across blocks; NULL: not there yet. */
static const uint8_t *
piece(struct ring_files *f, unsigned want)
{
	size_t n = want - f->n_part < f->left ? want - f->n_part : f->left;

	memcpy(f->part + f->n_part, f->data, n);
	f->n_part += (unsigned)n;
	f->data += n;
	f->left -= n;
	if (f->n_part < want)
		return NULL;
	f->n_part = 0;
	return f->part;
}

static void
fill(struct device_said *out, const struct ring_files *f, const struct vld_record *r)
{
	memset(out, 0, sizeof(*out));
	out->kind = SAID_STORED;
	msg_clear(&msg_sample, &out->sample);
	out->sample.device_us = r->local_s * CLOCK_SECOND;
	out->sample.taken_us = r->local_s * CLOCK_SECOND - f->zone_us;
	out->sample.epoch = VLD_EPOCH;
	out->sample.seq = r->local_s;
	out->sample.motion = r->motion;
	measure_set(&out->sample, r->spo2, r->heart_rate, INVALID_NO);
}

/* The rest of such a file is not asked for, and it is not tried again. */
static void
bad_head(struct ring_files *f, struct device_said *out, const struct err *err)
{
	memset(out, 0, sizeof(*out));
	out->kind = SAID_WRONG;
	(void)snprintf(out->wrong, sizeof(out->wrong), "stored recording: %.50s", err->text);
	f->files[f->file].n_failed = MOST_TRIES - 1;
	f->is_whole = 0;
	f->left = 0;
	f->step = RING_CLOSE;
}

int
ring_files_record(struct ring_files *f, struct device_said *out)
{
	struct vld_record r;
	const uint8_t *bytes;
	struct err err;

	while (f->left) {
		if (!f->vld.n_records) {
			if (!(bytes = piece(f, VLD_HEAD)) || !vld_head(&f->vld, bytes, f->size, &err))
				continue;
			bad_head(f, out, &err);
			return 1;
		}
		if (!(bytes = piece(f, VLD_RECORD)))
			continue;
		vld_record(&f->vld, f->n_records++, bytes, &r);
		if (r.local_s < 1 || !spans_hold(&f->missed, r.local_s * CLOCK_SECOND - f->zone_us))
			continue;
		fill(out, f, &r);
		return 1;
	}
	return 0;
}
