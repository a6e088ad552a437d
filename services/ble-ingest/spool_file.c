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

int
spool_row_is_whole(const struct spool_row *r)
{
	return *r->id && !r->id[64] && spool_check_row(r) == r->check;
}

/* A checksum can be made to fit: the fields must be fit to be sent, too. */
int
spool_record_is_whole(const struct spool *spool, const struct spool_record *r)
{
	union spool_out out;
	const struct message *m;

	if (spool_check_record(r) != r->check || r->device >= spool->head->n_devices ||
	    (r->kind != SPOOL_SAMPLE && r->kind != SPOOL_GAP) || r->pos < 1 || r->pos >= MSG_COUNT ||
	    spool_slot(spool, r->pos) != r || !spool_row_is_whole(&spool->rows[r->device]))
		return 0;
	m = spool_get(spool, r->pos, &out);
	return msg_check(m, &out, NULL) == 0;
}

/* ---- the mapping */

size_t
spool_size_of(int64_t n_slots, int64_t n_devices)
{
	return SPOOL_PAGE + (size_t)n_devices * sizeof(struct spool_row) +
	       (size_t)n_slots * sizeof(struct spool_record);
}

void
spool_lay_out(int64_t bytes, uint32_t *n_slots, uint32_t *n_devices)
{
	int64_t n = bytes / (int64_t)sizeof(struct spool_record);

	*n_slots = (uint32_t)n;
	*n_devices = n < 512 ? 64 : n > 65536 ? 8192 : (uint32_t)(n / 8);
}

void
spool_point(struct spool *spool, void *map)
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
	spool_point(spool, map);
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
int
spool_create(struct spool *spool, const char *path, struct spool_head h, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), r;

	if (fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	memcpy(h.magic, SPOOL_MAGIC, sizeof(h.magic));
	h.version = SPOOL_VERSION;
	h.record_bytes = sizeof(struct spool_record);
	h.check = spool_check_head(&h);
	h.acked_not = ~0LL;
	h.lead_us = clock_utc_us() - clock_mono_us();
	clock_boot(h.boot);
	r = posix_fallocate(fd, 0, (off_t)spool_size_of(h.n_slots, h.n_devices));
	if (!r && pwrite(fd, &h, sizeof(h), 0) != sizeof(h))
		r = errno;
	if (r)
		err_set(err, r, "%s: %zu bytes: %s", path, spool_size_of(h.n_slots, h.n_devices),
			strerror(r));
	else if (map_file(spool, fd, spool_size_of(h.n_slots, h.n_devices), err) < 0)
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
		if (spool_row_is_whole(&spool->rows[i]) && seq_is_whole(&spool->rows[i]) &&
		    spool->n_known == (int)i)
			spool->n_known++;
		else if (!spool->rows[i].check && spool->n_known == (int)i)
			spool->rows[i] = none;  /* killed while it was made */
		else if (memcmp(&spool->rows[i], &none, sizeof(none)))
			return 0;
	}
	return 1;
}

int64_t
spool_safe_acked(const struct spool_head *h)
{
	int64_t other = ~h->acked_not;

	return h->acked < other ? h->acked : other;
}

/* A kill may have come between a record and the head, or between the record and its seq. */
void
spool_catch_up(struct spool *spool, const struct spool_record *r)
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
	int64_t pos, acked = spool_safe_acked(h);
	const struct spool_record *r;

	if (acked < 0 || h->head < acked || h->head - acked > h->n_slots || h->head >= MSG_COUNT)
		return 0;
	for (pos = acked + 1; pos <= acked + h->n_slots; pos++) {
		r = spool_slot(spool, pos);
		if (r->pos != pos || !spool_record_is_whole(spool, r))
			break;
		spool_catch_up(spool, r);
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
	char boot[CLOCK_BOOT];
	uint32_t n_slots, n_devices;

	spool_lay_out(bytes, &n_slots, &n_devices);
	clock_boot(boot);
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

/* ---- open */

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
	wants = spool_size_of(claimed.n_slots, claimed.n_devices);
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
		if (spool_copy_of(&old, fd, (size_t)st.st_size, whole ? &claimed : NULL, bytes, err) < 0)
			return -1;
	}
	spool->n_known = 0;
	r = spool_new_life(spool, path, bytes, &old, found, err);
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
	r = fd < 0 ? spool_new_life(spool, path, bytes, NULL, found, err)
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
