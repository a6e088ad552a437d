# What a person says with ihht is in the store, once; what is refused says why.
. "$(dirname "$0")/lib.sh"

fresh
ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
ends() { is "$STATUS" "$1" "$3: exit code" && like "$OUT" "$2" "$3"; }
ANNE=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
BERT=1b4e28ba-2fa1-5d1d-883f-b9a761bde3fb

start local-store
wait_ready local-store

# ---- a whole session
ihht session start $ANNE oxi-1 total_cycles=5 hypoxic_duration=420 session_subtype=training
ends 0 'session started +session [0-9a-f-]{36}' "start"
id=${OUT##* }
is "$(lite "SELECT user_id, device_id, status, total_cycles, hypoxic_duration, session_subtype FROM session WHERE id = '$id'")" \
	"$ANNE|oxi-1|active|5|420|training" "it is in the store as it was said"
ihht session start $ANNE oxi-1
ends 0 "runs already +session $id" "a second start returns the running one"
ihht session start $ANNE oxi-2
ends 1 'refused: user_id: ' "one session a person"
ihht session start $BERT oxi-1
ends 1 'refused: device_id: ' "one session a device"
asked=$(cat /proc/sys/kernel/random/uuid)
ihht session phase oxi-1 ALTITUDE cycle=1 altitude_level=6 request_id=$asked
ends 0 'phase begun' "phase, by the device's name"
ihht survey pre "${id:0:8}" clarity=4 energy=3 stress=2
ends 0 'recorded' "survey pre, by the beginning of the id"
ihht event "$(lite "SELECT local_session_id FROM session")" mask_lift altitude_phase_number=1 spo2_value=81
ends 0 'recorded' "event, by the local id"
ihht event $id mask_lift altitude_phase_number=1 recovery_phase_number=1
ends 1 'refused: ' "local-store's own rules are heard"
ihht session phase $id RECOVERY
ihht session phase $id ALTITUDE cycle=1 altitude_level=6 request_id=$asked
ends 0 'this phase has begun already' "what was asked comes again after the next phase"
is "$(lite "SELECT current_phase FROM session WHERE id = '$id'")" RECOVERY "and does not begin again"
ihht survey intra $id phase_number=1 clarity=3 energy=3 stress_perception=2 sensations=zen+tingling
ends 0 'recorded' "survey intra"
ihht survey intra $id phase_number=1 clarity=5 energy=3 stress_perception=2 sensations=zen
ends 0 'changed' "the same survey again replaces it"
ihht survey post $id clarity=5 energy=4 stress=1 overall_rating=5 "notes_post=slept \"well\" = yes"
ends 0 'recorded' "survey post"
ihht session show oxi-1
like "$OUT" 'survey +kind=intra clarity=5 .*sensations=\["zen"\]' "show has the survey as it is now"
ihht session stop oxi-1
ends 0 'session ended' "stop"
ihht session stop $id
ends 0 'over already' "stop again"
ihht progression $id 6 7 performance=GOOD "reason=steady"
ends 0 'recorded' "progression"
is "$(lite "SELECT (SELECT count(*) FROM session), (SELECT count(*) FROM survey), (SELECT count(*) FROM event), (SELECT count(*) FROM progression)")" \
	"1|3|1|1" "each is there once"
is "$(lite "SELECT notes_post FROM survey WHERE kind = 'post'")" 'slept "well" = yes' "text comes through as it was typed"

# ---- asked about
ihht session list
is "$(tail -1 <<<"$OUT" | awk '{print $1, $4, $6, $7}')" "${id:0:8} completed 1/5 oxi-1" "list"
ihht session list --active
is "$(wc -l <<<"$OUT")" 1 "list --active leaves out what is over"
ihht session show $id --json
is "$(jq -c '[.session.status, .session.session_type, (.survey | length), .event[0].spo2_value, .survey[1].sensations, .progression[0].reason]' <<<"$OUT")" \
	'["completed","IHHT",3,81,["zen"],"steady"]' "show as JSON"
like "$(jq -r .session.start <<<"$OUT")" '^20[0-9-]+T[0-9:.]+Z$' "times are ISO 8601 there"
ihht session show 0000
ends 1 'no such session; `ihht session list` shows them' "no such session"
ihht session phase oxi-9 ALTITUDE
ends 1 'oxi-9: no such session' "nor by a device's name"
ihht --json session start $BERT oxi-2
is "$STATUS $(jq -c '[.ok, .added, .seen]' <<<"$OUT")" "0 [1,1,0]" "a reply as JSON"
ihht --json session start $ANNE oxi-2
is "$STATUS $(jq -c '[.ok, .field]' <<<"$OUT")" '1 [0,"device_id"]' "a refusal as JSON"
ihht session show ${id:0:3}
ends 1 'no such session' "three characters are not enough to mean one"

# ---- status
conf ihht processes local-store
ihht status
ends 0 'local-store +ready' "status"
like "$OUT" '^store: 0 readings, 1 sessions running; not yet in Postgres: 0 readings, [0-9]+ changed records' "with the lag of the store"
ihht status --json
is "$(jq -c '[.well, .processes[0].state, .store.sessions_running, (.processes[0].counts.commands > 10)]' <<<"$OUT")" '[true,"ready",1,true]' "as JSON, counters as numbers"
ihht status --wait 10
ends 0 'ready: all 1 processes, after' "--wait returns as soon as all are ready"

# ---- local-store comes late: the command waits for it
stop local-store
background late "$BIN/ihht" --config "$CONF" session stop oxi-2
start local-store
wait_end late
is "$STATUS" 0 "a command reaches a local-store that comes a little later"
is "$(lite "SELECT status FROM session WHERE device_id = 'oxi-2'")" completed "and is done"

stop local-store
done_testing
