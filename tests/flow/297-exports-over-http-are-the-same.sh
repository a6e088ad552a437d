#!/bin/bash
# GET /api/export: what the gateway exported itself comes out of Postgres as well, for whom it is,
# however slowly it is taken; and what is refused.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/sessions.sh"
fresh
conf local-store bundle-seconds 1
make_store
sessions
mkdir "$T/here" "$T/there"
for format in csv parquet edf; do "$BIN/ihht" export $format "$T/here/$format" --mock >>"$T/log/export.log"; done
for format in json fhir omh; do "$BIN/ihht" export $format "$T/here/$format" --mock >>"$T/log/export.log"; done

pg_start || skip_all "no Postgres"
start sync-worker
start local-store
sign_in admin
start http-api
wait_ready http-api
URL=http://127.0.0.1:${SETTINGS[http-api/port]}/api/export
wait_until '[ "$(sql "SELECT count(*) FROM readings")" = 309 ]' 60
wait_until '[ "$(sql "SELECT count(*) FROM gaps")" = 2 ]' 60
wait_until 'curl -sS "${URL%/export}/health" | grep -q "\"postgres\":true"'

# get QUERY FILE: the status
get() { curl -sS -m 60 -o "$T/there/$2" -w '%{http_code}' "$URL?$1"; }

# ---- the same
for table in sessions surveys events phase_stats progression gaps readings; do
	is "$(get "format=csv&table=$table&include_mock=true" "$table.csv")" 200 "$table"
done
# Postgres has REAL: 71.3333333333333333 is 71.33333 there; and jsonb writes JSON its own way
is "$(sed 's/71.33333333333333,/71.333336,/' "$T/here/csv/readings.csv" | md5sum)" "$(md5sum <"$T/there/readings.csv")" "readings are the same, byte for byte" ||
	diag "$(diff "$T/here/csv/readings.csv" "$T/there/readings.csv" | head -6)"
for table in surveys events phase_stats progression gaps; do
	is "$(md5sum <"$T/there/$table.csv")" "$(md5sum <"$T/here/csv/$table.csv")" "so are $table" ||
		diag "$(diff "$T/here/csv/$table.csv" "$T/there/$table.csv" | head -6)"
done
is "$(get "include_mock=true" r.csv) $(cmp "$T/there/r.csv" "$T/there/readings.csv")" "200 " "CSV and readings unless something else is asked for"
is "$(get "format=edf&include_mock=true&session_id=$S1" one.edf) $(cmp "$T/there/one.edf" "$T/here/edf/20260101T000000_11111111.edf")" "200 " \
	"EDF+ is the same, byte for byte"
for format in fhir omh; do
	get "format=$format&include_mock=true" $format >"$T/log/status"
	is "$(jq -c 'length' "$T/there/$format")" "$(jq -c 'length' "$T/here/$format")" "$format: as many parts"
done
get "format=json&include_mock=true" json >"$T/log/status"
is "$(jq -c '[.sessions[] | [.id, (.readings | length), (.gaps | length)]]' "$T/there/json")" \
	"$(jq -c '[.sessions[] | [.id, (.readings | length), (.gaps | length)]]' "$T/here/json")" "json: the same sessions with as many rows"
get "format=parquet&table=readings&include_mock=true" p.parquet >"$T/log/status"
is "$(head -c 4 "$T/there/p.parquet")$(tail -c 4 "$T/there/p.parquet")" PAR1PAR1 "parquet is whole"
is "$(curl -sS "$URL/csv-metadata.json" | jq -r '.tables[6].url')" readings.csv "the dictionary"
like "$(curl -sS -D - -o "$T/log/body" "$URL?format=fhir&session_id=$S4" | tr -d '\r')" \
	'^Content-Disposition: attachment; filename="ihht.fhir.json"$' "a file has a name"
is "$(curl -sS -I "$URL" | head -1 | tr -d '\r')" "HTTP/1.1 200 OK" "HEAD as GET"

