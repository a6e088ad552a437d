# Files that people have go into sessions: each reading once, however often, up to Postgres.
. "$(dirname "$0")/lib.sh"

fresh
ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
ends() { is "$STATUS" "$1" "$3: exit code" && like "$OUT" "$2" "$3"; }
rows() { lite "SELECT count(*), min(taken_us) / 1000000, max(taken_us) / 1000000 FROM readings r JOIN session s ON s.no = r.session WHERE s.device_id = '$1'"; }
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
BERT=1b4e28ba-2fa1-5d1d-883f-b9a761bde3fb
NIGHT=1678139232  # 2023-03-06 21:47:12 UTC

# vld FILE RECORDS [SECONDS LATER]: a ring's recording, a record every 4 s
vld() {
	perl -e 'my ($n, $later) = @ARGV; my @t = gmtime('$NIGHT' + $later);
		print pack("CCvCCCCCVvx25", 3, 0, $t[5] + 1900, $t[4] + 1, $t[3], $t[2], $t[1], $t[0], 40 + 5 * $n, 4 * $n);
		print pack("CvCC", $_ % 50 == 49 ? (255, 65535) : (85 + $_ % 15, 60 + $_ % 30), 3, 0) for 0 .. $n - 1' "$2" "${3:-0}" >"$1"
}
# csv FILE ROWS [SECONDS LATER] [FORM OF DATE]: the same as the app exports it
csv() {
	perl -MPOSIX -e 'my ($n, $later, $form) = @ARGV; print "Time,Oxygen Level,Pulse Rate,Motion\n";
		print strftime($form, gmtime('$NIGHT' + $later + 4 * $_)), ",",
			$_ % 50 == 49 ? "--,--" : (85 + $_ % 15) . "," . (60 + $_ % 30), ",3\n" for 0 .. $n - 1' \
		"$2" "${3:-0}" "${4:-%H:%M:%S %b %d %Y}" >"$1"
}

vld "$T/20230306214712.vld" 3000
csv "$T/O2Ring 0009_${NIGHT}000.csv" 500
csv "$T/longer_${NIGHT}000.csv" 900
csv "$T/later_${NIGHT}000.csv" 300 2000
csv "$T/slashes.csv" 10 0 '%H:%M:%S %d/%m/%Y'
csv "$T/Max_${NIGHT}000.csv" 10 0 '%H:%M:%S %d/%m/%Y'

# ---- what needs no store
ihht import --dry-run --user $ANNE --zone UTC "$T/20230306214712.vld"
ends 0 'Viatom .vld, version 3: 3000 readings of viatom, 60 of them without a value' "a dry run, nothing running"
like "$OUT" '2023-03-06 21:47:12 \+00:00 to 2023-03-07 01:07:08 \+00:00$' "it says from when to when, and where"
like "$OUT" 'would go into session [0-9a-f-]{36}' "and into which session"
ihht import --dry-run --user $ANNE --zone UTC "$T/slashes.csv"
ends 1 'slashes.csv: line 2: which is the day and which the month\? Say --dates day-first' "a date of two meanings is asked about"
ihht import --json --dry-run --user $ANNE --zone UTC "$T/slashes.csv" --dates month-first
is "$(jq -r '.[0].from' <<<"$OUT")" "2023-06-03T21:47:12.000000Z" "and read as was said"
ihht import --json --dry-run --user $ANNE --zone UTC "$T/Max_${NIGHT}000.csv"
is "$(jq -r '.[0].from' <<<"$OUT")" "2023-03-06T21:47:12.000000Z" "or as the file's name tells"
ihht import --json --dry-run --user $ANNE --zone America/New_York "$T/O2Ring 0009_${NIGHT}000.csv"
is "$(jq -r '.[0] | .from, .offset' <<<"$OUT" | xargs)" "2023-03-07T02:47:12.000000Z -05:00" "in a zone by name"
ihht import --dry-run --user $ANNE "$T/O2Ring 0009_${NIGHT}000.csv"
ends 0 "taken for this machine's time" "without a zone it says whose"

# ---- what is wrong
ihht import "$T/slashes.csv"
ends 2 'needs --user, for whom a session is made, or --session' "nobody named"
ihht import --user anne x.csv
ends 2 '--user anne: must be a UUID' "no person"
ihht import --user $ANNE --zone Mars x.csv
ends 2 '--zone Mars: no such zone' "no zone"
mkfifo "$T/pipe"
ihht import --user $ANNE "$T/pipe" "$T"
ends 1 "pipe: is no file" "neither a pipe"
like "$OUT" "$T: is no file" "nor a folder is one"
ihht import --user $ANNE "$T/none.csv"
ends 1 'none.csv: No such file' "no file"
head -c 39 "$T/20230306214712.vld" >"$T/short.vld"
ihht import --user $ANNE "$T/short.vld"
ends 1 'short.vld: 39 bytes: a recording has 40' "cut off in its head"
sed 's/^\(.*\),70,3$/\1,7o,3/;' "$T/longer_${NIGHT}000.csv" >"$T/typo.csv"
ihht import --user $ANNE --zone UTC "$T/typo.csv" "$T/20230306214712.vld"
ends 1 'typo.csv: line 12, column 3 \(Pulse Rate\): "7o" is no number' "a file that cannot be read, with the place"
unlike "$OUT" 'vld' "stops the others too"
csv "$T/future.csv" 10 $((4102444800 - 86400 - NIGHT))
ihht import --user $ANNE --zone UTC "$T/future.csv"
ends 1 'future.csv: line 11: [0-9]+ minutes in the future' "a time to come"

