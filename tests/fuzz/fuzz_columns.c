/* What is taken as columns must be within limits, and packed again give the same rows. */
#include <string.h>

#include "proto/columns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST 300

static struct reading rows[MOST], again[MOST];
static uint8_t out[MOST * 200];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[600], other[600];
	struct err err;
	size_t n, len, back, i;

	if (columns_unpack(&msg_reading, data, size, rows, MOST, &n, &err) < 0)
		return 0;
	ASSERT(n <= MOST);
	ASSERT(columns_pack(&msg_reading, rows, n, out, sizeof(out), &len, &err) == 0);
	ASSERT(columns_unpack(&msg_reading, out, len, again, MOST, &back, &err) == 0);
	ASSERT(n == back);
	for (i = 0; i < n; i++) {
		ASSERT(msg_check(&msg_reading, &rows[i], &err) == 0);
		msg_text(&msg_reading, &rows[i], text, sizeof(text));
		msg_text(&msg_reading, &again[i], other, sizeof(other));
		ASSERT(!strcmp(text, other) || strstr(text, "=-0"));
	}
	return 0;
}
