#include "services/ble-ingest/spool_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/clock.h"

_Static_assert(sizeof(struct spool_head) <= SPOOL_PAGE, "the head is one page");
_Static_assert(sizeof(struct spool_row) == 128, "no hidden bytes");
_Static_assert(sizeof(struct spool_record) == 96, "no hidden bytes");

/* ---- checks */

static uint32_t
check(const void *from, const void *to)
{
	return (uint32_t)XXH3_64bits_withSeed(from, (size_t)((const char *)to - (const char *)from),
					      SPOOL_VERSION);
}

uint32_t
spool_check_head(const struct spool_head *h)
{
	return check(h, &h->check);
}

uint32_t
spool_check_row(const struct spool_row *r)
{
	return check(r, &r->check);
}

uint32_t
spool_check_record(const struct spool_record *r)
{
	return check(&r->device, r + 1);
}

static int
row_is_whole(const struct spool_row *r)
{
	return *r->id && !r->id[64] && spool_check_row(r) == r->check;
}

/* A checksum can be made to fit: the fields must be fit to be sent, too. */
static int
record_is_whole(const struct spool *spool, const struct spool_record *r)
{
	union spool_out out;
	const struct message *m;

	if (spool_check_record(r) != r->check || r->device >= spool->head->n_devices ||
	    (r->kind != SPOOL_SAMPLE && r->kind != SPOOL_GAP) || r->pos < 1 || r->pos >= MSG_COUNT ||
	    spool_slot(spool, r->pos) != r || !row_is_whole(&spool->rows[r->device]))
		return 0;
	m = spool_get(spool, r->pos, &out);
	return msg_check(m, &out, NULL) == 0;
}

static void
this_boot(char boot[44])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	memset(boot, 0, 44);
	if (fd >= 0 && read(fd, boot, 36) < 0)
		boot[0] = 0;
	if (fd >= 0)
		close(fd);
}

/* ---- the mapping */

static size_t
size_of(int64_t n_slots, int64_t n_devices)
{
	return SPOOL_PAGE + (size_t)n_devices * sizeof(struct spool_row) +
	       (size_t)n_slots * sizeof(struct spool_record);
}

static void
lay_out(int64_t bytes, uint32_t *n_slots, uint32_t *n_devices)
{
	int64_t n = bytes / (int64_t)sizeof(struct spool_record);

	*n_slots = (uint32_t)n;
	*n_devices = n < 512 ? 64 : n > 65536 ? 8192 : (uint32_t)(n / 8);
}

static void
point(struct spool *spool, void *map)
{
	spool->head = map;
	spool->rows = (void *)((char *)map + SPOOL_PAGE);
	spool->slots = (void *)(spool->rows + spool->head->n_devices);
}

static int
map_file(struct spool *spool, int fd, size_t size, struct err *err)
{
	void *map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		return err_set(err, errno, "cannot map %zu bytes: %s", size, strerror(errno));
	spool->size = size;
	point(spool, map);
	spool->n_there = spool->head->n_slots;
	return 0;
}

static void
unmap(struct spool *spool)
{
	if (spool->head)
		(void)munmap(spool->head, spool->size);
	spool->head = NULL;
}

/* A whole new file at `path`, with all its blocks, so that writing to the mapping cannot
 * meet a full disk. */
static int
create(struct spool *spool, const char *path, struct spool_head h, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	memcpy(h.magic, SPOOL_MAGIC, sizeof(h.magic));
	h.version = SPOOL_VERSION;
	h.record_bytes = sizeof(struct spool_record);
	h.check = spool_check_head(&h);
	h.acked_not = ~0LL;
	this_boot(h.boot);
	r = posix_fallocate(fd, 0, (off_t)size_of(h.n_slots, h.n_devices));
	if (!r && pwrite(fd, &h, sizeof(h), 0) != sizeof(h))
		r = errno;
	if (r)
		err_set(err, r, "%s: %zu bytes: %s", path, size_of(h.n_slots, h.n_devices),
			strerror(r));
	else if (map_file(spool, fd, size_of(h.n_slots, h.n_devices), err) < 0)
		r = -1;
	if (r)
		(void)unlink(path);
	close(fd);
	return r ? -1 : 0;
}

/* ---- what is there */

__attribute__((format(printf, 2, 3))) static int
why(struct spool_found *found, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(found->why, sizeof(found->why), format, args);
	va_end(args);
	return 0;
}

