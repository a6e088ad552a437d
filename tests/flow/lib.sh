# lib.sh - what every flow test needs: TAP, a fresh folder, the real binaries, a Postgres
#
#	. "$(dirname "$0")/lib.sh"
#	fresh                             T, RUN, CONF, DB; removed at exit, as all it started
#	conf local-store gather-ms 100      a setting more in $CONF
#	start local-store                 $BIN/local-store --config $CONF, log in $T/log
#	wait_ready local-store
#	is "$(lite 'SELECT count(*) FROM readings')" 0 "nothing is stored yet"
#	stop local-store                  TERM; a test in itself: it ends with 0
#	done_testing
#
# Tests find the binaries in $BIN (build/asan/bin, else build/release/bin).
set -u
T=  # `make flow T=...` names a test so; what stands here is removed at exit
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
if [ -z "${MODE:-}" ]; then
	MODE=release
	if [ -d "$ROOT/build/asan/bin" ]; then MODE=asan; fi
fi
BIN=${BIN:-$ROOT/build/$MODE/bin}
TOOL=${TOOL:-$ROOT/build/$MODE/tests/tool}
export ASAN_OPTIONS=${ASAN_OPTIONS:-exitcode=99:detect_leaks=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export LC_ALL=C TZ=UTC

# ---- TAP

N_TESTS=0 N_FAILED=0 FINISHED=

diag() { local line; while IFS= read -r line; do echo "# $line"; done <<<"$*"; }

# ok STATUS NAME: STATUS is $? or the like
ok() {
	N_TESTS=$((N_TESTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $N_TESTS - $2"
		return 0
	fi
	N_FAILED=$((N_FAILED + 1))
	echo "not ok $N_TESTS - $2"
	diag "at ${BASH_SOURCE[1]##*/}:${BASH_LINENO[0]}"
	return 1
}

# check NAME COMMAND...: the command succeeds
check() { local name=$1 out; shift; out=$("$@" 2>&1); ok $? "$name" || { diag "$out"; return 1; }; }

# is GOT WANTED NAME
is() {
	[ "$1" = "$2" ]
	ok $? "$3" || { diag "     got: $1"; diag "expected: $2"; return 1; }
}

# like GOT REGEX NAME / unlike
like() { grep -qE -- "$2" <<<"$1"; ok $? "$3" || { diag "     got: $1"; diag "expected: /$2/"; return 1; }; }
unlike() { ! grep -qE -- "$2" <<<"$1"; ok $? "$3" || { diag "     got: $1"; diag "but not: /$2/"; return 1; }; }

skip_all() { echo "1..0 # SKIP $*"; FINISHED=1; exit 0; }

# skip NAME REASON: one test that cannot run here
skip() { N_TESTS=$((N_TESTS + 1)); echo "ok $N_TESTS - $1 # SKIP $2"; }

done_testing() {
	local complaints

	stop_everything
	complaints=$(grep -lE 'ERROR: (Address|Leak)Sanitizer|runtime error:' "${T:-/nowhere}"/log/* 2>/dev/null)
	if [ -n "$complaints" ]; then
		ok 1 "no sanitizer complains"
		diag "$(grep -hE -A12 'ERROR: (Address|Leak)Sanitizer|runtime error:' $complaints | head -60)"
	fi
	echo "1..$N_TESTS"
	FINISHED=1
	[ $N_FAILED = 0 ]
	exit
}

# ---- processes, each under a name; all are killed at exit

declare -A PIDS=() LIFE=()
PG_DIRS=()

# Ended, though perhaps nobody has asked how.
is_gone() { ! grep -qs '^State:.[^ZX]' "/proc/$1/status"; }

is_alive() { kill -0 "${1:-0}" 2>/dev/null && [ -n "${1:-}" ]; }

stop_everything() {
	local name dir pid

	for name in "${!PIDS[@]}"; do
		kill -9 "${PIDS[$name]}" 2>/dev/null
		wait "${PIDS[$name]}" 2>/dev/null
	done
	PIDS=()
	for dir in ${PG_DIRS[@]+"${PG_DIRS[@]}"}; do
		pid=$(head -1 "$dir/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null &&
			wait_until "is_gone $pid"
	done
	PG_DIRS=()
}

at_exit() {
	local status=$?

	trap - EXIT
	if [ -z "$FINISHED" ]; then
		N_TESTS=$((N_TESTS + 1))
		echo "not ok $N_TESTS - the script reaches done_testing (exit $status)"
		echo "1..$N_TESTS"
		N_FAILED=1
	fi
	if [ $N_FAILED != 0 ] && [ -d "${T:-}/log" ]; then
		tail -n 25 "$T"/log/* 2>/dev/null | sed 's/^/# /'
	fi
	stop_everything
	if [ -n "${T:-}" ] && [ -z "${KEEP:-}" ]; then rm -rf "$T"; fi
	[ $N_FAILED = 0 ]
	exit
}
trap at_exit EXIT
trap 'exit 130' INT TERM

# background NAME COMMAND...: any program, log in $T/log/NAME.log
background() {
	local name=$1

	shift
	mkdir -p "$T/log"
	LIFE[$name]=$((${LIFE[$name]:-0} + 1))
	echo "--- start ${LIFE[$name]}" >>"$T/log/$name.log"
	"$@" </dev/null >>"$T/log/$name.log" 2>&1 &
	PIDS[$name]=$!
}

# start NAME [ARGS]; with `--instance N` it is called NAME-N
start() {
	local name=$1

	if [ "${2:-}" = --instance ]; then name=$1-$3; fi
	[ -x "$BIN/$1" ] || { diag "$BIN/$1 is not built"; exit 1; }
	background "$name" "$BIN/$1" --config "$CONF" "${@:2}"
}

# The log of NAME since it was last started.
log_of() { tac "$T/log/$1.log" 2>/dev/null | sed '/^--- start/q' | tac; }

is_ready() { log_of "$1" | grep -qE '^[0-9.]+ info [a-z-]+ ready( |$)'; }

# 0 when NAME says `ready` (30 s at most)
wait_ready() {
	wait_until "is_ready $1 || ! is_alive ${PIDS[$1]}" && is_ready "$1" && return
	diag "$1 is not ready:"
	diag "$(log_of "$1")"
	return 1
}

# wait_until 'SHELL CONDITION' [SECONDS=120]: the one place that looks again and again; a lost
# receipt alone costs 30 s before its bundle goes again
wait_until() {
	local end=$((SECONDS + ${2:-120}))

	while ! eval "$1" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			diag "waited ${2:-120} s in vain for: $1"
			return 1
		fi
		sleep 0.05
	done
}

# wait_end NAME [SECONDS=120]: sets STATUS to its exit code (124: it did not end and was killed)
wait_end() {
	local pid=${PIDS[$1]}

	STATUS=124
	if wait_until "! is_alive $pid" "${2:-120}"; then
		wait "$pid" 2>/dev/null
		STATUS=$?
	else
		kill -9 "$pid"
		wait "$pid" 2>/dev/null
	fi
	unset "PIDS[$1]"
}

# stop NAME: a test in itself
stop() {
	kill -TERM "${PIDS[$1]}" 2>/dev/null
	wait_end "$1"
	is "$STATUS" 0 "$1 stops when asked" || diag "$(log_of "$1" | tail -20)"
}

kill9() {
	kill -9 "${PIDS[$1]}" 2>/dev/null
	wait "${PIDS[$1]}" 2>/dev/null
	unset "PIDS[$1]"
}

# ---- a fresh folder and its ihht.conf

declare -A SETTINGS=()

# conf SECTION NAME VALUE; `conf SECTION NAME` takes it out again
conf() {
	local key section=

	if [ $# = 3 ]; then SETTINGS["$1/$2"]=$3; else unset "SETTINGS[$1/$2]"; fi
	printf '%s\n' "${!SETTINGS[@]}" | sort | while IFS= read -r key; do
		if [ "$section" != "${key%%/*}" ]; then
			section=${key%%/*}
			echo "$section"
		fi
		printf '    %s = "%s"\n' "${key#*/}" "${SETTINGS[$key]}"
	done >"$CONF"
}

fresh() {
	T=$(mktemp -d /tmp/ihht.XXXXXX)
	chmod 711 "$T"
	RUN=$T/run CONF=$T/ihht.conf DB=$T/store.sqlite
	mkdir -m 700 "$RUN"
	mkdir "$T/log"
	export IHHT_CONF=$CONF
	conf gateway name test
	conf gateway run "$RUN"
	conf gateway database "$DB"
	conf http-api port "$(free_port)"
	conf realtime-fanout port "$(free_port)"
}

# sign_in ROLE [USER...]: whom every curl asks as from now on; `curl -q` asks as nobody
sign_in() {
	export CURL_HOME=$T
	echo "header = \"Authorization: Bearer $("$BIN/ihht" --config "$CONF" token "$@" --days 1)\"" >"$T/.curlrc"
}

# A TCP port of 127.0.0.1 that nobody listens on.
free_port() {
	local port

	while :; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo $port
}

# ---- nginx as it stands before http-api and realtime-fanout: PORT, URL

# nginx_conf [NAMES [PROXIES]]: its file, and a page to show
nginx_conf() {
	PORT=${PORT:-$(free_port)} URL=http://127.0.0.1:$PORT
	mkdir -p "$T/www" "$T/nginx"
	echo '<title>live</title>' >"$T/www/index.html"
	PORT=$PORT WWW=$T/www API_PORT=${SETTINGS[http-api/port]} LIVE_PORT=${SETTINGS[realtime-fanout/port]} NAMES=${1:-} PROXIES=${2:-} \
		NGINX_USER=$([ "$(id -u)" != 0 ] || echo root) "$ROOT/deploy/front" write "$T/nginx/nginx.conf"
}

start_nginx() {
	background nginx "$ROOT/deploy/front" run "$T/nginx" nginx.conf
	wait_until "curl -s -o '$T/out' '$URL/'"
}

# ---- stores

lite() { sqlite3 -batch -readonly -cmd '.timeout 10000' "${2:-$DB}" "$1"; }

sql() { PGOPTIONS='-c client_min_messages=warning' psql -XAtq -v ON_ERROR_STOP=1 -h "$RUN" -U "${2:-postgres}" ihht -c "$1"; }

# An empty cluster, made once: copying it is quicker than initdb.
pg_template() {
	local dir=$ROOT/build/tests/postgres-template new

	if [ ! -d "$dir/data" ]; then
		new=$(mktemp -d /tmp/ihht-template.XXXXXX)
		chmod 711 "$new"
		"$ROOT/deploy/private-postgres" init "$new/pg" >&2 || return 1
		mkdir -p "$ROOT/build/tests"
		cp -a "$new/pg" "$dir.$$"
		mv -T "$dir.$$" "$dir" 2>/dev/null || rm -rf "$dir.$$"
		rm -rf "$new"
	fi
	echo "$dir"
}

# pg_start: a cluster of this test's own, its socket in $RUN, schema applied.  Once more after
# pg_stop: the same cluster again.
pg_start() {
	local template

	if [ ! -d "$T/pg/data" ]; then
		template=$(pg_template) || { diag "no Postgres"; return 1; }
		cp -a "$template" "$T/pg"
		# tests kill processes, not machines
		printf '%s\n' 'fsync = off' 'shared_buffers = 32MB' >>"$T/pg/data/postgresql.auto.conf"
	fi
	PG_DIRS+=("$T/pg")
	"$ROOT/deploy/private-postgres" start "$T/pg" "$RUN" >>"$T/log/private-postgres.log" 2>&1 ||
		{ diag "$(cat "$T/log/private-postgres.log")"; return 1; }
	[ -n "${PG_SCHEMA_DONE:-}" ] || pg_schema
}

pg_schema() {
	local file

	PG_SCHEMA_DONE=1
	if [ -x "$BIN/ihht" ]; then
		"$BIN/ihht" --config "$CONF" schema apply >>"$T/log/schema.log" 2>&1 && return
		diag "ihht schema apply: $(tail -5 "$T/log/schema.log")"
		return 1
	fi
	for file in "$ROOT"/deploy/postgres/[0-9]*.sql; do
		[ -e "$file" ] || continue
		psql -Xq -v ON_ERROR_STOP=1 -h "$RUN" -U ihht_owner ihht -1 -f "$file" \
			>>"$T/log/schema.log" 2>&1 || { diag "$(tail -5 "$T/log/schema.log")"; return 1; }
	done
}

pg_stop() { "$ROOT/deploy/private-postgres" stop "$T/pg" 2>>"$T/log/private-postgres.log"; }

pg_kill9() {
	local pid

	pid=$(head -1 "$T/pg/data/postmaster.pid")
	kill -9 "$pid"
	wait_until "is_gone $pid"
}
