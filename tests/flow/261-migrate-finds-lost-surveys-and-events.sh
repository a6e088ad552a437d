#!/bin/bash
# An autumn database of the app, its columns of other types and keys: surveys and readings under
# local ids and ids of nothing, events five times, statistics twice.  As a superuser.
. "$(dirname "$0")/migrate.sh"
old_database late postgres

U=$(person 1)
A=IHHT_1754042400000_abcdef
add_session 1 $A dev-a "$U" 0 '' active
add_session 2 $A dev-a "$U" 1 1200 completed 0
add_session 3 IHHT_1754050000000_zzzzzz dev-a "$U" 7600 9000 completed
add_readings "$(sid 1)" 0 100
add_readings $A 100 100                 # under the local id itself
add_readings "$(sid 3)" 7600 50
as_owner <<SQL
-- one survey a twin, with one field in conflict and symptoms on one side
INSERT INTO session_surveys (session_id, clarity_pre, energy_pre, updated_at, origin) VALUES
	('$(sid 1)', 2, 3, $(at 10), 'web');
INSERT INTO session_surveys (session_id, clarity_pre, clarity_post, energy_post, stress_post, post_symptoms, updated_at)
	VALUES ('$(sid 2)', 4, 5, 4, 1, '{zen,"light headed"}', $(at 1300));
-- the post survey that hangs under an id of nothing, five minutes after the second session
INSERT INTO session_surveys (session_id, user_id, clarity_post, created_at, updated_at) VALUES
	('session_$((1754042400000 + 9300000))', '$U', 3, $(at 9300), $(at 9300));
-- one mask lift: by the engine, the manager, and again at the end
INSERT INTO session_adaptive_events (session_id, event_type, event_timestamp, altitude_phase_number, spo2_value, additional_data)
	SELECT s, 'mask_lift', $(at 30) + i * interval '40 ms', 1, 82, CASE i WHEN 1 THEN '{"breaths": 1}' ELSE '{}' END::jsonb
	FROM (VALUES ('$(sid 1)'::uuid, 0), ('$(sid 1)', 1), ('$(sid 2)', 2), ('$(sid 2)', 3), ('$(sid 1)', 4)) v(s, i);
INSERT INTO session_adaptive_events (session_id, event_type, event_timestamp, altitude_phase_number, spo2_value)
	VALUES ('$(sid 2)', 'mask_lift', $(at 90), 1, 81);
INSERT INTO session_phase_stats (session_id, phase_type, phase_number, altitude_level, target_min_spo2, target_max_spo2, min_spo2)
	VALUES ('$(sid 1)', 'altitude', 1, 6, 85, 90, NULL), ('$(sid 2)', 'altitude', 1, 6, 85, 90, 81);
INSERT INTO intra_session_responses (session_id, phase_number, clarity, energy, stress, sensations, "timestamp") VALUES
	('$(sid 1)', 1, 3, 3, 3, '["zen"]', 1754042700000), ('$(sid 2)', 2, 4, 4, 2, NULL, 1754043300000);
SQL
BEFORE=$(dump_hash)

plan
is "$STATUS" 0 "plan" || diag "$OUT"
ID=$(awk '/^id /{print $2}' "$T/plan")
migrate apply "$T/plan"
is "$STATUS" 0 "apply" || diag "$OUT"
is "$(sql "SELECT left(id::text, 8), status, total_readings, total_mask_lifts FROM sessions ORDER BY id" | tr '\n' ' ')" \
	"00000001|completed|200|2 00000003|completed|50|0 " "sessions, with readings and mask lifts counted"
is "$(sql "SELECT count(*) FROM readings WHERE session_id = '$A'")" 0 "readings under the local id have come home"
is "$(sql "SELECT clarity_pre, energy_pre, clarity_post, post_symptoms, origin FROM session_surveys WHERE session_id = '$(sid 1)'")" \
	'4|3|5|{zen,"light headed"}|app' "one survey: all fields of both, the newer where they differ"
is "$(sql "SELECT clarity_post FROM session_surveys WHERE session_id = '$(sid 3)'")" 3 "the lost post survey is with its session"
is "$(sql "SELECT count(*), max(additional_data::text) FROM session_adaptive_events WHERE event_timestamp < $(at 60)")" \
	'1|{"breaths": 1}' "one mask lift is one event, with what the fullest said"
is "$(sql "SELECT count(*), min(min_spo2) FROM session_phase_stats")" "1|81" "statistics once"
is "$(sql "SELECT string_agg(left(session_id::text, 8) || phase_number, ' ' ORDER BY phase_number) FROM intra_session_responses")" \
	"000000011 000000012" "answers, keyed by session, moved along"
migrate verify "$T/plan"
is "$STATUS" 0 "verify" || diag "$OUT"
is "$(cd "$T" && "$BIN/ihht" --config "$CONF" --json migrate verify "$T/plan" | jq .wrong)" 0 \
	"the same, asked of ihht, as JSON"
rm "$T/plan"
migrate plan --out "$T/plan" --json
is "$(jq -c '[.sessions, .tables.sessions.before, .tables.sessions.after]' <<<"$OUT")" "[0,2,2]" \
	"a new plan, as JSON, has nothing to do"
migrate apply "$T/plan" --json
is "$(jq -c '[.applied, .rows, .refused]' <<<"$OUT")" "[0,0,0]" "and applying it changes 0 rows"
migrate undo "$ID" --json
is "$STATUS $(jq -c '[.undone, .left, .refused]' <<<"$OUT")" "0 [2,0,0]" "undo, by the plan's id" || diag "$OUT"
is "$(dump_hash)" "$BEFORE" "every row is what it was, to the byte"
migrate frobnicate
is "$STATUS" 2 "no such verb: exit 2"
migrate plan --help
like "$OUT" '--abandon-before DATE' "--help has every option"
done_testing
