# ihht demo: sessions that follow the mock's timetable, once each whatever is restarted.
. "$(dirname "$0")/lib.sh"

fresh
conf ble-ingest devices 1
counts() { lite "SELECT (SELECT count(*) FROM session), (SELECT count(*) FROM survey WHERE kind = '$1'), (SELECT count(*) FROM session WHERE status = 'active')"; }

# timetable CYCLES AT: settings by which device 1 comes, 5 to 12 s from now, to second AT (an
# expression of a and r, the lengths of the phases) of a round of that many cycles
# Not every second has one (it needs a divisor of its own): then the next one is tried.
timetable() { wait_until "find_timetable $1 '$2'" 60; }
find_timetable() {
	local a r round now=$(($(date +%s) + 5))

	for r in 12 15 18; do
		for a in {9..7200}; do
			round=$(((a + r + 20) * $1))
			[ $((($2 - now % round + round) % round)) -le 7 ] || continue
			conf ble-ingest altitude-seconds $a
			conf ble-ingest recovery-seconds $r
			return
		done
	done
	return 1
}

start local-store
wait_ready local-store

# ---- a round ends and the next begins
timetable 5 0
background demo "$BIN/ihht" --config "$CONF" demo
wait_until "[ \"\$(counts pre)\" = '1|1|1' ]"
ok $? "it begins a session and answers its first survey"
first=$(lite "SELECT id FROM session")
# 5 to 12 s before the end of a round: its last transition takes 10 of them
like "$(lite "SELECT device_id, data_source, current_phase, current_cycle, total_cycles FROM session")" \
	'^mock-001\|mock\|(RECOVERY|TRANSITION)\|5\|5$' "in the phase and cycle of the timetable"

kill9 local-store
stop demo
start local-store
wait_ready local-store
background demo "$BIN/ihht" --config "$CONF" demo
wait_until "is_ready demo"
wait_until "[ \"\$(counts pre)\" = '2|2|1' ]"
ok $? "the round ends and the next session begins"
is "$(lite "SELECT status, (SELECT count(*) FROM survey WHERE session_id = '$first' AND kind = 'post'), (SELECT count(*) FROM progression WHERE session_id = '$first') FROM session WHERE id = '$first'")" \
	"completed|1|1" "the first one, begun before both were restarted, ended with its survey and progression"
wait_until "[ \"\$(lite \"SELECT current_phase || current_cycle FROM session WHERE status = 'active'\")\" = ALTITUDE1 ]"
ok $? "the second starts with ALTITUDE of cycle 1"
is "$(lite "SELECT end_us - (SELECT start_us FROM session WHERE id <> '$first') FROM session WHERE id = '$first'")" 0 \
	"in the moment in which the first one ended"
stop demo
unlike "$(cat "$T/log/demo.log")" 'warn' "nothing it said was refused"

# ---- a survey in the recovery; another timetable is another round: what ran is abandoned
timetable 1 'a + 10 + r / 3'
background demo "$BIN/ihht" --config "$CONF" demo
wait_until "[ \"\$(counts intra)\" = '3|1|1' ]"
ok $? "it answers a survey in the recovery"
is "$(lite "SELECT count(*) FROM session WHERE status = 'abandoned'")" 1 "what still ran on the device was ended first"
timetable_us() { lite "SELECT at_us FROM survey WHERE kind = 'intra'"; }
at=$(timetable_us)
stop demo
background demo "$BIN/ihht" --config "$CONF" demo
wait_until "is_ready demo"
kill9 local-store
start local-store
wait_ready local-store
before=$(lite "SELECT count(*) FROM phase_stats")
wait_until "[ \"\$(lite 'SELECT count(*) FROM phase_stats')\" -gt $before ]"
ok $? "it goes on when local-store was away"
stop demo
is "$(counts intra) $(timetable_us)" "3|1|1 $at" "a restart of either says nothing twice"

# ---- the dial, in the third cycle
timetable 5 '(a + r + 20) * 2 + a * 2 / 3'
background demo "$BIN/ihht" --config "$CONF" demo
wait_until "[ \"\$(lite \"SELECT event_type || altitude_phase_number FROM event\")\" = dial_adjustment3 ]"
ok $? "it turns the dial in the third cycle"
stop demo

stop local-store
done_testing
