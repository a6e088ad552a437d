#!/bin/bash
# install-deps with stand-ins for apt, dpkg and sudo: what it would do on other machines.
. "$(dirname "$0")/lib.sh"
fresh
mkdir "$T/bin"
stub() { printf '#!/bin/sh\n%s\n' "$2" >"$T/bin/$1"; chmod +x "$T/bin/$1"; }
deps() { TMPDIR=$T PATH=$T/bin:$PATH "$ROOT/deploy/install-deps" "$@" 2>&1; }

stub apt-get "echo \"\$@\" >>$T/apt"
stub dpkg-query 'echo installed'
said=$(deps build run test)
is "$? $said" "0 " "all is there: nothing to do, nothing to say"
is "$(cat "$T/apt" 2>&1 | grep -c install)" 0 "and apt is left alone"

stub dpkg-query 'case "$*" in *libzmq3-dev*|*nodejs*|*cppcheck*) exit 1;; esac; echo installed'
stub id 'if [ "$1" = -u ]; then echo 1000; else exec /usr/bin/id "$@"; fi'
stub sudo 'exit 1'
stub node 'exit 0'
said=$(deps build run)
is "$?" 1 "a user without sudo: it cannot be done"
like "$said" 'apt-get install --no-install-recommends libzmq3-dev $' "he is told what is missing, and only that"
unlike "$said" nodejs "not what he has from elsewhere"
unlike "$said" cppcheck "nor what only the tests need"
is "$(cat "$T/apt" 2>&1 | grep -c install)" 0 "and nothing was tried"

# with sudo: a first try that fails, then apt-get update and a second
stub sudo 'shift; case "$1" in true) exit 0;; env) shift; while case "$1" in *=*) true;; *) false;; esac; do shift; done; exec "$@";; tee) cat >/dev/null; echo "tee $2" >>'"$T/sudo"';; *) echo "$@" >>'"$T/sudo"';; esac'
stub apt-get "echo \"\$@\" >>$T/apt; case \"\$*\" in *' install '*) [ -e $T/tried ] || { touch $T/tried; exit 100; };; esac"
said=$(deps build)
is "$?" 0 "with sudo it is done" || diag "$said"
is "$(grep -oE '(install|update)( .*)?$' "$T/apt" | tail -n 3 | tr '\n' ';')" \
	"install --no-install-recommends libzmq3-dev;update;install --no-install-recommends libzmq3-dev;" \
	"a list that was too old is fetched, and it is tried once more"
like "$said" 'no service was started' "it says what it did"
if [ -e /usr/sbin/policy-rc.d ]; then
	skip "services are held back" "this machine has a policy-rc.d of its own"
else
	like "$(cat "$T/sudo")" '^tee /usr/sbin/policy-rc.d' "services are held back meanwhile"
fi
like "$(cat "$T/sudo")" '^tee /etc/postgresql-common/createcluster.d/' "and no default cluster is made"

stub apt-get "case \"\$*\" in *' install '*) echo 'E: Unable to locate package libzmq3-dev'; exit 100;; esac"
said=$(deps build)
is "$?" 1 "what cannot be had is a failure"
like "$said" 'Unable to locate package libzmq3-dev' "with apt's own words"
done_testing
