#include "services/ble-ingest/devices/spans.h"

#include <string.h>

#include "proto/msg.h"

void
spans_drop(struct spans *s, unsigned n)
{
	s->n -= n;
	memmove(&s->at[0], &s->at[n], s->n * sizeof(s->at[0]));
}

void
spans_add(struct spans *s, int64_t from_us, int64_t to_us)
{
	if (s->n == SPANS_MOST)
		spans_drop(s, 1);
	s->at[s->n].from_us = from_us;
	s->at[s->n++].to_us = to_us;
}

int
spans_hold(const struct spans *s, int64_t us)
{
	unsigned i;

	for (i = 0; i < s->n && us >= MSG_TIME_MIN && us <= MSG_TIME_MAX; i++)
		if (us > s->at[i].from_us && us < s->at[i].to_us)
			return 1;
	return 0;
}

void
spans_done(struct spans *s, unsigned i, struct say *to)
{
	struct device_said *said = say(to, SAID_RECALLED);

	said->recalled.from_us = s->at[i].from_us;
	said->recalled.to_us = s->at[i].to_us;
	memmove(&s->at[i], &s->at[i + 1], (--s->n - i) * sizeof(s->at[0]));
}
