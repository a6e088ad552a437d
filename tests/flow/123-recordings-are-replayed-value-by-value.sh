#!/bin/bash
# Real recordings, all at once and flat out: each row arrives once, value by value; each gap
# is a gap; a second replay is the very same samples.
. "$(dirname "$0")/lib.sh"
DATA=${IHHT_DATA:-$ROOT/../shared/data}/recordings
[ -d "$DATA" ] || skip_all "the recordings are not here"
fresh
conf ble-ingest source replay
conf ble-ingest files "$DATA"
conf ble-ingest speed 0
conf ble-ingest start 2026-11-23T00:00:00Z
conf ble-ingest spool "$T/spool"
START=1795392000000000

# What the files say, in the words of sink.
for f in "$DATA"/*.csv; do
	awk -F, -v d="$(basename "$f" .csv)" -v s=$START 'NR > 1 {
		printf "%s %.0f %.10g %.10g\n", d, s + $1 * 1000, $2 == "" ? "nan" : $2, $3 == "" ? "nan" : $3 }' "$f"
done | sort >"$T/want"
n=$(wc -l <"$T/want")
gaps=$(for f in "$DATA"/*.csv; do
	awk -F, 'NR > 2 { step[NR] = $1 - last; count[$1 - last]++ } NR > 1 { last = $1 }
		END { for (s in count) if (count[s] > count[usual]) usual = s
		      for (i in step) n += step[i] * 2 > usual * 3; print n + 0 }' "$f"
done | awk '{ n += $1 } END { print n }')

once() {
	SINK_OUT=$T/out.$1 background sink "$TOOL/sink" --config "$CONF"
	start ble-ingest
	wait_until "[ \$(wc -l <$T/out.$1) -ge $((n + gaps)) ]" 60
	stop ble-ingest
	stop sink
}
once 1
like "$(tail -1 "$T/log/ble-ingest.log")" "samples_read=$n .* csv_rows_bad=0 " "every row was read"
awk '$4 == "sample" { print $1, $5, $6, $7 }' "$T/out.1" | sort >"$T/got"
check "each row of each file is there once, value by value" cmp "$T/want" "$T/got"
is "$(grep -c ' source_gap \.$' "$T/out.1")" "$gaps" "and each gap"
is "$(awk '$4 == "sample" { print $9 }' "$T/out.1" | sort -u)" manual "marked as not measured live"

rm "$T"/spool*
once 2
check "a second replay is the very same samples, numbers included" cmp <(sort "$T/out.1") <(sort "$T/out.2")
done_testing