static int
head_is_whole(const struct spool_head *h, size_t size)
{
	return size >= SPOOL_PAGE && !memcmp(h->magic, SPOOL_MAGIC, sizeof(h->magic)) &&
	       h->version == SPOOL_VERSION && h->record_bytes == sizeof(struct spool_record) &&
	       spool_check_head(h) == h->check && h->n_slots && h->n_devices &&
	       h->n_devices <= 65536 && h->id > 0 && h->id < MSG_COUNT;
}

/* Killed between two stores it is one step behind; anything else is damage. */
static int
seq_is_whole(struct spool_row *r)
{
	int64_t other = ~r->seq_not;

	if (r->seq < 0 || (other != r->seq && other != r->seq - 1))
		return 0;
	r->seq_not = ~r->seq;
	return 1;
}

static int
rows_are_whole(struct spool *spool)
{
	static const struct spool_row none;
	uint32_t i;

	spool->n_known = 0;
	for (i = 0; i < spool->head->n_devices; i++) {
		if (row_is_whole(&spool->rows[i]) && seq_is_whole(&spool->rows[i]) &&
		    spool->n_known == (int)i)
			spool->n_known++;
		else if (!spool->rows[i].check && spool->n_known == (int)i)
			spool->rows[i] = none;  /* killed while it was made */
		else if (memcmp(&spool->rows[i], &none, sizeof(none)))
			return 0;
	}
	return 1;
}

static int64_t
safe_acked(const struct spool_head *h)
{
	int64_t other = ~h->acked_not;

	return h->acked < other ? h->acked : other;
}

/* A kill may have come between a record and the head, or between the record and its seq. */
static void
catch_up(struct spool *spool, const struct spool_record *r)
{
	struct spool_row *row = &spool->rows[r->device];

	if (r->epoch == spool->head->id && r->seq > row->seq) {
		row->seq = r->seq;
		row->seq_not = ~r->seq;
	}
	if (r->kind == SPOOL_SAMPLE && r->at_us > row->last_us)
		row->last_us = r->at_us;
}

static int
records_are_whole(struct spool *spool)
{
	struct spool_head *h = spool->head;
	int64_t pos, acked = safe_acked(h);
	const struct spool_record *r;

	if (acked < 0 || h->head < acked || h->head - acked > h->n_slots || h->head >= MSG_COUNT)
		return 0;
	for (pos = acked + 1; pos <= acked + h->n_slots; pos++) {
		r = spool_slot(spool, pos);
		if (r->pos != pos || !record_is_whole(spool, r))
			break;
		catch_up(spool, r);
	}
	if (pos <= h->head)
		return 0;
	h->head = pos - 1;
	h->acked = acked;
	h->acked_not = ~acked;
	return 1;
}

/* 1: go on with this file; 0: a new life, found says why. */
static int
is_usable(struct spool *spool, int64_t bytes, struct spool_found *found)
{
	char boot[44];
	uint32_t n_slots, n_devices;

	lay_out(bytes, &n_slots, &n_devices);
	this_boot(boot);
	found->is_damaged = 1;
	if (!rows_are_whole(spool))
		return why(found, "its table of devices is damaged");
	if (memcmp(boot, spool->head->boot, sizeof(boot)) || !*boot)
		return found->is_damaged = 0, why(found, "the machine was started anew");
	if (!records_are_whole(spool))
		return why(found, "some of its records are damaged");
	found->is_damaged = 0;
	if (n_slots != spool->head->n_slots)
		return why(found, "it has another size now");
	if (spool->head->head == spool->head->acked && spool->n_known > (int)n_devices / 2)
		return why(found, "it was empty, and half full of devices");
	found->kept = spool->head->head - spool->head->acked;
	return 1;
}

/* ---- a new life */

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
		if (record_is_whole(old, &old->slots[i]) && old->slots[i].pos > acked)
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
	catch_up(to, &copy);
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
		if (!row_is_whole(&old->rows[i]) || old->rows[i].last_us < MSG_TIME_MIN ||
		    old->rows[i].last_us > MSG_TIME_MAX ||
		    to->n_known > (int)to->head->n_devices / 4)
			continue;
		device = spool_device(to, old->rows[i].id, NULL);
		if (device >= 0 && to->rows[device].last_us < old->rows[i].last_us)
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

/* The layout of the next life: never too small for what it must hold. */
static struct spool_head
next_head(const struct spool *old, int64_t n, int64_t bytes)
{
	struct spool_head h = {.id = clock_utc_us()};
	int64_t least = (n + n / 8) * (int64_t)sizeof(struct spool_record);

	lay_out(least > bytes ? least : bytes, &h.n_slots, &h.n_devices);
	if (!old)
		return h;
	if (h.n_devices < old->head->n_devices)
		h.n_devices = old->head->n_devices;
	if (h.id <= old->head->id && old->head->id < MSG_COUNT - 1)
		h.id = old->head->id + 1;
	return h;
}

