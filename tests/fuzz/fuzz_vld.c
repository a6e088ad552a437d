/*
 * Any bytes: the header is refused or every record it counts can be read, in order of time
 * and within the limits of a reading.
 */
#include <math.h>
#include <string.h>

#include "proto/msg.h"
#include "proto/vld.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t head[VLD_HEAD] = {3, 0, 0xe9, 0x07, 3, 6, 22, 20, 56};
	struct vld_record r;
	struct reading row;
	struct err err;
	struct vld v;
	int64_t i;

	memcpy(head, data, size < VLD_HEAD ? size : VLD_HEAD);
	if (vld_head(&v, head, size, &err) < 0)
		return 0;
	ASSERT(v.n_records > 0 && v.step_s > 0 && v.n_missing >= 0);
	for (i = 0; i < v.n_records; i++) {
		vld_record(&v, i, data + VLD_HEAD + i * VLD_RECORD, &r);
		msg_clear(&msg_reading, &row);
		row.epoch = VLD_EPOCH;
		row.seq = r.local_s;
		row.taken_us = r.local_s * 1000000;
		row.spo2 = r.spo2;
		row.heart_rate = r.heart_rate;
		row.motion = r.motion;
		ASSERT(r.local_s == v.local_s + i * v.step_s);
		ASSERT(msg_check(&msg_reading, &row, &err) == 0);
	}
	return 0;
}
