#include "services/ble-ingest/devices/about.h"

#include <stdio.h>

static int
battery(struct say *s, const uint8_t *bytes, size_t len)
{
	if (len < 1 || bytes[0] > 100) {
		say_wrong(s, "battery level: %s", len ? "more than 100 %" : "empty");
		return -1;
	}
	say(s, SAID_BATTERY)->battery = bytes[0];
	return 0;
}

void
about_text(struct say *s, const char *what, const void *text, size_t len)
{
	const char *from = text;
	struct device_said *said;
	size_t i;

	if (!len || !*from)
		return;
	said = say(s, SAID_ABOUT);
	(void)snprintf(said->about.what, sizeof(said->about.what), "%s", what);
	for (i = 0; i < len && from[i] && i + 1 < sizeof(said->about.text); i++)
		said->about.text[i] = (char)(from[i] >= ' ' && from[i] < 0x7f ? from[i] : '?');
}

int
about_heard(struct say *s, unsigned nth, const uint8_t *bytes, size_t len)
{
	static const char *const what[] = {"battery", "maker", "model", "firmware"};

	ASSERT(nth < ABOUT_N_PORTS);
	if (!nth)
		return battery(s, bytes, len);
	about_text(s, what[nth], bytes, len);
	return 0;
}
