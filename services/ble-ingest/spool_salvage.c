/*
 * spool_salvage - from a spool that cannot go on as it is to a new one with all that is whole
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/clock.h"
#include "services/ble-ingest/spool_file.h"

static int
by_pos(const void *a, const void *b)
{
	int64_t x = (*(const struct spool_record *const *)a)->pos;
	int64_t y = (*(const struct spool_record *const *)b)->pos;

	return x < y ? -1 : x > y;
}

/* Every whole record that may be unacknowledged, in the order they were put. */
static int64_t
gather(const struct spool *old, int64_t acked, const struct spool_record **list)
{
	int64_t n = 0, i;

	for (i = 0; i < old->n_there; i++)
		if (spool_record_is_whole(old, &old->slots[i]) && old->slots[i].pos > acked)
			list[n++] = &old->slots[i];
	qsort(list, (size_t)n, sizeof(*list), by_pos);
	return n;
}

static int
carry(const struct spool *old, struct spool *to, const struct spool_record *r, struct err *err)
{
	struct spool_record copy = *r;
	int device = spool_device(to, old->rows[r->device].id, err);

	if (device < 0)
		return -1;
	copy.device = (uint16_t)device;
	copy.pos = to->head->head + 1;
	copy.check = spool_check_record(&copy);
	*spool_slot(to, copy.pos) = copy;
	to->head->head = copy.pos;
	spool_catch_up(to, &copy);
	return 0;
}

/* The devices keep their last times: what was missed meanwhile is a gap.  Not so many of them
 * that the table would soon be full. */
static void
carry_times(const struct spool *old, struct spool *to)
{
	uint32_t i;
	int device;

	for (i = 0; i < old->head->n_devices; i++) {
		if (!spool_row_is_whole(&old->rows[i]) || old->rows[i].last_us < MSG_TIME_MIN ||
		    old->rows[i].last_us > MSG_TIME_MAX ||
		    to->n_known > (int)to->head->n_devices / 4)
			continue;
		device = spool_device(to, old->rows[i].id, NULL);
		if (device < 0)
			continue;
		to->rows[device].lead_us = 0;
		if (to->rows[device].last_us < old->rows[i].last_us)
			to->rows[device].last_us = old->rows[i].last_us;
	}
}

static int
replace(const char *path, const char *fresh, const struct spool *spool,
	const struct spool_found *found, struct err *err)
{
	char aside[PATH_MAX];

	if (msync(spool->head, spool->size, MS_SYNC) < 0)
		return err_set(err, errno, "%s: %s", fresh, strerror(errno));
	(void)snprintf(aside, sizeof(aside), "%s.damaged", path);
	if (found->is_damaged && ((unlink(aside) < 0 && errno != ENOENT) || link(path, aside) < 0))
		return err_set(err, errno, "%s: %s", aside, strerror(errno));
	if (rename(fresh, path) < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

/* The layout of the next life: never too small for what it must hold, with some room; and no larger
 * than the last one because of that, or it would grow with each start. */
static struct spool_head
next_head(const struct spool *old, int64_t n, int64_t bytes)
{
	struct spool_head h = {.id = clock_utc_us()};
	int64_t wanted = n + n / 8, least;

	if (old && wanted > old->head->n_slots)
		wanted = old->head->n_slots;
	least = wanted * (int64_t)sizeof(struct spool_record);
	spool_lay_out(least > bytes ? least : bytes, &h.n_slots, &h.n_devices);
	if (!old)
		return h;
	if (h.n_devices < old->head->n_devices)
		h.n_devices = old->head->n_devices;
	if (h.id <= old->head->id && old->head->id < MSG_COUNT - 1)
		h.id = old->head->id + 1;
	return h;
}

int
spool_new_life(struct spool *spool, const char *path, int64_t bytes, const struct spool *old,
	 struct spool_found *found, struct err *err)
{
	const struct spool_record **list = NULL;
	int64_t acked, n = 0, i;
	char fresh[PATH_MAX];
	int r = -1;

	found->is_new = 1;
	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	if (old) {
		if (!(list = calloc((size_t)old->n_there + 1, sizeof(*list))))
			return err_set(err, ENOMEM, "out of memory");
		acked = spool_safe_acked(old->head);
		n = gather(old, acked >= 0 && acked <= old->head->head ? acked : 0, list);
	}
	if (spool_create(spool, fresh, next_head(old, n, bytes), err) < 0)
		goto done;
	for (i = 0; i < n; i++)
		if (carry(old, spool, list[i], err) < 0)
			goto done;
	if (old)
		carry_times(old, spool);
	found->kept = n;
	r = replace(path, fresh, spool, found, err);
done:
	free(list);
	return r;
}

/* A private copy of a file that cannot be used as it is: of the layout it claims or, when its
 * head is damaged, of the one the settings give; what is cut off is zero, thus not whole. */
int
spool_copy_of(struct spool *old, int fd, size_t size, const struct spool_head *claimed, int64_t bytes,
	struct err *err)
{
	struct spool_head h = {.id = 1};
	size_t want, got = 0;
	ssize_t n = 1;
	char *map;

	if (claimed)
		h = *claimed;
	else
		spool_lay_out(bytes, &h.n_slots, &h.n_devices);
	want = spool_size_of(h.n_slots, h.n_devices);
	map = mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (map == MAP_FAILED)
		return err_set(err, errno, "%zu bytes: %s", want, strerror(errno));
	for (; got < size && got < want && n > 0; got += (size_t)n)
		if ((n = pread(fd, map + got, (size < want ? size : want) - got, (off_t)got)) < 0)
			break;
	memcpy(map, &h, sizeof(h));
	old->size = want;
	spool_point(old, map);
	if (got < (size_t)((char *)old->slots - map))
		old->n_there = 0;
	else
		old->n_there = (int64_t)((got - (size_t)((char *)old->slots - map)) /
					 sizeof(struct spool_record));
	return n < 0 ? err_set(err, errno, "%s", strerror(errno)) : 0;
}
