/*
 * Any file of recordings: it is read to its end, twice alike, and what it gives keeps the
 * limits of messages.def.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "proto/msg.h"
#include "services/ble-ingest/recording.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_row(const struct recording_row *row)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	s.pos = s.seq = 1;
	(void)snprintf(s.device_id, sizeof(s.device_id), "x");
	s.spo2 = row->spo2;
	s.heart_rate = row->heart_rate;
	s.motion = row->motion;
	s.perfusion_index = row->perfusion_index;
	ASSERT(row->t_ms >= 0 && row->t_ms <= RECORDING_MOST_T_MS);
	ASSERT(msg_check(&msg_sample, &s, NULL) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char head[] = RECORDING_HEADER "\n";
	int64_t rows = 0, bad = 0, last = -1;
	struct recording_row row;
	struct recording *r;
	char path[64];
	struct err err;
	int fd, got;

	(void)snprintf(path, sizeof(path), "/dev/shm/ihht-fuzz-csv.%d", getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ASSERT(fd >= 0);
	if (size && data[0] != 't')
		ASSERT(write(fd, head, sizeof(head) - 1) == sizeof(head) - 1);
	ASSERT(write(fd, data, size) == (ssize_t)size);
	close(fd);
	r = recording_open(path, &err);
	while (r && (got = recording_next(r, &row, &err)) != 0) {
		if (got < 0) {
			bad++;
			continue;
		}
		rows++;
		check_row(&row);
		ASSERT(row.t_ms > last);
		last = row.t_ms;
	}
	if (r)
		ASSERT(rows == recording_rows(r) && bad == recording_bad(r, &err) &&
		       recording_epoch(r) > 0 && recording_period_ms(r) > 0);
	recording_close(&r);
	(void)unlink(path);
	return 0;
}
