# ihht with nothing running: help for every verb, exit codes that mean something, plain words.
. "$(dirname "$0")/lib.sh"

fresh
# ihht ARGS: OUT has both streams, STATUS the exit code
ihht() { OUT=$("$BIN/ihht" "$@" </dev/null 2>&1); STATUS=$?; }
# ends CODE REGEX NAME
ends() { is "$STATUS" "$1" "$3: exit code" && like "$OUT" "$2" "$3"; }

ihht
ends 0 '^usage: ihht .*VERB' "without words it says what there is"
ihht help
verbs=$(sed -nE 's/^  ([a-z-]+( [a-z]+)?)  +.*/\1/p' <<<"${OUT%%\`ihht help*}")
[ "$(wc -l <<<"$verbs")" -ge 15 ]
ok $? "the help lists the verbs"
while IFS= read -r verb; do
	ihht help $verb
	how=$OUT
	[ "$(grep -c '^  ihht ' <<<"$how") $(grep -c '^usage: ihht' <<<"$how")" = "2 1" ] ||
		[ "$verb" = survey ]
	ok $? "help $verb has its usage and two examples"
	ihht $verb --help
	is "$OUT" "$how" "$verb --help is the same"
done <<<"$(grep -v '^version$' <<<"$verbs")"
# points VERB VERB: the help of the one names the other
points() { ihht help $1; like "$OUT" "\`ihht $2\`" "help $1 names $2"; }
points "devices" "devices test"
points "devices test" "devices"
points "import" "import app-database"
points "import app-database" "import"
ihht version
ends 0 '^ihht [0-9]+\.' "version"

# ---- wrong words: 2, and what would be right
USER_ID=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11
wrong() { ihht ${2}; ends 2 "$1" "$2"; }
wrong 'no such verb' "dance"
wrong 'ihht session start USER DEVICE' "session"
wrong 'ihht session list' "session dance"
wrong 'needs USER DEVICE' "session start $USER_ID"
wrong 'user_id: must be a UUID in lower case' "session start 8D1F4C5E-2F0B-5F6E-9D0F-3B0B6A0E7C11 mock-001"
wrong 'total_cycles: must be from 1 to 20' "session start $USER_ID mock-001 total_cycles=21"
wrong 'cycles: no such field; there are: ' "session start $USER_ID mock-001 cycles=5"
wrong 'phase: must be one of ALTITUDE, TRANSITION' "session phase $USER_ID altitude"
wrong 'kind: must be one of pre, intra, post' "survey late $USER_ID clarity=1"
wrong 'clarity: must be from 1 to 5' "survey pre $USER_ID clarity=6"
wrong 'sensations: must be some, joined by' "survey intra $USER_ID sensations=zen+joy"
wrong 'event_type: must be one of mask_lift' "event $USER_ID mask_drop"
wrong 'recommended_altitude_level: must be from 0 to 11' "progression $USER_ID 6 12"
wrong 'takes --watch' "status --loop"
wrong 'takes --watch' "status --wait soon"
wrong 'takes --active' "session list --all"
wrong 'needs a NAME' "keys ../x"
wrong '--config needs a FILE' "status --config"

# ---- nobody there
ihht status
ends 1 'local-store +silent' "status with nothing running"
like "$OUT" 'samples +ble-ingest +local-store +no ble-ingest' "it names the end that a link lacks"
ihht status --json
is "$STATUS $(jq -c '[.well, (.processes | length), (.links | length)]' <<<"$OUT")" "1 [false,6,8]" "status as JSON"
conf ihht processes "local-store sync-worker"
conf sync-worker instances 2
ihht status --wait 0.4
ends 1 'not ready after 0.4 s: sync-worker-2: silent' "--wait names what is missing"
is "$(wc -l <<<"$OUT")" 3 "every one of it"
conf sync-worker instances
conf ihht processes
ihht session stop $USER_ID
ends 111 'local-store does not answer; start it' "a command without local-store"
ihht session list
ends 111 'store.sqlite' "a list without a store"

# ---- settings
ihht check-config
ends 0 'local-store +ok' "right settings"
conf ihht processes "local-store sink-worker"
conf local-store colour red
conf http-api port eighty
ihht check-config
ends 100 'local-store +.*local-store/colour: no such setting; there are: ' "a setting that is none"
like "$OUT" 'http-api +.*http-api/port: "eighty" is not a number from' "and a wrong one"
like "$OUT" 'ihht +ihht/processes: sink-worker: no such process' "and one of ihht's own, all at once"
like "$OUT" 'zmq-sniffer +ok' "while the others are content"
ihht check-config --json
is "$STATUS $(jq -r '."ble-ingest"' <<<"$OUT")" "100 ok" "as JSON"
conf local-store colour; conf ihht processes; conf http-api port "$(free_port)"
conf locale-store database x
ihht check-config
ends 100 'locale-store: no such section' "a section that nobody knows"
conf locale-store database
ihht --config /nowhere/ihht.conf status
ends 100 '/nowhere/ihht.conf: No such file' "no settings at all"

# ---- keys
ihht keys gate-1
ends 0 'key = "keys/gate-1.key"' "keys prints the settings to add"
is "$(stat -c %a "$T/keys/gate-1.key_secret") $(stat -c %a "$T/keys/gate-1.key")" "600 644" "the secret is nobody else's"
grep -q "public-key" "$T/keys/gate-1.key" && ! grep -q "secret-key" "$T/keys/gate-1.key"
ok $? "the public one has no secret in it"
before=$(md5sum "$T"/keys/*)
ihht keys gate-1
ends 1 'is there already' "a key is not replaced"
is "$(md5sum "$T"/keys/*)" "$before" "it is still the same"
conf links key keys/gate-1.key
conf links peers keys
conf links live "@tcp://127.0.0.1:$(free_port)"
background sniffer "$BIN/zmq-sniffer" --config "$CONF" --link live --for 0.2
wait_end sniffer
like "$(log_of sniffer)" 'live: shown=0' "a link over tcp takes the key"

done_testing