# One person's and a range's in every format, read back by readers that are not ours.  What SQLite holds
# as a double Postgres holds as a REAL: these have no more digits than that.
choice() {
	local name=$1 which=$2 query=$3 id

	mkdir -p "$T/$name/csv" "$T/$name/parquet" "$T/$name/edf"
	for format in csv parquet; do
		for table in readings gaps surveys; do curl -sS -m 60 -o "$T/$name/$format/$table.$format" "$URL?format=$format&table=$table&include_mock=true&$query"; done
	done
	curl -sS -o "$T/$name/csv/csv-metadata.json" "$URL/csv-metadata.json"
	for format in json fhir omh; do curl -sS -m 60 -o "$T/$name/$format" "$URL?format=$format&include_mock=true&$query"; done
	for id in $(lite "SELECT id FROM session WHERE $which"); do curl -sS -m 60 -o "$T/$name/edf/$id.edf" "$URL?format=edf&include_mock=true&session_id=$id"; done
	checks node "$READERS/same.mjs" "$DB" "$T/$name" "$T/edf" "$which"
}
READERS=$ROOT/tests/export
if [ -d "$READERS/node_modules" ] && cc -o "$T/edf" "$READERS/edf.c" -ledf -lm 2>"$T/log/cc.log"; then
	choice person "user_id = '$ANNE'" "user_id=$ANNE"
	choice range "start_us < $AT + 60000000" "to=2026-01-01T00:01:00Z"
else
	skip "readers" "make readers, and apt-get install libedf-dev"
fi

# ---- which, and whose
rows() { tail -n +2 "$T/there/$1" | wc -l; }
get "table=sessions" s.csv >"$T/log/status"
is "$(rows s.csv)" 3 "mock data only on request"
get "table=sessions&user_id=$ANNE&from=2026-01-01T12:00:00Z" s.csv >"$T/log/status"
is "$(rows s.csv)" 1 "one person's of a time"
sign_in person $BERT
get "table=sessions&include_mock=true" s.csv >"$T/log/status"
is "$(cut -d, -f3 "$T/there/s.csv" | sort -u | paste -sd' ')" "$BERT user_id" "a person gets their own"
is "$(get "format=edf&session_id=$S1" x)" 404 "and of another's session nothing"
sign_in admin

# ---- refused
while IFS='|' read -r query status said; do
	is "$(get "$query" refused)" "$status" "$query"
	like "$(cat "$T/there/refused")" "$said" "and why"
done <<-EOF
	format=xls|400|must be one of csv, parquet, json, edf, fhir, omh
	table=people|400|must be one of sessions, surveys
	format=json&table=gaps|400|json holds all.*"field":"table"
	format=edf|400|edf holds one session
	session_id=a%20b|400|session_id
	user_id=anne|400|must be a UUID
	from=soon|400|ISO 8601
	include_mock=maybe|400|include_mock
	limit=3|400|no such argument
	session_id=99999999-0000-5000-8000-000000000009|404|no such session
	session_id=$S3|404|include_mock=true
EOF
is "$(curl -q -sS -o "$T/log/body" -w '%{http_code}' "$URL")" 401 "without a token"

# ---- long and slow
sql "INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, is_valid, data_source)
	SELECT '$BERT', '$S4', timestamptz '2026-01-01 01:00Z' + n * interval '1 second', 11, n, 90, true, 'bluetooth' FROM generate_series(1, 50000) n"
get "session_id=$S4" long.csv >"$T/log/status"
is "$(rows long.csv) $(cut -d, -f7 "$T/there/long.csv" | sort -u | wc -l)" "50002 50001" "fifty thousand readings, none twice"
conf http-api exports 1
stop http-api
start http-api
wait_ready http-api
wait_until 'curl -sS "${URL%/export}/health" | grep -q "\"postgres\":true"'
background slow curl -sS --limit-rate 100k -o "$T/there/slow" "$URL?format=fhir&session_id=$S4"
wait_until '[ -s "$T/there/slow" ]'  # it has the one place
wait_until '[ "$(get session_id=$S4 busy)" = 503 ]'
ok $? "more exports than may be are told to come later"
like "$(cat "$T/there/busy")" 'as many as may; later' "and why"
check "nobody else waits for it" curl -sS -m 5 -o "$T/log/body" "${URL%/export}/health"
kill9 slow
wait_until '[ "$(get session_id=$S4 again.csv)" = 200 ]' 60
ok $? "who goes away makes room"
is "$(cmp "$T/there/again.csv" "$T/there/long.csv")" "" "for the same again"

# a stream that cannot go on is cut off, not ended
sql "ALTER TABLE gaps RENAME TO gaps_away"
get "format=json&include_mock=true" cut.json >"$T/log/status"
is "$(cat "$T/log/status")" 500 "what fails before the first byte is an answer"
sql "ALTER TABLE gaps_away RENAME TO gaps"
background cut sh -c "curl -sS --limit-rate 200k -o '$T/there/cut' '$URL?format=fhir&session_id=$S4'; echo \$? >'$T/ended'"
wait_until '[ -s "$T/there/cut" ]'
pg_stop
wait_until '[ -s "$T/ended" ]' 60
is "$(cat "$T/ended")" 18 "Postgres went away in the middle: the caller is told that it is not all"
stop http-api
done_testing
