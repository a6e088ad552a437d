/*
 * Any file where the spool should be: it is opened, what is kept can be sent, and the spool
 * works.  The first bytes say whether checksums shall be made right, so that the fields behind
 * them are reached.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/ble-ingest/spool_file.h"

#define BYTES 8192

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A whole file of the usual layout with the input laid over it, checksums as they should be. */
static size_t
make_plausible(const uint8_t *data, size_t size, uint8_t *file)
{
	struct spool_head *h = (void *)file;
	struct spool_row *row = (void *)(file + SPOOL_PAGE);
	struct spool_record *r = (void *)(row + 64);
	size_t n = size < 8192 ? size : 8192, i;

	memset(file, 0, 65536);
	*h = (struct spool_head){.magic = SPOOL_MAGIC, .version = SPOOL_VERSION,
				 .record_bytes = sizeof(*r), .n_slots = 85, .n_devices = 64, .id = 7};
	h->check = spool_check_head(h);
	memcpy(h->boot, data, n < 80 ? n : 80);  /* head, acked, acked_not */
	memcpy(row, data, n < 256 ? n : 256);
	memcpy(r, data, n);
	for (i = 0; i < 2; i++)
		row[i].check = spool_check_row(&row[i]);
	for (i = 0; i < 85; i++) {
		if (r[i].pos < 1000 && r[i].pos > 0)
			r[i].pos = r[i].pos / 85 * 85 + (int64_t)i;
		r[i].device &= 1;
		r[i].kind = (uint8_t)(r[i].kind % 3);
		r[i].check = spool_check_record(&r[i]);
	}
	return SPOOL_PAGE + 64 * sizeof(*row) + 85 * sizeof(*r);
}

static void
use(struct spool *spool)
{
	uint8_t frame[4096];
	struct msg_head head = {1, 1, 1};
	const struct message *m;
	union spool_out out;
	struct sample s;
	struct err err;
	int64_t pos;
	size_t len;
	int d;

	for (pos = spool_acked(spool) + 1; pos <= spool_head(spool); pos++) {
		m = spool_get(spool, pos, &out);
		ASSERT(msg_encode(m, &head, &out, frame, sizeof(frame), &len, &err) == 0);
	}
	msg_clear(&msg_sample, &s);
	if ((d = spool_device(spool, "new", &err)) >= 0)
		ASSERT(spool_room(spool) ? spool_put_sample(spool, d, &s, &err) >= 0 : 1);
	spool_ack(spool, spool_head(spool));
}

static void
clean_up(const char *path)
{
	static const char *const tails[] = {"", ".lock", ".damaged"};
	char name[80];
	size_t i;

	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		(void)unlink(name);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[64];
	static uint8_t file[65536] __attribute__((aligned(16)));
	struct spool_found found;
	struct spool *spool;
	struct err err;
	int fd, i;

	if (size < 1)
		return 0;
	(void)snprintf(path, sizeof(path), "/dev/shm/ihht-fuzz-spool.%d", getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (data[0] & 1) {
		size = make_plausible(data + 1, size - 1, file);
		data = file;
	}
	ASSERT(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	close(fd);
	for (i = 0; i < 2; i++) {
		spool = spool_open(path, BYTES, &found, &err);
		ASSERT(spool);
		ASSERT(i == 0 || !found.is_damaged);  /* made whole, it is whole */
		use(spool);
		spool_close(&spool);
	}
	clean_up(path);
	return 0;
}
