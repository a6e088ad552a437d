/*
 * Any bytes: refused with words, or rows that keep the limits of a reading, in order of time.
 */
#include "proto/msg.h"
#include "services/ihht/import/sheet.h"
#include "services/ihht/import/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct recorded recorded = {.n = 0};
	struct reading reading;
	struct err err = {0};
	int64_t last = INT64_MIN;
	size_t i;

	if (!size)
		return 0;
	ASSERT(zone_set(data[0] & 8 ? "+05:30" : "UTC", &err) == 0);
	if (sheet_read((const char *)data + 1, size - 1, (enum stamp_order)(data[0] % 3),
		       data[0] & 4 ? 1678139232 : 0, &recorded, &err) < 0 ||
	    recorded_place(&recorded, &err) < 0)
		ASSERT(err.text[0]);
	else
		for (ASSERT(recorded.n && recorded.step_s > 0), i = 0; i < recorded.n; i++) {
			recorded_reading(&recorded.rows[i], &reading);
			ASSERT(msg_check(&msg_reading, &reading, &err) == 0);
			ASSERT(reading.taken_us > last);
			last = reading.taken_us;
		}
	recorded_release(&recorded);
	return 0;
}