static int
new_life(struct spool *spool, const char *path, int64_t bytes, const struct spool *old,
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
		acked = safe_acked(old->head);
		n = gather(old, acked >= 0 && acked <= old->head->head ? acked : 0, list);
	}
	if (create(spool, fresh, next_head(old, n, bytes), err) < 0)
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

/* ---- open */

/* A private copy of a file that cannot be used as it is: of the layout it claims or, when its
 * head is damaged, of the one the settings give; what is cut off is zero, thus not whole. */
static int
copy_of(struct spool *old, int fd, size_t size, const struct spool_head *claimed, int64_t bytes,
	struct err *err)
{
	struct spool_head h = {.id = 1};
	size_t want, got = 0;
	ssize_t n = 1;
	char *map;

	if (claimed)
		h = *claimed;
	else
		lay_out(bytes, &h.n_slots, &h.n_devices);
	want = size_of(h.n_slots, h.n_devices);
	map = mmap(NULL, want, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
		   -1, 0);
	if (map == MAP_FAILED)
		return err_set(err, errno, "%zu bytes: %s", want, strerror(errno));
	for (; got < size && got < want && n > 0; got += (size_t)n)
		if ((n = pread(fd, map + got, (size < want ? size : want) - got, (off_t)got)) < 0)
			break;
	memcpy(map, &h, sizeof(h));
	old->size = want;
	point(old, map);
	if (got < (size_t)((char *)old->slots - map))
		old->n_there = 0;
	else
		old->n_there = (int64_t)((got - (size_t)((char *)old->slots - map)) /
					 sizeof(struct spool_record));
	return n < 0 ? err_set(err, errno, "%s", strerror(errno)) : 0;
}

static int
take_over(struct spool *spool, int fd, const char *path, int64_t bytes,
	  struct spool_found *found, struct err *err)
{
	struct spool_head claimed = {0};
	struct spool old = {.lock = -1};
	struct stat st;
	int r, whole;
	size_t wants;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "%s: is not a file", path);
	if (pread(fd, &claimed, sizeof(claimed), 0) < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	whole = head_is_whole(&claimed, (size_t)st.st_size);
	wants = size_of(claimed.n_slots, claimed.n_devices);
	if (whole && wants == (size_t)st.st_size) {
		if (map_file(spool, fd, (size_t)st.st_size, err) < 0)
			return -1;
		if (is_usable(spool, bytes, found))
			return 0;
		old = *spool;
		spool->head = NULL;
	} else {
		found->is_damaged = 1;
		why(found, whole ? "it has not the size it says" : "its head is damaged");
		whole = whole && wants <= 2 * (size_t)SPOOL_MOST_BYTES;
		if (copy_of(&old, fd, (size_t)st.st_size, whole ? &claimed : NULL, bytes, err) < 0)
			return -1;
	}
	spool->n_known = 0;
	r = new_life(spool, path, bytes, &old, found, err);
	unmap(&old);
	return r;
}

static int
lock_path(struct spool *spool, const char *path, struct err *err)
{
	char name[PATH_MAX];

	(void)snprintf(name, sizeof(name), "%s.lock", path);
	if ((spool->lock = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0)
		return err_set(err, errno, "%s: %s", name, strerror(errno));
	if (flock(spool->lock, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, EBUSY, "%s: another ble-ingest is using it; give each its own "
			       "ble-ingest/spool", path);
	return 0;
}

struct spool *
spool_open(const char *path, int64_t bytes, struct spool_found *found, struct err *err)
{
	struct spool *spool = calloc(1, sizeof(*spool));
	int fd, r;

	if (!spool) {
		err_set(err, ENOMEM, "out of memory");
		return NULL;
	}
	memset(found, 0, sizeof(*found));
	spool->lock = -1;
	if (lock_path(spool, path, err) < 0)
		goto fail;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno != ENOENT) {
		err_set(err, errno, "%s: %s", path, strerror(errno));
		goto fail;
	}
	why(found, "there was none");
	r = fd < 0 ? new_life(spool, path, bytes, NULL, found, err)
		   : take_over(spool, fd, path, bytes, found, err);
	if (fd >= 0)
		close(fd);
	if (r < 0)
		goto fail;
	found->known = spool->n_known;
	return spool;
fail:
	spool_close(&spool);
	return NULL;
}

void
spool_close(struct spool **spool)
{
	if (!*spool)
		return;
	unmap(*spool);
	if ((*spool)->lock >= 0)
		close((*spool)->lock);
	free(*spool);
	*spool = NULL;
}
