/* The first byte says which message, the rest is JSON text.  What is taken must come back as
 * the same JSON. */
#include <string.h>

#include "proto/msg_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static union {
	char bytes[1 << 20];
	int64_t aligned;
} got, again;

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct message *m = size ? msg_at(data[0]) : NULL;
	json_t *in, *out, *back;
	json_error_t why;
	struct err err;

	if (!m || !(in = json_loadb((const char *)data + 1, size - 1, JSON_DECODE_ANY, &why)))
		return 0;
	if (msg_from_json(m, in, NULL, &got, &err) == 0) {
		ASSERT(msg_check(m, &got, &err) == 0);
		out = msg_json(m, &got);
		ASSERT(msg_from_json(m, out, NULL, &again, &err) == 0);
		back = msg_json(m, &again);
		ASSERT(json_equal(out, back));
		json_decref(out);
		json_decref(back);
	}
	json_decref(in);
	return 0;
}
