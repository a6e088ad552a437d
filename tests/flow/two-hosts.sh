# two-hosts.sh - a gateway and a cloud host with settings of their own, tcp and CURVE in between
#
# Sourced after lib.sh; after fresh and pg_start:
#
#	two_hosts          keys and settings of both; the cloud's are $T/cloud/ihht.conf; bundles go to
#	                   port $port, receipts come from the next one
#	two_hosts_start    local-store here and sync-worker there, both ready
#	bytes_sent PORTS   how many bytes went that way, as ss filters: "dport = :$port"

two_hosts() {
	port=$(free_port)
	mkdir -p "$T/peers" "$T/cloud/run"
	"$BIN/ihht" keys gateway-1 >/dev/null && "$BIN/ihht" keys hub >/dev/null || return
	cp "$T/keys/gateway-1.key" "$T/keys/hub.key" "$T/peers/"
	cat >"$T/cloud/ihht.conf" <<-END
		gateway
		    name = "cloud"
		    run = "$T/cloud/run"
		links
		    key = "$T/keys/hub.key_secret"
		    peers = "$T/peers"
		    bundles = "@tcp://127.0.0.1:$port"
		    receipts = "@tcp://127.0.0.1:$((port + 1))"
		postgres
		    url = "host=$RUN dbname=ihht user=ihht_sync"
	END
	conf links key "$T/keys/gateway-1.key_secret"
	conf links peers "$T/peers"
	conf links bundles ">tcp://127.0.0.1:$port"
	conf links receipts ">tcp://127.0.0.1:$((port + 1))"
}

two_hosts_start() {
	start local-store
	background sync-worker "$BIN/sync-worker" --config "$T/cloud/ihht.conf"
	wait_ready local-store && wait_ready sync-worker
}

bytes_sent() { ss -tinH "$1" | grep -o 'bytes_sent:[0-9]*' | cut -d: -f2 | sort -n | tail -1; }
