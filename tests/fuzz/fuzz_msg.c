/* The first byte says which message, the rest is its frame.  What is taken must go out and
 * come in again the same, have a text and a JSON form, and that must come back too. */
#include <stdlib.h>
#include <string.h>

#include "proto/msg_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t out[1 << 20];
static union {
	char bytes[1 << 20];
	int64_t aligned;
} got, again;

static void
check_json(const struct message *m)
{
	json_t *object = msg_json(m, &got);
	struct err err;

	ASSERT(json_object_size(object) == (size_t)m->n_fields);
	ASSERT(msg_from_json(m, object, NULL, &again, &err) == 0);
	json_decref(object);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct message *m = size ? msg_at(data[0]) : NULL;
	struct msg_head head, back;
	char text[3000];
	struct err err;
	size_t len;

	if (!m || msg_decode(m, data + 1, size - 1, &head, &got, &err) < 0)
		return 0;
	ASSERT(msg_check(m, &got, &err) == 0);
	msg_text(m, &got, text, sizeof(text));
	ASSERT(!strchr(text, '\n'));
	ASSERT(msg_encode(m, &head, &got, out, m->max_bytes, &len, &err) == 0);
	/* what goes out is of our version, whatever came in */
	ASSERT(msg_decode(m, out, len, &back, &again, &err) == 0);
	ASSERT(back.version == m->version && back.run == head.run && back.n == head.n);
	check_json(m);
	return 0;
}
