# migrate.sh - an old database of the app, and `dedupe-auditor migrate` on it
#
#	old_database early|late [ROLE]      tables of tests/legacy, owned by ROLE (ihht_owner)
#	add_session N COLUMN=VALUE...       row s N, id $(sid N); see below
#	migrate plan --out "$T/plan"        $OUT, $STATUS

. "$(dirname "$0")/lib.sh"

LEGACY=$ROOT/tests/legacy

old_database() {
	fresh
	PG_SCHEMA_DONE=1
	pg_start || skip_all "no Postgres"
	OWNER=${2:-ihht_owner}
	as_owner -f "$LEGACY/auth.sql" -f "$LEGACY/app-$1.sql" ||
		{ diag "tests/legacy/app-$1.sql does not run"; exit 1; }
	sql "ALTER ROLE ihht_owner CREATEDB"
	conf postgres migrate "host='$RUN' dbname=ihht user=$OWNER"
}

as_owner() { PGOPTIONS='-c client_min_messages=warning' psql -XAtq -v ON_ERROR_STOP=1 -h "$RUN" -U "$OWNER" ihht "$@"; }

sid() { printf '%08d-0000-4000-8000-000000000000' "$1"; }
person() { printf '00000000-0000-4000-9000-%012d' "$1"; }

migrate() {
	OUT=$(cd "$T" && "$BIN/dedupe-auditor" migrate "$@" --config "$CONF" 2>&1)
	STATUS=$?
}

plan() { rm -f "$T/plan"; migrate plan --out "$T/plan" "$@"; }

# How a plan would begin, without what is new in each: for "the same as before".
entries_of() { sed -n '/^seal/,$p' "${1:-$T/plan}" | tail -n +2 | sed 's/ *#.*//; /^$/d'; }

# Every row of every table of the app's, as the dump has it; order does not matter.
dump_hash() {
	pg_dump --data-only -h "$RUN" -U postgres -n public -n auth ihht |
		awk '/^COPY /{on = 1; table = $2} /^\\\.$/{on = 0} on {print table, $0}' | sort | sha256sum
}

# sessions N LOCAL DEVICE USER START_S END_S STATUS: seconds after the hour; '' is null
add_session() {
	local n=$1 local_id=$2 device=$3 user=$4 start=$5 end=$6 status=$7 created=${8:-$5}

	sql "INSERT INTO sessions (id, local_session_id, device_id, user_id, start_time, end_time, status,
			created_at, updated_at) VALUES ('$(sid "$n")', nullif('$local_id', ''), '$device',
		nullif('$user', '')::uuid, $(at "$start"), $(at "$end"), '$status', $(at "$created"),
		$(at "$created"))"
}

# at SECONDS: a timestamptz, or NULL for ''
at() { if [ -n "$1" ]; then echo "timestamptz '2025-08-01 10:00:00Z' + interval '$1 s'"; else echo NULL; fi; }

# add_readings SESSION FROM_S COUNT [SPO2]: one a second
add_readings() {
	sql "INSERT INTO readings (session_id, \"timestamp\", spo2, heart_rate, signal_strength)
		SELECT '$1', $(at "$2") + i * interval '1 s', ${4:-88} + i % 5, 70 + i % 7, 100
		FROM generate_series(0, $3 - 1) i"
}
