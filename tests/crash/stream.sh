# stream.sh - the known stream of the matrix, and its comparison with what the stores hold
#
# One session for each trouble: a recording of ROWS values that no other has, a survey, an event.
# Sourced after lib.sh.
RECORDED=2026-01-01T00:00:00Z RECORDED_US=1767225600000000
ROWS=400

user() { printf '00000000-0000-4000-8000-%012d' "$1"; }
local_id() { echo "IHHT_1767225600000_m$1"; }

settings() {
	conf ble-ingest source replay
	conf ble-ingest files "$T/files"
	conf ble-ingest speed 0
	conf ble-ingest start "$RECORDED"
	conf ble-ingest spool "$T/spool"
	conf local-store commit-rows 40
	conf local-store bundle-seconds 0
	conf local-store bundle-rows 20
	conf local-store resend-seconds 1
	conf sync-worker retry-most-ms 200
	conf dedupe-auditor interval 1
}

# make_recording N
make_recording() {
	mkdir -p "$T/files"
	rm -f "$T"/files/*
	awk -v n="$1" -v rows=$ROWS 'BEGIN { print "t_ms,spo2,heart_rate,motion,perfusion_index"
		for (i = 1; i <= rows; i++) printf "%d,%.1f,%d,,%.1f\n", i * 1000, 70 + (i * 7 + n) % 300 / 10,
			40 + (i * 13 + n) % 140, i % 90 / 10 }' >"$T/files/matrix-$1.csv"
	awk -F, 'NR > 1 { printf "%d|%.1f|%.1f|%.1f\n", $1, $2, $3, $5 }' "$T/files/matrix-$1.csv" | sort >"$T/generated"
}

# ---- what the stores hold of session $ID
in_sqlite() {
	lite "SELECT printf('%d|%.1f|%.1f|%.1f', (taken_us - $RECORDED_US) / 1000, spo2, heart_rate, perfusion_index)
		FROM readings r JOIN session s ON s.no = r.session WHERE s.id = '$ID'" | sort
}
in_postgres() {
	sql "SELECT (extract(epoch FROM timestamp) * 1000)::bigint - $((RECORDED_US / 1000)) || '|' || to_char(spo2, 'FM990.0') || '|' ||
		to_char(heart_rate, 'FM990.0') || '|' || to_char(perfusion_index, 'FM990.0')
		FROM readings WHERE session_id = '$ID'" | sort
}
n_sqlite() { lite "SELECT count(*) FROM readings r JOIN session s ON s.no = r.session WHERE s.id = '$ID'"; }
n_postgres() { sql "SELECT count(*) FROM readings WHERE session_id = '$ID'"; }
# how often survey, event and mask lift are there; each must be 1
lite_records() {
	lite "SELECT (SELECT count(*) FROM survey WHERE session_id = s.id), (SELECT count(*) FROM event WHERE session_id = s.id),
		total_mask_lifts FROM session s WHERE id = '$ID'"
}
sql_records() {
	sql "SELECT (SELECT count(*) FROM session_surveys v WHERE v.session_id = s.id AND pre_hlc <> 0),
		(SELECT count(*) FROM session_adaptive_events e WHERE e.session_id = s.id), total_mask_lifts
		FROM sessions s WHERE id = '$ID'"
}
# all_there: in both stores, and nothing waits
all_there() {
	[ "$(n_postgres)" -ge $ROWS ] && [ "$(sql_records)" = "$(lite_records)" ] &&
		[ "$(lite "SELECT count(*) FROM session WHERE synced_hlc < hlc")" = 0 ]
}
# lost_and_doubled FILE: adds to LOST and DOUBLED
lost_and_doubled() {
	LOST=$((LOST + $(comm -23 "$T/generated" "$1" | wc -l)))
	DOUBLED=$((DOUBLED + $(comm -13 "$T/generated" "$1" | wc -l)))
}
compare() {
	in_sqlite >"$T/sqlite"
	in_postgres >"$T/postgres"
	lost_and_doubled "$T/sqlite"
	lost_and_doubled "$T/postgres"
	[ "$(lite_records)" = "1|1|1" ] && [ "$(sql_records)" = "1|1|1" ] ||
		WHY="$WHY records: SQLite $(lite_records), Postgres $(sql_records), not 1|1|1"
}

# ---- people
# ask WORDS...: until it is answered; the same event each time
ask() {
	local i

	for i in 1 2 3 4 5 6 7 8; do "$BIN/ihht" "$@" >>"$T/log/commands.log" 2>&1 && return; done
	return 1
}
ask_survey_and_event() {
	ask survey pre "$ID" clarity=3 energy=3 stress=3 &&
		ask event "$ID" mask_lift id="00000000-0000-4000-8000-$(printf '%012d' $N)" altitude_phase_number=1
}
