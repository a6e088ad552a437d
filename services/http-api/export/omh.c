/*
 * omh - data points of Open mHealth, an array of them
 *
 * A reading is a point of omh:oxygen-saturation:2.0 and one of omh:heart-rate:2.0, each where
 * there is a value; one without either is a point of ihht:no-value:1.0 that says why.  What
 * Open mHealth has no schema for are points of ihht:TABLE:1.0 with the table's columns, and
 * a reading's other columns stand as `ihht` in the body of its first point.
 * Source: openmhealth.org, schemas data-point, header, oxygen-saturation, heart-rate.
 */
#include <math.h>
#include <stdio.h>

#include "services/http-api/export/export.h"
#include "services/http-api/export/json_cell.h"

struct state {
	int64_t n;
};

struct point {
	const char *space, *name, *version;
	const char *part;              /* of the row: what its id is made of */
};

static void
put_key(struct sink *sink, const char *key, const char *text)
{
	sink_text(sink, key);
	sink_json(sink, text);
}

/* Who, when, from what: up to the opening brace of the body. */
static void
open_point(struct export *x, const struct point *point, const char *id, const struct reading *r)
{
	struct state *s = x->state;
	struct sink *sink = x->sink;
	const char *source = words_text(&words_data_source, r ? r->data_source : x->session.data_source);

	put_key(sink, s->n++ ? ",\n{\"header\":{\"id\":" : "\n{\"header\":{\"id\":", id);
	sink_text(sink, ",\"creation_date_time\":\"");
	sink_time(sink, r ? r->taken_us : x->session.start_us);
	put_key(sink, "\",\"schema_id\":{\"namespace\":", point->space);
	put_key(sink, ",\"name\":", point->name);
	put_key(sink, ",\"version\":", point->version);
	put_key(sink, "},\"acquisition_provenance\":{\"source_name\":", x->session.device_id);
	if (r && r->device_us != MSG_NONE) {
		sink_text(sink, ",\"source_creation_date_time\":\"");
		sink_time(sink, r->device_us);
		sink_text(sink, "\"");
	}
	sink_text(sink, r ? ",\"modality\":\"sensed\"" : "");
	put_key(sink, ",\"data_source\":", source);
	put_key(sink, ",\"gateway\":", x->session.gateway);
	put_key(sink, ",\"session_id\":", x->session.id);
	put_key(sink, "},\"user_id\":", x->session.user_id);
	sink_text(sink, "},\"body\":{\"effective_time_frame\":");
}

static void
put_moment(struct sink *sink, int64_t us)
{
	sink_text(sink, "{\"date_time\":\"");
	sink_time(sink, us);
	sink_text(sink, "\"}");
}

static void
put_interval(struct sink *sink, int64_t from_us, int64_t to_us)
{
	sink_text(sink, "{\"time_interval\":{\"start_date_time\":\"");
	sink_time(sink, from_us);
	sink_text(sink, "\",\"end_date_time\":\"");
	sink_time(sink, to_us);
	sink_text(sink, "\"}}");
}

/* ---- readings */

static void
open_reading(struct export *x, const struct reading *r, const struct point *point)
{
	ids_uuid id;

	json_reading_id(&x->session, r, point->part, id);
	open_point(x, point, id, r);
	put_moment(x->sink, r->taken_us);
}

static void
close_reading(struct export *x, const struct reading *r, int is_first)
{
	if (is_first) {
		sink_text(x->sink, ",\"ihht\":{\"valid\":");
		sink_text(x->sink, r->invalid == INVALID_NO ? "true" : "false");
		json_cells(x->sink, table_of(&msg_reading), &x->session, r,
			   " timestamp device_time spo2 heart_rate is_valid data_source ");
		sink_text(x->sink, "}");
	}
	sink_text(x->sink, "}}");
}

static void
put_reading(struct export *x, const struct reading *r)
{
	static const struct point spo2 = {"omh", "oxygen-saturation", "2.0", "spo2"};
	static const struct point pulse = {"omh", "heart-rate", "2.0", "heart_rate"};
	static const struct point none = {"ihht", "no-value", "1.0", "none"};
	int has_spo2 = isfinite(r->spo2), has_pulse = isfinite(r->heart_rate);

	if (has_spo2) {
		open_reading(x, r, &spo2);
		sink_text(x->sink, ",\"oxygen_saturation\":{\"unit\":\"%\",\"value\":");
		sink_real(x->sink, r->spo2);
		sink_text(x->sink, "},\"system\":\"peripheral capillary\",\"measurement_method\":\"pulse oximetry\"");
		close_reading(x, r, 1);
	}
	if (has_pulse) {
		open_reading(x, r, &pulse);
		sink_text(x->sink, ",\"heart_rate\":{\"unit\":\"beats/min\",\"value\":");
		sink_real(x->sink, r->heart_rate);
		sink_text(x->sink, "}");
		close_reading(x, r, !has_spo2);
	}
	if (!has_spo2 && !has_pulse) {
		open_reading(x, r, &none);
		close_reading(x, r, 1);
	}
}

/* ---- everything else */

/* The time of a row is its first time; a second one is its end. */
static void
put_frame(struct export *x, const struct table *table, const void *row)
{
	int64_t from = MSG_NONE, to = MSG_NONE;
	const struct column *c;
	struct cell cell;

	for (c = table->columns; c < table->columns + table->n_columns && to == MSG_NONE; c++) {
		cell = table_cell(c, &x->session, row);
		if (cell.kind == CELL_TIME && from == MSG_NONE)
			from = cell.number;
		else if (cell.kind == CELL_TIME)
			to = cell.number;
	}
	if (from != MSG_NONE && to != MSG_NONE)
		put_interval(x->sink, from, to);
	else
		put_moment(x->sink, from != MSG_NONE ? from : x->session.start_us);
}

static void
put_other(struct export *x, const struct table *table, const void *row)
{
	struct point point = {"ihht", table->name, "1.0", ""};
	struct state *s = x->state;
	char part[80];
	ids_uuid id;

	(void)snprintf(part, sizeof(part), "%s %lld", table->name, (long long)s->n);
	json_part_id(&x->session, part, id);
	open_point(x, &point, id, NULL);
	put_frame(x, table, row);
	json_cells(x->sink, table, &x->session, row, "");
	sink_text(x->sink, "}}");
}

static void
row(struct export *x, const struct table *table, const void *row)
{
	if (table->message == &msg_reading)
		put_reading(x, row);
	else
		put_other(x, table, row);
}

static void
begin(struct export *x)
{
	sink_text(x->sink, "[");
}

static void
session(struct export *x)
{
	put_other(x, &tables[0], &x->session);
}

static void
session_end(struct export *x)
{
	(void)x;
}

static void
end(struct export *x)
{
	sink_text(x->sink, "]\n");
}

const struct format format_omh = {
	.name = "omh", .suffix = ".omh.json", .type = "application/json",
	.purpose = "data points of Open mHealth", .shape = SHAPE_WHOLE,
	.state_size = sizeof(struct state), .begin = begin, .session = session, .row = row,
	.session_end = session_end, .end = end};
