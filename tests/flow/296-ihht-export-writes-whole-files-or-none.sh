#!/bin/bash
# ihht export: which sessions, where to, what is refused; a file is whole or it is not there.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sessions.sh"
fresh
make_store
sessions
mkdir "$T/out"

ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
ends() { is "$STATUS" "$1" "$3: exit code" && like "$OUT" "$2" "$3"; }
rows() { tail -n +2 "$T/out/$1" | wc -l; }
left_over() { find "$T/out" -name '.*' -type f; }

# ---- which
ihht export csv "$T/out/r.csv" --table readings
ends 0 '^3 sessions, 305 readings$' "mock data are left out, a single mock reading too"
like "$OUT" '^1 sessions of mock data were left out: --mock' "and that is said"
is "$(cut -d, -f1 "$T/out/r.csv" | sort -u | wc -l)" 3 "they are not in the file"  # two and the head
ihht export csv "$T/out/anne.csv" --table sessions --user $ANNE --json
is "$(jq -r '"\(.sessions) \(.readings) \(.mock_left_out) \(.files[0].path)"' <<<"$OUT")" "2 0 0 $T/out/anne.csv" "of one person"
is "$(rows anne.csv)" 2 "a row each"
ihht export json "$T/out/one.json" --session 4444
is "$(jq -c '[.sessions[].id], .sessions[0].readings[0].spo2, .sessions[0].readings[1].invalid, .sessions[0].gaps' "$T/out/one.json" | paste -sd' ')" \
	"[\"$S4\"] null \"unavailable\" []" "one session, while it runs"
ihht export csv "$T/out/day.csv" --table sessions --from 2026-01-01T00:02:00Z --to 2026-01-02
is "$(rows day.csv)" 1 "sessions that began in between: from is in it, to is not"
ihht export csv "$T/out/no.csv" --table sessions --from 2030-01-01
ends 0 '^0 sessions, 0 readings$' "none"
is "$(wc -l <"$T/out/no.csv")" 1 "is a file with names only"
"$BIN/ihht" export parquet - --table gaps >"$T/out/-" 2>"$T/log/said"
is "$(head -c 4 "$T/out/-")$(tail -c 4 "$T/out/-")$(wc -c <"$T/log/said")" PAR1PAR10 "- is standard output, and nothing else goes there"

# ---- what is refused
ihht export csv "$T/out/r.csv" --table readings
ends 1 'r.csv: is there already; --force replaces it' "a file that is there"
echo precious >"$T/out/gaps.csv"
ihht export csv "$T/out"
ends 1 'gaps.csv: is there already' "one of several"
is "$(cat "$T/out/gaps.csv") $(ls "$T/out" | grep -c -e events -e metadata)" "precious 0" "and none of the others was written"
ihht export csv "$T/out" --force
ends 0 '^3 sessions, 305 readings$' "--force"
is "$(rows gaps.csv)" 2 "replaces it"
is "$(jq -r '.tables | length' "$T/out/csv-metadata.json")" 7 "and the dictionary is beside it"
ihht export csv "$T/out/none/x.csv" --table gaps
ends 1 'none/x.csv: No such file' "no such folder"
ihht export json "$T/out/3.json" --session $S3
ends 1 'it is mock data: --mock exports it' "a session of mock data by its id"
ihht export json "$T/out/3.json" --session 99999999-0000-5000-8000-000000000009
ends 1 'no such session' "no such session"
ihht export json "$T/out/3.json" --session 9999
ends 1 '9999: no such session' "nor one that begins so"
while IFS='|' read -r words said; do
	ihht export $words
	ends 2 "$said" "export $words"
done <<-EOF
	|needs a format and where to
	csv|needs a format and where to
	csv a b|needs a format and where to
	xls a|xls: no such format; there are csv
	json a --table gaps|--table is for csv and parquet: json holds all
	csv a --table gap|--table gap: there are sessions, surveys
	csv a --user anne|--user anne: must be a UUID
	csv a --from soon|--from soon: must be ISO 8601
	csv a --to|--to: needs a value
	csv a --now 1|--now: no such option
EOF
ihht export edf -
ends 1 'edf is a folder: only one file can go to standard output' "a folder to standard output"
conf gateway database "$T/none.sqlite"
ihht export csv "$T/out/x"
ends 111 'none.sqlite' "no store"
conf gateway database "$DB"

# ---- whole or not there
is "$(left_over)" "" "nothing half done is left by all that"
(ulimit -f 64; trap '' XFSZ; "$BIN/ihht" export json "$T/out/big.json" --mock) >"$T/log/said" 2>&1
is "$?" 111 "no room: exit code"
like "$(cat "$T/log/said")" 'big.json: File too large' "it says so"
is "$(ls "$T/out/big.json" 2>/dev/null)$(left_over)" "" "and leaves nothing"
sqlite3 "$DB" "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000)
	INSERT INTO readings (taken_us, session, epoch, seq, spo2, invalid, data_source, phase_type)
	SELECT $AT + 120000000 + i * 1000000, 4, 10, i, 97, 0, 1, 0 FROM n"
background slow "$BIN/ihht" export fhir "$T/out/slow.json" --session $S4
wait_until '[ -n "$(left_over)" ]'
kill -TERM "${PIDS[slow]}"
wait_end slow
is "$STATUS" 111 "asked to stop: exit code"
like "$(cat "$T/log/slow.log")" 'stopped; nothing half done was left' "it says so"
is "$(ls "$T/out/slow.json" 2>/dev/null)$(left_over)" "" "and is right"
done_testing
