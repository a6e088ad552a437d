#include "services/ble-ingest/devices/ring_info.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/ble-ingest/devices/wall.h"

static const char *
text(const json_t *all, const char *name)
{
	const char *s = json_string_value(json_object_get(all, name));

	return s ? s : "";
}

static int64_t
clock_us(const char *s)
{
	int y, mo, d, h, mi, sec;

	if (sscanf(s, "%4d-%2d-%2d,%2d:%2d:%2d", &y, &mo, &d, &h, &mi, &sec) != 6)
		return WALL_NONE;
	return wall_us(y, mo, d, h, mi, sec);
}

static int
percent(const char *s)
{
	char *end;
	long v = strtol(s, &end, 10);

	return end == s || v < 0 || v > 100 ? -1 : (int)v;
}

int
ring_info_parse(const uint8_t *bytes, size_t len, struct ring_info *info)
{
	json_t *all;

	while (len && !bytes[len - 1])
		len--;
	all = json_loadb((const char *)bytes, len, 0, NULL);
	if (!json_is_object(all)) {
		json_decref(all);
		return -1;
	}
	info->local_us = clock_us(text(all, "CurTIME"));
	info->battery = percent(text(all, "CurBAT"));
	(void)snprintf(info->model, sizeof(info->model), "%s", text(all, "Model"));
	(void)snprintf(info->firmware, sizeof(info->firmware), "%s", text(all, "SoftwareVer"));
	(void)snprintf(info->files, sizeof(info->files), "%s", text(all, "FileList"));
	json_decref(all);
	return 0;
}
