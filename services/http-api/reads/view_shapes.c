#include "services/http-api/figures/figures.h"
#include "services/http-api/reads/shape_columns.h"
#include "services/http-api/reads/shapes.h"

const struct shape shape_basis = {
	.name = "Basis", .columns = (const struct column[]){
	UUID(id, "the session"), TEXT_ALWAYS(local_session_id, "the app's id"),
	UUID(user_id, "the person"), TEXT_ALWAYS(gateway, "which gateway keeps it"),
	TEXT_ALWAYS(device_id, "the oximeter"), WORD(status, session_status, "where it is in its life"),
	WORD(data_source, data_source, "where its values come from; mock is made up"),
	TIME_ALWAYS(start_time, ""), TIME(end_time, "null while it runs"),
	TEXT_ALWAYS(sync_status, "pending, syncing, completed or failed"),
	TIME(last_sync_at, "when something of it last came to Postgres"),
	INT_ALWAYS(readings, "readings it rests on, those without a value too"),
	INT_ALWAYS(spo2_readings_count, "values of SpO2 it rests on"), END}};

const struct shape shape_quality = {
	.name = "Quality", .columns = (const struct column[]){
	UUID(session_id, ""), UUID(user_id, "the person"), TEXT_ALWAYS(gateway, "which gateway keeps it"),
	TEXT_ALWAYS(device_id, "the oximeter"), WORD(data_source, data_source, ""),
	TIME_ALWAYS(start_time, ""), TIME(end_time, "null while it runs"),
	TIME(last_sync_at, "when something of it last came to Postgres"),
	INT_ALWAYS(readings, "those without a value too"), INT_ALWAYS(spo2_readings_count, "values of SpO2"),
	REAL(valid_share, "readings with SpO2, 0 to 1"),
	REAL(coverage, "seconds with a reading, of the session's; 0 to 1"),
	REAL(longest_silence_seconds, "s without a reading"),
	REAL(low_perfusion_share, "readings with a perfusion index under 0.3 %, 0 to 1"),
	REAL(avg_perfusion_index, "%"), INT_ALWAYS(gaps, "records of missing values"),
	INT_ALWAYS(lost, "values known to be lost"), ANY(gap_reasons, "how many gaps of each reason"),
	ANY(invalid_reasons, "how many readings without a value, by reason"),
	REAL(hours_measured, "h with values of SpO2"),
	REAL(index_3, "desaturations of 3 % or more an hour"),
	REAL(index_4, "desaturations of 4 % or more an hour"), REAL(nadir_spo2, "%, least"),
	REAL(share_below_90, "values of SpO2 under 90 %, 0 to 1"),
	REAL(share_below_83, "values of SpO2 under 83 %, 0 to 1"), END}};

const struct shape shape_summary = {
	.name = "Summary", .columns = (const struct column[]){
	UUID(session_id, ""), TEXT_ALWAYS(local_session_id, "the app's id"),
	TIME_ALWAYS(start_time, ""), INT(duration_seconds, "s; null while it runs"),
	{"figures", COLUMN_ANY, 1, "of the whole session",
	 "to_jsonb(r) - '{user_id,session_id,local_session_id,gateway,device_id,data_source,status,"
	 "session_subtype,start_time,end_time,duration_seconds}'::text[]", NULL, NULL}, END}};

const struct shape shape_week = {
	.name = "Week", .columns = (const struct column[]){
	{"week", COLUMN_TEXT, 1, "its Monday, UTC", "r.week::text", NULL, NULL}, INT_ALWAYS(sessions, "that have ended"),
	INT(readings, "they rest on"), INT(duration_seconds, "s, together"),
	REAL(avg_spo2, "%, mean of the sessions' means"), REAL(min_spo2, "%, least"),
	INT(time_in_zone_seconds, "s with SpO2 from 85 to 90 in altitude phases, together"),
	REAL(therapeutic_efficiency_score, "share of values in that zone, 0 to 1"),
	REAL(avg_desaturation_rate, "s to the first SpO2 under 90, mean"),
	REAL(avg_spo2_recovery_time, "s to the first SpO2 of 95 or more in a recovery, mean"),
	INT(mask_lifts, ""), REAL(session_adaptation_index, "0 to 100, mean"),
	INT(altitude_level_achieved, "greatest dial"), END}};

const struct shape shape_silence = {
	.name = "Silence", .columns = (const struct column[]){
	TIME_ALWAYS(from_time, "last reading before it, or the session's start"),
	TIME_ALWAYS(to_time, "first reading after it, or the session's end"),
	{"seconds", COLUMN_REAL, 1, "s", "extract(epoch FROM r.to_time - r.from_time)::float8", NULL, NULL}, TEXT(phase_type, "the session's phase as it began"), INT(cycle_number, ""),
	TEXT(reason, "as recorded; null: nothing was recorded of it"),
	INT(lost, "values known to be lost; null: not known"),
	INT(battery, "% of the device, before it"),
	INT(signal_strength, "the device's own figure, before it"),
	TEXT(invalid, "why the reading before it had no value"), END}};
