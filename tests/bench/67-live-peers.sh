#!/bin/bash
# The live stream beside its peers, in one run: nothing joined for a hundred watchers (node ws, mosquitto),
# one message to one of a thousand (nats-server), and what a watcher who does not read costs the others.
. "$(dirname "$0")/../flow/lib.sh"
set -u
PATH=$PATH:/usr/sbin
SECONDS_MEASURED=${SECONDS_MEASURED:-8}
SWARM=$ROOT/build/$MODE/tests/bench/swarm
ulimit -n "$(ulimit -Hn)"
make -s browser >&2 || exit
cpu() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }     # ticks of 10 ms
row() { local IFS=$'\t'; echo "$*"; }
ms() { awk -v a="$1" 'BEGIN { printf "%.2f", a / 1000 }'; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }'; }

# swarm PROCESS ARGS...: sets N P50 P99 CPU (us of the process for each delivery)
swarm() {
	local pid=${PIDS[$1]} before after

	"$SWARM" "${@:2}" "$SECONDS_MEASURED" >"$T/swarm" &
	wait_until "grep -q measuring '$T/swarm'"
	before=$(cpu "$pid")
	wait $! || echo "bench: swarm ${*:2:1} broke off" >&2
	after=$(cpu "$pid")
	read -r N P50 P99 _ < <(tail -1 "$T/swarm")
	CPU=$(awk -v t=$((after - before)) -v n="$N" 'BEGIN { printf "%.2f", t * 10000 / (n ? n : 1) }')
}

# ours TICK: realtime-fanout with that, and nobody else
ours() {
	[ -z "${PIDS[realtime-fanout]:-}" ] || kill9 realtime-fanout
	conf realtime-fanout tick-ms "$1"
	start realtime-fanout
	wait_ready realtime-fanout || exit 1
}

fresh
conf realtime-fanout watchers 10000
PORT=${SETTINGS[realtime-fanout/port]}
TOKEN=$("$BIN/ihht" --config "$CONF" token admin)

# ---- nothing joined
ours 0
background feed "$TOOL/feed" --config "$CONF" 1000 1
swarm realtime-fanout ihht "$PORT" "$TOKEN" 100
alone=$CPU alone_p99=$P99
kill9 feed
PEER=$(free_port)
background ws node "$ROOT/tests/bench/peer.mjs" "$PEER"
wait_until "(exec 3<>/dev/tcp/127.0.0.1/$PEER)"
swarm ws ws "$PEER" 1000 100
row "CPU of a delivery to 100 watchers, nothing joined; limit: node ws" "$alone" us "$CPU" "$(ratio "$alone" "$CPU")"
row "  p99; limit: node ws" "$(ms "$alone_p99")" ms "$(ms "$P99")" "$(ratio "$alone_p99" "$P99")"
kill9 ws
if command -v mosquitto >/dev/null; then
	PEER=$(free_port)
	printf 'listener %d 127.0.0.1\nallow_anonymous true\n' "$PEER" >"$T/mosquitto.conf"
	background mosquitto mosquitto -c "$T/mosquitto.conf"
	wait_until "(exec 3<>/dev/tcp/127.0.0.1/$PEER) || ! is_alive ${PIDS[mosquitto]}"
	swarm mosquitto mqtt "$PEER" 1000 100
	row "  the same; limit: mosquitto" "$alone" us "$CPU" "$(ratio "$alone" "$CPU")"
	row "  p99; limit: mosquitto" "$(ms "$alone_p99")" ms "$(ms "$P99")" "$(ratio "$alone_p99" "$P99")"
	kill9 mosquitto
fi

# ---- one message to one of a thousand
ours 10
background feed "$TOOL/feed" --config "$CONF" 1000 1
swarm realtime-fanout ihht-one "$PORT" "$TOKEN" 1000
alone_p99=$P99 alone=$CPU alone_n=$N
kill9 feed
if command -v nats-server >/dev/null; then
	PEER=$(free_port)
	background nats nats-server -a 127.0.0.1 -p "$PEER"
	wait_until "(exec 3<>/dev/tcp/127.0.0.1/$PEER)"
	swarm nats nats-one "$PEER" 1000 1000
	row "one message to one of 1000 watchers, p99; limit: nats-server" "$(ms "$alone_p99")" ms "$(ms "$P99")" "$(ratio "$alone_p99" "$P99")"
	row "  CPU of it; limit: nats-server" "$alone" us "$CPU" "$(ratio "$alone" "$CPU")"
	echo "# $((alone_n / SECONDS_MEASURED)) deliveries/s by us, $((N / SECONDS_MEASURED)) by nats-server"
	swarm nats nats-link "$PEER" 1000 1000
	row "  p99; limit: nats-server behind a ZeroMQ link as we are" "$(ms "$alone_p99")" ms "$(ms "$P99")" "$(ratio "$alone_p99" "$P99")"
	kill9 nats
fi

# ---- one who does not read
ours 10
background feed "$TOOL/feed" --config "$CONF" 1000 1
for k in 1 2 3; do
	swarm realtime-fanout ihht "$PORT" "$TOKEN" 200
	echo "$P99" >>"$T/without"
	STALLED=1 swarm realtime-fanout ihht "$PORT" "$TOKEN" 200
	echo "$P99" >>"$T/beside"
done
without=$(sort -n "$T/without" | sed -n 2p)
beside=$(sort -n "$T/beside" | sed -n 2p)
row "p99 of 200 watchers beside one who does not read, median of 3; limit: without it" "$(ms "$beside")" ms "$(ms "$without")" "$(ratio "$beside" "$without")"
kill9 feed
FINISHED=1
