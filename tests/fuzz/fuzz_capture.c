/*
 * Any line of a capture: what is read keeps its limits, and written and read again it is the
 * same.
 */
#include "proto/capture.h"

#include <stdlib.h>

#include "tests/unit/any_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[CAPTURE_LONGEST], again[CAPTURE_LONGEST], *exact = malloc(size ? size : 1);
	struct raw raw, second;
	struct err err;

	ASSERT(exact);
	if (size)
		memcpy(exact, data, size);
	if (capture_read(exact, size, &raw, &err) == 1) {
		ASSERT(msg_check(&msg_raw, &raw, NULL) == 0);
		ASSERT(capture_write(&raw, line, &err) == 0);
		ASSERT(capture_read(line, strlen(line), &second, &err) == 1);
		ASSERT(!differs(&msg_raw, &raw, &second));
		ASSERT(capture_write(&second, again, &err) == 0 && !strcmp(line, again));
	}
	free(exact);
	return 0;
}
