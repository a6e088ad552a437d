#!/bin/bash
# sync-worker writes every bundle once, value by value, whatever was sent again, in whatever
# order, by however many workers, and says so only when it is there.
. "$(dirname "$0")/sync.sh"
fresh
pg_start || skip_all "no Postgres"
conf sync-worker retry-first-ms 10
start sync-worker
wait_ready sync-worker

# ---- once
send --sessions 3 --bundles 2 --rows 500 --records
is "$STATUS" 0 "six bundles of three sessions are receipted"
has applied 6
has added 3000
is "$(sql "SELECT count(*) FROM readings")" 3000 "3000 readings are there"
is "$(sql "SELECT count(*) FROM sync_receipts")" 6 "and six receipts"
is "$(sql "SELECT string_agg(rev::text, ' ' ORDER BY rev) FROM sync_heads")" "2 2 2" "a revision for each bundle of a person"
first=$(contents)

send --sessions 3 --bundles 2 --rows 500 --records
has duplicate 6 "the same again, as fresh: duplicates"
send --sessions 3 --bundles 2 --rows 500 --records --resent
has duplicate 6 "the same again, as sent before: duplicates"
has added 0
send --sessions 3 --bundles 1 --rows 1000 --records
has applied 3 "the same readings in other bundles, as fresh: COPY meets them and steps aside"
has added 0
has seen 3000
send --sessions 3 --bundles 1 --rows 1010 --records --zstd
has added 30 "ten new ones among them are added; packed"
sql "DELETE FROM readings WHERE seq > 1000"
is "$(contents)" "$first" "nothing has changed"

sql "DELETE FROM readings WHERE seq % 7 = 0; DELETE FROM session_surveys"
send --sessions 3 --bundles 2 --rows 500 --records --resent
has added 426 "rows that Postgres has lost since come back, receipt or not"
is "$(contents)" "$first" "value by value"

# ---- values
is "$(sql "SELECT timestamp AT TIME ZONE 'UTC', spo2, heart_rate, perfusion_index, motion IS NULL, signal_strength, battery, is_valid, data_source, phase_type, cycle_number, fio2_level, invalid IS NULL, rr IS NULL
	FROM readings WHERE seq = 49 ORDER BY user_id LIMIT 1")" \
	"2026-11-23 03:14:08|91|64|6.1|t|80|90|t|mock|ALTITUDE|1|6|t|t" "a reading, value by value"
is "$(sql "SELECT string_agg(round((rr >> shift & 65535) * 1000 / 1024.0, 1)::text, ' ' ORDER BY shift)
	FROM readings, unnest(ARRAY[0, 16, 32]) shift
	WHERE (user_id, seq) IN (SELECT user_id, 8 FROM readings ORDER BY user_id LIMIT 1)")" \
	"983.4 988.3 974.6" "intervals between beats, in ms"
is "$(sql "SELECT is_valid, spo2 IS NULL, heart_rate IS NULL, perfusion_index, invalid FROM readings WHERE seq = 50 ORDER BY user_id LIMIT 1")" \
	"f|t|t|6.2|no_finger" "an invalid one: NULL and why"
is "$(sql "SELECT status, sync_status, local_session_id, avg_spo2, session_type, current_phase, hlc FROM sessions ORDER BY user_id LIMIT 1")" \
	"active|syncing|IHHT_1795403600000_000000|88.7|IHHT|ALTITUDE|65536" "the session"
is "$(sql "SELECT clarity_pre, clarity_post, notes_post, post_symptoms FROM session_surveys LIMIT 1")" \
	"1|3|it's \"good\"|[\"relaxed\"]" "pre and post survey in one row"
is "$(sql "SELECT phase_number, stress, sensations, spo2_value FROM intra_session_responses LIMIT 1")" \
	"1|2|[\"zen\", \"tingling\"]|84.5" "the survey during the session"
is "$(sql "SELECT event_type, altitude_phase_number, additional_data->>'breaths' FROM session_adaptive_events LIMIT 1")" \
	"mask_lift|1|1" "the event"
is "$(sql "SELECT phase_type, phase_number, duration_seconds, avg_spo2 FROM session_phase_stats LIMIT 1")" "ALTITUDE|1|420|87.25" "phase statistics"
is "$(sql "SELECT recommended_altitude_level, performance FROM progression LIMIT 1")" "7|GOOD" "progression"
is "$(sql "SELECT reason, extract(epoch FROM to_time - from_time)::int FROM gaps LIMIT 1")" "link_lost|5" "the gap"

