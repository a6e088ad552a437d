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

int
about_heard(struct say *s, unsigned nth, const uint8_t *bytes, size_t len)
{
	static const char *const what[] = {"battery", "maker", "model", "firmware"};
	struct device_said *said;
	size_t i, n = 0;

	ASSERT(nth < ABOUT_N_PORTS);
	if (!nth)
		return battery(s, bytes, len);
	said = say(s, SAID_ABOUT);
	(void)snprintf(said->about.what, sizeof(said->about.what), "%s", what[nth]);
	for (i = 0; i < len && bytes[i] && n + 1 < sizeof(said->about.text); i++)
		said->about.text[n++] = (char)(bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '?');
	return 0;
}
