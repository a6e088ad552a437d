#include "services/ble-ingest/devices/spans.h"

#include <string.h>

#include "proto/msg.h"

void
spans_add(struct spans *s, int64_t from_us, int64_t to_us)
{
	if (s->n == SPANS_MOST)
		memmove(&s->at[0], &s->at[1], --s->n * sizeof(s->at[0]));
	s->at[s->n].from_us = from_us > 0 ? from_us : 0;
	s->at[s->n++].to_us = to_us < MSG_TIME_MAX ? to_us : MSG_TIME_MAX;
}

int
spans_hold(const struct spans *s, int64_t us)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		if (us > s->at[i].from_us && us < s->at[i].to_us)
			return 1;
	return 0;
}