# ---- newer and older
send --rows 0 --hlc 5 --end
has applied 1 "a newer version of a session"
is "$(sql "SELECT status, sync_status, hlc FROM sessions ORDER BY user_id LIMIT 1")" "completed|completed|327680" "is written"
send --rows 0 --hlc 3
has applied 1 "an older one that comes late"
is "$(sql "SELECT status, hlc FROM sessions ORDER BY user_id LIMIT 1")" "completed|327680" "is not"
is "$(sql "SELECT string_agg((hlc >> 16) || ' ' || (row->>'status'), ', ' ORDER BY hlc) FROM record_history WHERE kind = 'sessions' AND user_id::text LIKE '%0'")" \
	"1 active, 3 active, 5 completed" "but every version is kept"

# ---- two active sessions of one person
sql "TRUNCATE sessions CASCADE"
send --one-user --sessions 4 --rows 10
has applied 4 "four active sessions of one person, one begun after the other"
is "$(sql "SELECT string_agg(status, ' ' ORDER BY start_time) FROM sessions")" "force_ended force_ended force_ended active" "the last one is active"
send --one-user --sessions 2 --rows 0 --hlc 7
has applied 2 "of earlier ones comes more"
is "$(sql "SELECT string_agg(status, ' ' ORDER BY start_time) FROM sessions")" "force_ended force_ended force_ended active" "that changes nothing"
send --one-user --sessions 4 --rows 0 --hlc 8 --end
is "$(sql "SELECT string_agg(DISTINCT status, ' ') FROM sessions")" "completed" "and at their ends all are completed"

# ---- any time
for start in 0 1420070399000000 1709164700000000 4102444700000000; do
	send --start-us $start --rows 100 --end
	has added 100 "readings from $start us on"
done
send --start-us 1764547000000000 --rows 1000 --end
has added 1000 "over the end of a month"
send --start-us 1764547000000000 --rows 1000 --end --resent
has duplicate 1 "again"
is "$(sql "SELECT tableoid::regclass::text, count(*) FROM readings WHERE timestamp BETWEEN '2025-11-29' AND '2025-12-02' GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" \
	"ihht.readings_2025_11|200 ihht.readings_2025_12|800 " "each half in its month"
for start in 1764549000000000 1764560000000000; do
	sql "ALTER TABLE readings DETACH PARTITION ihht.readings_2025_12; DROP TABLE ihht.readings_2025_12"
	send --start-us $start --rows 100 --end $([ $start = 1764549000000000 ] || echo --resent)
	has added 100 "a partition that was taken away is made again"
done

# ---- several workers
stop sync-worker
sql "TRUNCATE readings, sessions, sync_receipts, sync_heads, record_history CASCADE"
conf sync-worker instances 3
for i in 1 2 3; do
	start sync-worker --instance $i
	wait_ready sync-worker-$i
done
wait_until '[ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE usename = '"'ihht_sync'"'")" = 3 ]'
send --sessions 10 --bundles 8 --rows 250 --records --twice --in-flight 12
is "$STATUS" 0 "three workers, each bundle sent to two of them"
has receipted 80
is "$(sql "SELECT count(*), count(DISTINCT (session_id, seq)) FROM readings")" "20000|20000" "every reading once"
is "$(sql "SELECT count(*) FROM sync_receipts")" 80 "every bundle once"
is "$(sql "SELECT count(*) FROM sessions")" 10 "every session once"
is "$(sql "SELECT count(DISTINCT rev) = count(*) AND max(rev) >= 8 FROM sync_receipts WHERE user_id::text LIKE '%1'")" t "no two bundles of a person have one revision"
for i in 1 2 3; do stop sync-worker-$i; done
conf sync-worker instances

# ---- behind a transaction pooler
sql "TRUNCATE readings, sessions, sync_receipts, sync_heads, record_history CASCADE"
conf sync-worker prepare no
start sync-worker
wait_ready sync-worker
send --sessions 3 --bundles 2 --rows 500 --records
has added 3000 "without prepared statements"
is "$(contents)" "$first" "the same rows"
is "$(sql "SELECT count(*) FROM pg_prepared_statements")" 0 "none"
stop sync-worker
done_testing
