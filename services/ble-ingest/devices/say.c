#include "services/ble-ingest/devices/say.h"

#include <stdarg.h>
#include <stdio.h>

struct device_said *
say(struct say *say, enum said_kind kind)
{
	struct device_said *said;

	if (say->n == SAY_MOST) {
		say->first = (say->first + 1) % SAY_MOST;
		say->n--;
	}
	said = &say->out[(say->first + say->n++) % SAY_MOST];
	memset(said, 0, sizeof(*said));
	said->kind = kind;
	if (kind == SAID_VALUE || kind == SAID_STORED)
		msg_clear(&msg_sample, &said->sample);
	return said;
}

struct device_said *
say_value(struct say *s, const struct source_now *now)
{
	struct device_said *said = say(s, SAID_VALUE);

	said->sample.taken_us = now->utc_us;
	return said;
}

void
say_wrong(struct say *s, const char *format, ...)
{
	struct device_said *said = say(s, SAID_WRONG);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(said->wrong, sizeof(said->wrong), format, args);
	va_end(args);
}

void
say_write(struct say *s, unsigned port, const uint8_t *bytes, size_t len, int with_response)
{
	struct device_said *said = say(s, SAID_WRITE);

	ASSERT(len <= sizeof(said->write.bytes));
	said->write.port = port;
	said->write.len = len;
	said->write.with_response = with_response;
	memcpy(said->write.bytes, bytes, len);
}

int
say_next(struct say *s, struct device_said *out)
{
	if (!s->n)
		return 0;
	*out = s->out[s->first];
	s->first = (s->first + 1) % SAY_MOST;
	s->n--;
	return 1;
}
