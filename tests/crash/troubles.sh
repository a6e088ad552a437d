# troubles.sh - each kind of trouble of the matrix: how it is brought about, and when it has come
#
# A trouble T is three functions: T_begins, with the session there and before its values flow;
# T_has_come, asked again and again, which also does what must follow (a start, an answer); T_ends,
# when both stores have been compared.  They set HITS, how often it struck, and add to WHY.
# Sourced after stream.sh.
MISCHIEF=$ROOT/build/$MODE/tests/crash/mischief.so

# revive PROCESS: killed if it lives, and started; with what stands before the call in its environment
revive() {
	[ -z "${PIDS[$1]:-}" ] || kill9 "$1" 2>/dev/null
	start "$@"
}
# with PRELOADED: mischief for the process that is started by the rest
mischief() {
	ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" LD_PRELOAD=$MISCHIEF "$@"
}

# ---- killed at points: POINTS_HIT, each as FAULT[:PASSING[:LINGER_MS]]
killed_begins() {
	local point

	PENDING=("$@")
	for point; do [[ $point == ble-ingest.* ]] || IHHT_FAULT=$point revive "${point%%.*}"; done
	IHHT_FAULT=$(printf '%s\n' "$@" | grep '^ble-ingest\.') revive ble-ingest
}
# Those that have been killed are started again; and once all is in Postgres some of it is lost
# there, if LOSE says so, for the auditor to find.
killed_has_come() {
	local fault name rest=()

	if [ -n "$LOSE" ] && [ "$(n_postgres)" = $ROWS ]; then
		sql "DELETE FROM readings WHERE session_id = '$ID' AND seq % 7 = 3"
		LOSE=
	fi
	for fault in "${PENDING[@]}"; do
		name=${fault%%.*}
		if ! is_gone "${PIDS[$name]}"; then
			rest+=("$fault")
			continue
		fi
		wait "${PIDS[$name]}" 2>/dev/null
		[ $? = 137 ] || WHY="$WHY $fault ended by itself"
		unset "PIDS[$name]"
		HITS=$((HITS + 1))
		start "$name"
	done
	PENDING=("${rest[@]}")
	[ ${#PENDING[@]} = 0 ]
}
killed_ends() { :; }

# ---- killed at a random instant
random_begins() {
	revive ble-ingest
	VICTIM=$1
}
random_has_come() {
	# a random instant is what this is about: it ends with the clock, not with an event
	read -rt "0.$((RANDOM % 900 + 100))" <> <(:)
	revive "$VICTIM"
	HITS=1
}
random_ends() { :; }

# ---- the store's disk refuses: WHAT:CALL:N:M as mischief has it
disk_begins() {
	rm -f "$T/done"
	MISCHIEF_FILES=$DB MISCHIEF_DISK=$1 MISCHIEF_DONE=$T/done mischief revive local-store
	revive ble-ingest
}
# Who is refused at its start ends, and is started again, as by a supervisor.
disk_has_come() {
	if is_gone "${PIDS[local-store]}"; then
		revive local-store
		HITS=1
	elif [ -e "$T/done" ] && is_ready local-store; then
		HITS=1
	fi
	[ $HITS = 1 ]
}
disk_ends() { revive local-store; }

# ---- the power fails at a point of local-store: what was not synced is gone.  `all`: the machine
# of ble-ingest too, whose spool is never synced
power_begins() {
	POWER=${2:-}
	rm -rf "$T/synced"
	mkdir "$T/synced"
	kill9 local-store 2>/dev/null
	cp "$DB" "$DB-wal" "$T/synced/"
	PENDING=("$1")
	MISCHIEF_FILES=$DB MISCHIEF_SYNCED=$T/synced IHHT_FAULT=$1 mischief start local-store
	revive ble-ingest
}
power_has_come() {
	is_gone "${PIDS[local-store]}" || return
	wait "${PIDS[local-store]}" 2>/dev/null
	unset "PIDS[local-store]"
	if [ -n "$POWER" ]; then
		kill9 ble-ingest
		kill9 sync-worker
		rm -f "$T"/spool*
	fi
	rm -f "$DB" "$DB"-*
	mv "$T/synced/"* "$T/"
	start local-store
	[ -z "$POWER" ] || { start sync-worker; start ble-ingest; }
	PENDING=()
	HITS=1
}
power_ends() { :; }

# ---- whether a commit took place remains unknown: WHAT N as unsure has it
commit_begins() {
	rm -f "$T/done" "$T/unsure"/.s*
	mkdir -p "$T/unsure"
	background unsure "$ROOT/tests/crash/unsure" "$T/unsure" "$RUN" "$2" "$1" "$T/pg/data/postmaster.pid" "$T/done"
	wait_until '[ -S "$T/unsure/.s.PGSQL.5432" ]'
	other_conf "$T/unsure.conf" postgres "url = \"host=$T/unsure dbname=ihht user=ihht_sync\""
	CONF=$T/unsure.conf revive sync-worker
	revive ble-ingest
	COMMIT=$1
}
commit_has_come() {
	[ -e "$T/done" ] || return
	if [ "$COMMIT" = server ]; then
		wait_until 'is_gone "$(head -1 "$T/pg/data/postmaster.pid")"'
		pg_start
	fi
	HITS=1
}
commit_ends() {
	kill9 unsure
	revive sync-worker
}

# ---- accidents on the way between processes: WHAT as rough has it
frames_begins() {
	mkdir -p "$T/road"
	kill9 local-store
	background rough "$TOOL/rough" "$1" "$N" "$T/road" samples="ipc://$RUN/samples" news="ipc://$RUN/news" \
		commands="ipc://$RUN/commands" bundles="ipc://$RUN/bundles" receipts="ipc://$RUN/receipts"
	other_conf "$T/store.conf" links "receipts = \">ipc://$T/road/receipts\""
	other_conf "$T/rough.conf" links "$(for link in samples news commands bundles; do
		printf '%s = ">ipc://%s/road/%s"\n    ' $link "$T" $link; done)"
	CONF=$T/store.conf start local-store
	CONF=$T/rough.conf revive sync-worker
	CONF=$T/rough.conf revive ble-ingest
	export IHHT_CONF=$T/rough.conf
}
frames_has_come() { :; }
frames_ends() {
	export IHHT_CONF=$CONF
	kill -TERM "${PIDS[rough]}"
	wait_end rough
	HITS=$(log_of rough | sed -n 's/.* passed, \([0-9]*\) accidents/\1/p')
	[ "${HITS:-0}" -gt 0 ] || WHY="$WHY no accident"
	revive local-store
	revive sync-worker
}

# other_conf FILE SECTION LINE: the settings with that in place of the section
other_conf() {
	{
		awk -v section="$2" '/^[^ ]/ { skip = $0 == section } !skip' "$CONF"
		printf '%s\n    %s\n' "$2" "$3"
	} >"$1"
}

# ---- killed while what has been compared leaves for files, and comes back: at points, one life after
# the other; `random`: at a random instant
archived_begins() {
	revive ble-ingest
	LEAVING=("$@")
}
archived_has_come() { :; }
has_left() { [ "$(n_sqlite)" -le 1 ] && [ "$(lite "SELECT count(*) FROM archive WHERE state = 'leaving'")" = 0 ]; }
has_died() {
	wait_until 'is_gone "${PIDS[local-store]}"' 60 >/dev/null || WHY="$WHY never came: $1"
	kill9 local-store
	HITS=$((HITS + 1))
}
# leave_at FAULT: a life of local-store that ends there
leave_at() {
	if [ "$1" = random ]; then
		start local-store
		read -rt "0.$((RANDOM % 900 + 100))" <> <(:)
		kill9 local-store
		HITS=$((HITS + 1))
	else
		IHHT_FAULT=$1 start local-store
		has_died "$1"
	fi
}
archived_ends() {
	local fault asking=

	kill9 local-store
	conf local-store keep-days 0
	for fault in "${LEAVING[@]}"; do [[ $fault == *.recalled ]] || leave_at "$fault"; done
	start local-store
	wait_until has_left >/dev/null || WHY="$WHY has not left"
	"$BIN/ihht" archive verify >>"$T/log/commands.log" 2>&1 || WHY="$WHY a file is not good"
	kill9 local-store
	conf local-store keep-days
	for fault in "${LEAVING[@]}"; do
		[[ $fault == *.recalled ]] || continue
		IHHT_FAULT=$fault start local-store
		ask archive restore "$ID" &
		asking=$!
		has_died "$fault"
	done
	start local-store
	[ -z "$asking" ] || wait $asking
	ask archive restore "$ID" || WHY="$WHY does not come back"
	compare
}

# ---- the clock of the gateway's processes is set: HOURS..., one after the other, while values flow that
# are dated by it.  What was generated is what a watcher saw at once.
set_clock() { perl -e 'print pack("q", $ARGV[0] * 3600e6)' -- "$1" >"$T/hours.new" && cat "$T/hours.new" 1<>"$T/hours"; }
under_clock() { MISCHIEF_CLOCK=$T/hours mischief "$@"; }
# clock_round WORKER HOURS...: the worker's host has the `same` clock, or one that is `right`
clock_round() {
	local worker=$1 ROWS=300 hours step=1

	grep -qE -e "$ONLY" <<<"clock $*" || return
	shift
	CLOCKS=$((CLOCKS + 1)) N=$((N + 1)) LOST=0 DOUBLED=0 HITS=0 WHY= LOSE=
	[ -z "${PIDS[ble-ingest]:-}" ] || kill9 ble-ingest
	[ -z "${PIDS[dedupe-auditor]:-}" ] || kill9 dedupe-auditor
	set_clock 0
	conf ble-ingest source mock
	conf ble-ingest devices 3
	conf ble-ingest rate 50
	conf ble-ingest samples $ROWS
	conf ble-ingest spool "$T/spool-$N"
	under_clock revive local-store
	if [ "$worker" = same ]; then under_clock revive sync-worker; else revive sync-worker; fi
	under_clock ask session start "$(user $N)" "mock-00$CLOCKS" local_session_id="$(local_id $N)"
	ID=$(lite "SELECT id FROM session WHERE local_session_id = '$(local_id $N)'")
	"$BIN/zmq-sniffer" --json --topic "sample/test/mock-00$CLOCKS/" >"$T/seen" 2>/dev/null &
	PIDS[watcher]=$!
	under_clock start ble-ingest
	under_clock ask_survey_and_event || WHY="$WHY no answer"
	for hours; do
		wait_until '[ "$(n_sqlite)" -ge $((step * 80)) ]' 60 >/dev/null
		set_clock "$hours"
		step=$((step + 1)) HITS=$((HITS + 1))
	done
	wait_until '[ "$(n_sqlite)" -ge $ROWS ]' 60 >/dev/null
	under_clock ask session stop "$ID"
	wait_until all_there 60 >/dev/null
	kill9 watcher
	clock_compare
	say "clock $worker $*"
}
# Each number once; and what was seen is there as it was seen.
clock_compare() {
	jq -r '.sample | [.epoch, .seq, .taken_us, .spo2, .heart_rate] | map(tostring) | join("|")' "$T/seen" | sort >"$T/generated"
	lite "SELECT epoch, seq, taken_us, iif(spo2 IS NULL, 'null', printf('%.15g', spo2)),
		iif(heart_rate IS NULL, 'null', printf('%.15g', heart_rate)) FROM readings r JOIN session s ON s.no = r.session WHERE s.id = '$ID'" | sort >"$T/sqlite"
	sql "SELECT epoch, seq, (extract(epoch FROM timestamp) * 1000000)::bigint, coalesce(spo2::text, 'null'),
		coalesce(heart_rate::text, 'null') FROM readings WHERE session_id = '$ID'" | sort >"$T/postgres"
	for store in sqlite postgres; do
		LOST=$((LOST + $(comm -23 "$T/generated" "$T/$store" | wc -l) + ROWS - $(cut -d'|' -f2 "$T/$store" | sort -u | wc -l)))
		DOUBLED=$((DOUBLED + $(cut -d'|' -f2 "$T/$store" | sort | uniq -d | wc -l)))
	done
	[ -s "$T/generated" ] || WHY="$WHY nothing was seen"
	[ "$(sql "SELECT count(*) FROM gaps WHERE session_id = '$ID' AND reason = 'clock_step'")" = $HITS ] ||
		WHY="$WHY the steps are not on record"
}
