#include <string.h>

#include "common/clock.h"
#include "services/http-api/figures/figures.h"
#include "services/http-api/mcp/tool.h"

#define NAMES_MOST 20

static void
add_name(json_t *list, const json_t *name)
{
	const json_t *other;
	size_t i;

	if (!json_is_string(name) || json_array_size(list) == NAMES_MOST)
		return;
	json_array_foreach(list, i, other) {
		if (json_equal(other, name))
			return;
	}
	json_array_append(list, (json_t *)name);
}

/* Times of Postgres are of one form, so that the greater text is the later time. */
static const json_t *
later(const json_t *a, const json_t *b)
{
	if (!json_is_string(a))
		return b;
	return json_is_string(b) && strcmp(json_string_value(b), json_string_value(a)) > 0 ? b : a;
}

json_t *
provenance(const struct call *call, const json_t *rows)
{
	json_t *sources = json_array(), *devices = json_array(), *gateways = json_array();
	const char *mock = argument(&call->arguments, "include_mock");
	const json_t *row, *n, *synced = NULL;
	json_int_t readings = 0;
	char now[CLOCK_TEXT];
	size_t i;

	json_array_foreach(rows, i, row) {
		add_name(sources, json_object_get(row, "data_source"));
		add_name(devices, json_object_get(row, "device_id"));
		add_name(gateways, json_object_get(row, "gateway"));
		synced = later(synced, json_object_get(row, "last_sync_at"));
		if (!(n = json_object_get(row, "readings")))
			n = json_object_get(row, "total_readings");
		readings += json_integer_value(n);
	}
	return json_pack("{s:s, s:s, s:I, s:o, s:o, s:o, s:O?, s:b, s:O?}",
		"source", "Postgres, asked with your own rights", "asked_at",
		clock_text(call->utc_us, now), "readings", readings, "data_sources", sources,
		"devices", devices, "gateways", gateways, "synced_until", synced,
		"includes_mock", mock && !strcmp(mock, "true"), "audit", call->audit);
}

json_t *
units(const char *pairs)
{
	json_t *o = json_pack("{s:s}", "times", "ISO 8601, UTC");
	size_t name, unit;

	for (; *pairs; pairs += name + 1 + unit, pairs += *pairs == ';') {
		name = strcspn(pairs, "=");
		unit = strcspn(pairs + name + 1, ";");
		json_object_setn_new(o, pairs, name, json_stringn(pairs + name + 1, unit));
	}
	return o;
}

void
units_add_figures(json_t *o)
{
	const struct figure *lists[] = {session_figure_list, phase_figure_list}, *f;
	size_t i;

	for (i = 0; i < 2; i++)
		for (f = lists[i]; f->name; f++)
			if (*f->unit)
				json_object_set_new(o, f->name, json_string(f->unit));
}
