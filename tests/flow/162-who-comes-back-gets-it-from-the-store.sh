#!/bin/bash
# A watcher that comes back to a realtime-fanout that remembers nothing gets every value it missed out
# of the store, then from memory, then live: each once, those of one device in order.  What the store
# does not have is told.
. "$(dirname "$0")/lib.sh"
fresh
conf ble-ingest devices 3
conf ble-ingest rate 20
conf ble-ingest spool "$T/spool"
conf realtime-fanout ring-frames 200
A=$(printf '00000000-0000-4000-8000-%012d' 1) B=$(printf '00000000-0000-4000-8000-%012d' 2)
PORT=${SETTINGS[realtime-fanout/port]}
URL=http://127.0.0.1:$PORT
for p in local-store ble-ingest realtime-fanout; do start $p; done
for p in local-store ble-ingest realtime-fanout; do wait_ready $p; done
"$BIN/ihht" --config "$CONF" session start $A mock-001 >/dev/null
"$BIN/ihht" --config "$CONF" session start $B mock-002 >/dev/null
declare -A TOKEN
for who in "admin" "coach $A $B" "person $A"; do TOKEN[${who%% *}]=$("$BIN/ihht" --config "$CONF" token $who); done

# watch NAME WHO QUERY [ID]: to $T/log/NAME.log
watch() { background "$1" curl -qsN -H "Authorization: Bearer ${TOKEN[$2]}" ${4:+-H "Last-Event-ID: $4"} "$URL/events$3"; }
data() { sed -n 's/^data: //p' "$T/log/$1.log" | jq -Rc 'fromjson?'; }
# only whole events count
last_id() { sed -n 's/^id: //p' <(sed '$d' "$T/log/$1.log") | tail -1; }
unwatch() { kill "${PIDS[$1]}" 2>/dev/null; wait "${PIDS[$1]}" 2>/dev/null; unset "PIDS[$1]"; }
rows() { lite 'SELECT count(*) FROM readings'; }
more() { local n; n=$(($(rows) + $1)); wait_until "[ \$(rows) -ge $n ]"; }
live() { wait_until "grep -q '\"type\":\"snapshot\"' $T/log/$1.log && [ \$(data $1 | jq -c 'select(.type == \"sample\" and .seq > 0 and .session_id)' | wc -l) -ge 60 ]"; }
# Of each device the counts in the order in which they came, both times together: each once?
faults() {
	{ values "$1"; values "$2"; } | awk '{ if ($1 in last && $2 != last[$1] + 1) bad++; last[$1] = $2; n++ } END { print bad + 0, (n > 0) }'
}
# of an id that is cut in the log its event is not counted
values() { data "$1" | jq -r 'select(.type == "sample" and .session_id) | "\(.device_id) \(.device_seq)"'; }
to_id() { awk -v id="id: $2" '{ print } $0 == id { seen = 1 } seen && /^$/ { exit }' "$T/log/$1.log" >"$T/log/$1.cut.log"; }

# leave NAME: it is cut off after its last whole event
leave() { unwatch "$1"; ID=$(last_id "$1"); to_id "$1" "$ID"; }

# ---- the process is killed, values are stored meanwhile
for who in admin coach person; do
	watch $who $who ""
	live $who
done
watch quiet coach "?types=session,sample&device=mock-001"
live quiet
watch named coach "?person=$A"
live named
for name in admin coach person quiet named; do leave $name; declare "ID_$name=$ID"; done
kill9 realtime-fanout
more 200
start realtime-fanout
wait_ready realtime-fanout
more 40
for who in admin coach person; do name=ID_$who; watch $who-2 $who "" "${!name}"; done
watch quiet-2 coach "?types=session,sample&device=mock-001" "$ID_quiet"
watch named-2 coach "?person=$A" "$ID_named"
for who in admin coach person quiet named; do
	live $who-2
	unwatch $who-2
	is "$(faults $who.cut $who-2)" "0 1" "$who: after a kill each value comes once, in its order"
	is "$(data $who-2 | jq -r 'select(.type == "hole" and .of == "frames").why' | paste -sd' ')" "" "  and no hole is told, as there is none"
	is "$(data $who-2 | head -1 | jq -c '[.type, .from]')" '["resumed","store"]' "  it is told where what follows comes from"
	ok $(($(data $who-2 | jq -c 'select(.type == "sample" and .seq == 0)' | wc -l) < 20)) "  out of the store"
done
is "$(values person-2 | cut -d' ' -f1 | sort -u)" mock-001 "a person gets their own values only"
is "$(values coach-2 | cut -d' ' -f1 | sort -u | paste -sd' ')" "mock-001 mock-002" "a coach those of their people"

# ---- while it plays the store back, it is cut again
ID=$(sed -n 's/^id: //p' "$T/log/coach-2.log" | grep -m30 '\.0\.' | tail -1)
to_id coach-2 "$ID"
watch coach-3 coach "" "$ID"
live coach-3
leave coach-3
is "$(faults coach-2.cut coach-3)" "0 1" "cut in the middle of it, it goes on from there"

# ---- the ring has gone on, the process has not
more 300
watch coach-4 coach "" "$ID"
live coach-4
unwatch coach-4
is "$(faults coach-3.cut coach-4)" "0 1" "what the ring has no more comes from the store as well"
is "$(data coach-4 | head -1 | jq -c '[.type, .from]')" '["resumed","store"]' "  and this is told"

# ---- a WebSocket says by itself what it has seen last
LAST=$(data coach-3.cut | jq -r 'select(.session_id and .taken_us) | "\(.taken_us).\(.device_seq).\(.device_id)"' | tail -1)
watch coach-5 coach "?resume=1.1&seen=$LAST"
live coach-5
unwatch coach-5
is "$(faults coach-3.cut coach-5)" "0 1" "named by its device the last value does as well"

# ---- what cannot be filled
watch strange coach "?resume=1.1&seen=1000.1.mock-001"
wait_until "data strange | grep -q snapshot"
is "$(data strange | jq -c 'select(.type == "hole") | [.of, .from_us, .why]')" '["frames",1000,"restart"]' "a value that the store does not know: a hole, from when on"
unwatch strange
stop realtime-fanout
conf realtime-fanout resume-rows 10
start realtime-fanout
wait_ready realtime-fanout
watch coach-6 coach "" "$ID"
wait_until "data coach-6 | grep -q snapshot"
like "$(data coach-6 | jq -c 'select(.type == "hole") | [.from_us, .why]')" '^\[[0-9]{16},"restart"\]$' "more than resume-rows: a hole, from where on"
unwatch coach-6
stop realtime-fanout
conf realtime-fanout resume-rows
conf gateway database "$T/none.sqlite"
start realtime-fanout
wait_ready realtime-fanout
watch coach-7 coach "" "$ID"
wait_until "data coach-7 | grep -q snapshot"
is "$(data coach-7 | jq -c '[.type, .why]' | head -2 | paste -sd' ')" '["hole","restart"] ["snapshot",null]' "no store here: a hole and a snapshot"
conf gateway database "$DB"
stop realtime-fanout
stop ble-ingest
stop local-store
unlike "$(cat "$T"/log/{realtime-fanout,local-store}.log)" 'spo2|mock-00' "the logs have nothing of it"
done_testing
