/* Records that are taken must be taken again when they are added anew, in the same order. */
#include <string.h>

#include "proto/records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[1 << 22];
static union {
	char bytes[RECORDS_MAX];
	int64_t aligned;
} got, again;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct records records = {data, data + size}, second = {out, out};
	const struct message *m, *same;
	struct err err;
	uint32_t len = 0;
	int r, n = 0;

	while ((r = records_next(&records, &m, &got, &err)) > 0 && n++ < 1000) {
		ASSERT(records_add(out, sizeof(out), &len, m, &got, &err) == 0);
		second.end = out + len;
		ASSERT(records_next(&second, &same, &again, &err) == 1 && same == m);
	}
	ASSERT(r >= -1 && r <= 1);
	return 0;
}
