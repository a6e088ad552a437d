#!/bin/bash
# Many watchers of everything, and nats-server with as many in the same run: CPU of a delivery, how old
# it is, and what a watcher costs who hears nothing.  WATCHERS RATE SECONDS change the size.
. "$(dirname "$0")/../flow/lib.sh"
set -u
PATH=$PATH:/usr/sbin
WATCHERS=${WATCHERS:-1000} RATE=${RATE:-1000} SECONDS_MEASURED=${SECONDS_MEASURED:-10} IDLE=${IDLE:-10000}
SWARM=$ROOT/build/$MODE/tests/bench/swarm
FEED=$TOOL/feed
fresh
ulimit -n "$(ulimit -Hn)"
conf realtime-fanout watchers 10000
PORT=${SETTINGS[realtime-fanout/port]}
start realtime-fanout
wait_ready realtime-fanout || exit 1
TOKEN=$("$BIN/ihht" --config "$CONF" token admin)
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }     # ticks of 10 ms
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# swarm NAME PID ARGS...: "DELIVERIES P50 P99 LOST US_CPU_EACH"
swarm() {
	local pid=$2 before after line

	"$SWARM" "${@:3}" >"$T/$1" &
	wait_until "grep -q measuring '$T/$1'"
	before=$(cpu "$pid")
	wait $! || echo "bench: swarm ${*:3:1} broke off" >&2
	after=$(cpu "$pid")
	line=$(tail -1 "$T/$1")
	echo "$line $(awk -v t=$((after - before)) '{ printf "%.2f", t * 10000 / ($1 ? $1 : 1) }' <<<"$line")"
}
row() { local IFS=$'\t'; echo "$*"; }

base=$(resident "${PIDS[realtime-fanout]}")
"$SWARM" ihht "$PORT" "$TOKEN" "$IDLE" 2 >"$T/idle" &
wait_until "grep -q measuring '$T/idle'"
row "resident for each of $IDLE watchers that hear nothing" \
	"$(awk -v a="$(resident "${PIDS[realtime-fanout]}")" -v b="$base" -v n="$IDLE" 'BEGIN { k = (a - b) / n; printf "%.2f\tKiB\t4\t%.2f", k, k / 4 }')"
wait $!

background feed "$FEED" --config "$CONF" "$RATE" 1
read -r n p50 p99 lost ours < <(swarm ours "${PIDS[realtime-fanout]}" ihht "$PORT" "$TOKEN" "$WATCHERS" "$SECONDS_MEASURED")
kill9 feed
ours_p99=$p99
row "values to $WATCHERS watchers, $RATE values/s" "$((n / SECONDS_MEASURED))" "deliveries/s" "$((WATCHERS * RATE))" \
	"$(awk -v a="$n" -v s="$SECONDS_MEASURED" -v m=$((WATCHERS * RATE)) 'BEGIN { printf "%.2f", a / s / m }')"
row "  lost of these; limit: none" "$lost" deliveries
row "  from the oximeter to them, p50" "$(awk -v a="$p50" 'BEGIN { printf "%.1f", a / 1000 }')" ms
row "  from the oximeter to them, p99" "$(awk -v a="$p99" 'BEGIN { printf "%.1f\tms\t25\t%.2f", a / 1000, a / 25000 }')"
if ! command -v nats-server >/dev/null; then
	row "  CPU of a delivery" "$ours" us
	echo "# nats-server is not installed: no ratio"
	exit 0
fi
NATS=$(free_port)
background nats nats-server -a 127.0.0.1 -p "$NATS"
wait_until "(exec 3<>/dev/tcp/127.0.0.1/$NATS)"
read -r n p50 p99 their_lost theirs < <(swarm nats "${PIDS[nats]}" nats "$NATS" "$RATE" "$WATCHERS" "$SECONDS_MEASURED")
row "  CPU of a delivery; limit: two thirds of nats-server's" "$ours" us "$(awk -v b="$theirs" 'BEGIN { printf "%.2f", b * 2 / 3 }')" \
	"$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b / 2 * 3 }')"
row "  p99; limit: that of nats-server" "$(awk -v a="$ours_p99" 'BEGIN { printf "%.1f", a / 1000 }')" ms \
	"$(awk -v a="$p99" 'BEGIN { printf "%.1f", a / 1000 }')" "$(awk -v a="$ours_p99" -v b="$p99" 'BEGIN { printf "%.2f", a / b }')"
echo "# nats-server made $((n / SECONDS_MEASURED)) deliveries/s and lost $their_lost"
FINISHED=1
