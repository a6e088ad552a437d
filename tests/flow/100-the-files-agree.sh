#!/bin/bash
# What is made from the sources is fresh, and what ships as an example is right.
. "$(dirname "$0")/lib.sh"
fresh
cd "$ROOT" || exit

is "$(diff deploy/ihht.conf <(docs/conf "$BIN" 2>&1) 2>&1 | head -5)" "" "deploy/ihht.conf is fresh (make docs)"
check "ihht schema lint" "$BIN/ihht" --config "$CONF" schema lint

for example in deploy/ihht.conf deploy/hosts/*.conf; do
	check "$example is right" "$BIN/ihht" --config "$example" check-config
done

# every default, said aloud, is a right setting
sed 's/^    # \([a-z_-]* = "\)/    \1/' deploy/ihht.conf | grep -vE '^    (url|key|peers|bundles) = ' >"$T/said.conf"
check "and so is each default in it" "$BIN/ihht" --config "$T/said.conf" check-config

for process in $(sed -n 's/^\tP("\([a-z-]*\)".*/\1/p' proto/links.def); do
	case $process in ihht | zmq-sniffer) continue ;; esac
	check "supervisord runs $process" grep -qx "\[program:$process\]" deploy/supervisord.conf
done

for script in deploy/{install-deps,private-postgres,run,front,install,make-users} tests/{run,size,analyze} docs/conf; do
	check "$script is a script" bash -n "$script"
done

mkdir -p "$T/nginx"
front() { env PORT=18080 WWW="$T" API_PORT=18081 LIVE_PORT=18082 NAMES="$1" PROXIES="$2" "$ROOT/deploy/front" write "$T/nginx/nginx.conf" 2>&1; }
while IFS='|' read -r names proxies; do
	front "$names" "$proxies"
	check "nginx takes its file, with names '$names' and proxies '$proxies'" \
		env PATH="$PATH:/usr/sbin" nginx -t -e stderr -p "$T/nginx" -c "$T/nginx/nginx.conf"
	unlike "$(cat "$T/nginx/nginx.conf")" '@[A-Z]' "which has no gaps left"
done <<EOF
|
live.clinic.example *.gym.example|127.0.0.1 10.0.0.0/8 ::1
EOF
mkdir "$T/stars"
touch "$T/stars/a;.gym.example"
is "$(cd "$T/stars" && front '*.gym.example' '')" '' "a name with a star is no file's"
like "$(front 'a;' '')" 'http-api/hosts: "a;" cannot be' "a name that would be a line of its own is refused"
like "$(front '' '127.0.0.1;')" 'access/proxies: "127.0.0.1;" cannot be' "so is such a proxy"

# each package has a reason
unlike "$(grep -v '^#' deploy/packages.txt)" '^(build|run|test|bluetooth) +[^ ]+ *$' "each package has a reason"
done_testing
