#include "services/http-api/mcp/agent_shapes.h"

#include "services/http-api/openapi/schemas.h"
#include "services/http-api/reads/shape_columns.h"

const struct shape shape_listed = {
	.name = "ListedSession", .columns = (const struct column[]){
	UUID(id, "the session"), TEXT_ALWAYS(local_session_id, "the app's id"),
	UUID(user_id, "the person"), TEXT_ALWAYS(gateway, "which gateway keeps it"),
	TEXT_ALWAYS(device_id, "the oximeter"), WORD(status, session_status, "where it is in its life"),
	TIME_ALWAYS(start_time, ""), TIME(end_time, "null while it runs"),
	WORD(session_subtype, session_subtype, ""), INT(current_cycle, "last cycle"),
	INT(total_cycles, "planned"), INT(current_altitude_level, "dial, 0 to 11"),
	INT_ALWAYS(total_mask_lifts, ""), INT_ALWAYS(total_readings, "as its gateway last said"),
	REAL(avg_spo2, "%, as its gateway last said"), REAL(min_spo2, "%, as its gateway last said"),
	REAL(avg_heart_rate, "beats/min, as its gateway last said"),
	WORD(data_source, data_source, "where its values come from; mock is made up"),
	TEXT_ALWAYS(sync_status, "pending, syncing, completed or failed"),
	TIME(last_sync_at, "when something of it last came to Postgres"), END}};

const struct shape shape_point = {
	.name = "Point", .columns = (const struct column[]){
	TIME_ALWAYS(timestamp, "when it was received"), REAL(spo2, "%; null: see invalid"),
	REAL(heart_rate, "beats/min"), REAL(perfusion_index, "%"),
	TEXT(invalid, "why there is no value"), TEXT(phase_type, "the session's phase then"),
	INT(cycle_number, ""), INT(fio2_level, "the dial, 0 to 11; the app's name for it"),
	WORD(data_source, data_source, "where the value comes from"), END}};

const struct shape shape_judged = {
	.name = "JudgedSession", .columns = (const struct column[]){
	{"quality", COLUMN_COMPUTED, 1, "", NULL, NULL, &shape_quality},
	{"concerns", COLUMN_ANY, 1, "what speaks against trusting it", NULL, NULL, NULL}, END}};

const struct shape shape_explained = {
	.name = "ExplainedGap", .columns = (const struct column[]){
	TIME_ALWAYS(from_time, "last reading before it, or the session's start"),
	TIME_ALWAYS(to_time, "first reading after it, or the session's end"),
	REAL(seconds, "s"), TEXT(phase_type, "the session's phase as it began"), INT(cycle_number, ""),
	TEXT(reason, "as recorded; null: nothing was recorded of it"),
	INT(lost, "values known to be lost; null: not known"),
	INT(battery, "% of the device, before it"),
	INT(signal_strength, "the device's own figure, before it"),
	TEXT(invalid, "why the reading before it had no value"),
	TEXT_ALWAYS(explanation, "what that means"), TEXT_ALWAYS(advice, "what can be done"), END}};

const struct shape shape_audit = {
	.name = "AuditHead", .columns = (const struct column[]){
	INT_ALWAYS(entry, "of the auditor's log"), TIME_ALWAYS(at, ""), TEXT_ALWAYS(what, ""),
	TEXT_ALWAYS(found, "in figures"), TEXT_ALWAYS(sha256, "of the log up to it"), END}};

const struct shape shape_provenance = {
	.name = "Provenance", .columns = (const struct column[]){
	TEXT_ALWAYS(source, "which store was asked"), TIME_ALWAYS(asked_at, ""),
	INT_ALWAYS(readings, "readings that the numbers rest on"),
	ANY(data_sources, "bluetooth, manual, mock (made up), unknown: those in it"),
	ANY(devices, "oximeters"), ANY(gateways, "which gateways recorded it"),
	TIME(synced_until, "when the last of it came to Postgres"),
	BOOL(includes_mock, "whether made-up data may be in it"),
	{"audit", COLUMN_ROW, 0, "the auditor's last entry, on a gateway that has one", NULL, NULL,
	 &shape_audit}, END}};

const struct shape shape_difference = {
	.name = "Difference", .columns = (const struct column[]){
	TEXT_ALWAYS(figure, ""), TEXT_ALWAYS(unit, ""),
	ANY(values, "of the sessions, in the order of `sessions`"),
	REAL(change, "last less first"), END}};

const struct shape shape_trend = {
	.name = "Trend", .columns = (const struct column[]){
	TEXT_ALWAYS(figure, "a name of Week"), INT_ALWAYS(weeks, "with a value"),
	REAL(first, ""), REAL(last, ""), REAL(change, "last less first"),
	REAL(per_week, "least-squares slope"), END}};

const struct shape shape_alert = {
	.name = "Alert", .columns = (const struct column[]){
	TEXT_ALWAYS(name, "the rule"), TEXT_ALWAYS(level, "warn or critical"), TEXT_ALWAYS(text, ""),
	INT_ALWAYS(at_us, "us since 1970"), END}};

json_t *
shape_pick(const struct shape *shape, const json_t *row)
{
	const struct column *c;
	json_t *o = json_object(), *value;

	for (c = shape->columns; c->name; c++)
		if ((value = json_object_get(row, c->name)))
			json_object_set(o, c->name, value);
	return o;
}

json_t *
shape_one_of(const struct shape *shape, json_t *defs)
{
	schema_add_shape(defs, shape);
	return schema_ref(shape->name);
}

json_t *
shape_list_of(const struct shape *shape, json_t *defs)
{
	return schema_list(shape_one_of(shape, defs));
}

json_t *
schema_cursor(void)
{
	return json_pack("{s:[s,s], s:s}", "type", "string", "null", "description",
			 "give it as `cursor` for what follows; null: this is all");
}

json_t *
schema_units(void)
{
	return json_pack("{s:s, s:{s:s}}", "type", "object", "additionalProperties", "type", "string");
}
