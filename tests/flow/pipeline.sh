# pipeline.sh - what the 3xx and 4xx tests share: recordings through the whole pipeline
#
# The recordings are those of ../shared/data where it is there, else small ones made here.
# Sourced after lib.sh.

USER_N() { printf '00000000-0000-4000-8000-%012d' "$1"; }

# recordings FOLDER [ROWS]: the CSV files to replay, at most ROWS rows of each
recordings() {
	local file rows=${2:-0} i

	mkdir -p "$1"
	for file in "$ROOT"/../shared/data/recordings/*.csv; do
		[ -e "$file" ] || break
		if [ "$rows" = 0 ]; then cp "$file" "$1"; else head -$((rows + 1)) "$file" >"$1/${file##*/}"; fi
	done
	[ -e "$file" ] && return
	for i in 1 2 3; do
		awk -v seed=$i -v rows="${rows/#0/3000}" 'BEGIN { srand(seed); print "t_ms,spo2,heart_rate,motion,perfusion_index"
			for (t = i = 0; i < rows; i++) { t += rand() < 0.01 ? 30000 : 1000
				printf "%d,%s,%s,,\n", t, rand() < 0.02 ? "" : 80 + int(rand() * 200) / 10, 50 + int(rand() * 60) } }' \
			>"$1/made_$i.csv"
	done
}

# Midnight of that day, UTC, is t_ms 0 of every recording.
RECORDED=2026-01-01T00:00:00Z
RECORDED_MS=1767225600000

# start_sessions FOLDER: one for each recording, with a pre survey
start_sessions() {
	local file n=0

	for file in "$1"/*.csv; do
		n=$((n + 1))
		"$BIN/ihht" session start "$(USER_N $n)" "$(basename "$file" .csv)" start_us="$RECORDED" \
			local_session_id="IHHT_${RECORDED_MS}_r$n" >>"$T/log/commands.log" 2>&1 || return 1
		"$BIN/ihht" survey pre "IHHT_${RECORDED_MS}_r$n" clarity=3 energy=4 stress=2 \
			>>"$T/log/commands.log" 2>&1 || return 1
	done
}

# csv_rows FOLDER: what must be in the stores, `device|t_ms|spo2|heart_rate` in order
csv_rows() {
	local file

	for file in "$1"/*.csv; do
		awk -F, -v d="$(basename "$file" .csv)" -v OFS='|' 'NR > 1 {
			print d, $1, ($2 == "" ? "" : sprintf("%.3f", $2)), ($3 == "" ? "" : sprintf("%.3f", $3)) }' "$file"
	done | sort
}

sqlite_rows() {
	lite "SELECT s.device_id, r.taken_us / 1000 - $RECORDED_MS,
		coalesce(printf('%.3f', r.spo2), ''), coalesce(printf('%.3f', r.heart_rate), '')
		FROM readings r JOIN session s ON s.no = r.session" |
		sed 's/|0.000$/|/;s/|0.000|/||/' | sort
}

postgres_rows() {
	sql "SELECT s.device_id, (extract(epoch FROM r.timestamp) * 1000)::bigint - $RECORDED_MS,
		to_char(r.spo2, 'FM990.000'), to_char(r.heart_rate, 'FM990.000')
		FROM readings r JOIN sessions s ON s.id = r.session_id" | sort
}

# same_rows FOLDER: both stores hold every row of the files exactly once, value by value
same_rows() {
	csv_rows "$1" >"$T/csv"
	sqlite_rows >"$T/sqlite"
	postgres_rows >"$T/postgres"
	check "SQLite holds every recorded row exactly once ($(wc -l <"$T/csv"))" cmp "$T/csv" "$T/sqlite"
	check "Postgres holds every recorded row exactly once" cmp "$T/csv" "$T/postgres"
}

# counter NAME WORD: of the last beat
counter() { "$BIN/ihht" --json status 2>/dev/null | jq -r --arg p "$1" --arg c "$2" \
	'.processes[] | select(.process == $p) | .counts[$c] // 0' | awk '{ n += $1 } END { print n + 0 }'; }