# ---- once, and again
conf local-store bundle-seconds 1
pg_start
start sync-worker
start local-store
wait_ready local-store
ihht import --user $ANNE --zone UTC "$T/20230306214712.vld"
ends 0 'session [0-9a-f-]{36}: 3000 added, 0 known already' "a recording becomes a session"
id=$(grep -oE 'session [0-9a-f-]{36}' <<<"$OUT" | cut -d' ' -f2)
is "$(lite "SELECT status, data_source, start_us / 1000000, end_us / 1000000, device_id FROM session")" \
	"completed|manual|$NIGHT|$((NIGHT + 12000))|viatom" "that is over, and spans it"
is "$(rows viatom)" "3000|$NIGHT|$((NIGHT + 2999 * 4))" "every record is a reading"
is "$(lite "SELECT count(*), sum(invalid), sum(spo2 IS NULL) FROM readings WHERE invalid <> 0")" "60|360|60" "a record without a value is kept as that"
ihht import --user $ANNE --zone UTC "$T/20230306214712.vld"
ends 0 "session $id: 0 added, 3000 known already" "the same file again adds nothing"
like "$(script -qec "'$BIN/ihht' import --user $ANNE --zone UTC '$T/20230306214712.vld'" /dev/null </dev/null)" \
	'vld: 2000 of 3000 .*vld: 3000 of 3000 ' "on a terminal it shows how far it is"
ihht import --user $ANNE --zone +01:00 "$T/20230306214712.vld"
ends 1 '3000 of its readings are in session .* already, 60 minutes later: imported with another --zone' "nor in another zone"
ihht import --user $ANNE --zone UTC "$T/O2Ring 0009_${NIGHT}000.csv" --device viatom
ends 0 "session $id: 0 added, 500 known already" "nor as the app's export of it"
is "$(rows viatom)" "3000|$NIGHT|$((NIGHT + 2999 * 4))" "it is all there once"
ihht session start $ANNE oxi-1
ihht import --user $BERT --zone UTC "$T/O2Ring 0009_${NIGHT}000.csv"
ends 0 '500 added' "another person's ring at the same time"
ihht import --session oxi-1 --zone UTC "$T/O2Ring 0009_${NIGHT}000.csv"
ends 1 'none of its readings lies in the span of session' "a session of another time takes none"

# ---- files that overlap
ihht import --user $BERT --zone UTC --device ring "$T/later_${NIGHT}000.csv" "$T/longer_${NIGHT}000.csv"
is "$(grep -oE '[0-9]+ added, [0-9]+ known' <<<"$OUT" | xargs)" "900 added, 0 known 0 added, 300 known" "one inside another"
csv "$T/beyond_${NIGHT}000.csv" 300 3000
ihht import --user $BERT --zone UTC --device ring "$T/beyond_${NIGHT}000.csv"
ends 0 '150 added, 150 known' "one that goes on beyond it"
is "$(lite "SELECT count(*), (max(end_us) - min(start_us)) / 1000000 FROM session WHERE device_id = 'ring'")" "1|4200" "the session grows"
is "$(rows ring)" "1050|$NIGHT|$((NIGHT + 4196))" "and has each second once"
csv "$T/early_$((NIGHT - 100))000.csv" 100 -100
ihht import --user $BERT --zone UTC --device ring "$T/early_$((NIGHT - 100))000.csv"
ends 1 '75 of its readings are in session ([0-9a-f]{8})[0-9a-f-]* already: --session \1 puts the rest there' "one that begins before it is told where to"

# ---- in pieces, killed between, and up to Postgres
vld "$T/20230330012032.vld" 15000 2000000
background import "$BIN/ihht" import --user $BERT --zone UTC --device big "$T/20230330012032.vld"
wait_until '[ "$(lite "SELECT count(*) FROM readings r JOIN session s ON s.no = r.session WHERE device_id = '"'big'"'")" -ge 2000 ]'
kill9 import 2>/dev/null
ihht import --user $BERT --zone UTC --device big "$T/20230330012032.vld"
ends 0 'session .*: [0-9]+ added, [0-9]+ known already' "killed and begun again"
is "$(rows big)" "15000|$((NIGHT + 2000000))|$((NIGHT + 2000000 + 59996))" "it is all there once"
wait_until '[ "$(sql "SELECT count(*) FROM readings")" = "$(lite "SELECT count(*) FROM readings")" ]'
is "$(sql "SELECT count(*), count(DISTINCT (session_id, timestamp)), min(data_source), max(data_source) FROM readings")" \
	"19550|19550|manual|manual" "Postgres has every one, once"
wait_until '[ "$(sql "SELECT extract(epoch FROM end_time - start_time)::int, total_readings FROM sessions WHERE device_id = '"'ring'"'")" = "4200|1050" ]'
ok $? "a session that grew has grown there too, and its figures with it"
ihht verify
ends 0 '' "and verify agrees"
stop local-store
stop sync-worker
done_testing
