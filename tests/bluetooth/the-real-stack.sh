#!/bin/bash
# The real kernel Bluetooth, the real bluetoothd and virtual controllers, in a small machine
# that QEMU emulates: an oximeter of ours is heard by ble-ingest, and what it said is in
# SQLite.  What happens there is told by inside.sh; its TAP is ours.
cd "$(dirname "$0")/../.." || exit
MODE=${MODE:-release}
DIR=build/bluetooth
LIMIT_S=300

skip_all() { echo "1..0 # SKIP $*"; exit 0; }

[ "$(dpkg --print-architecture 2>/dev/null)" = amd64 ] || skip_all "it is made for Debian on amd64"
PATH=$PATH:/usr/sbin:/sbin
for program in qemu-system-x86_64 btvirt dbus-daemon dbus-send modprobe cpio xz ip jq sqlite3; do
	command -v $program >/dev/null ||
		skip_all "$program is not installed: make test-bluetooth installs it"
done
mkdir -p $DIR
tests/bluetooth/machine "$PWD/$DIR" \
	build/"$MODE"/bin/{ble-ingest,local-store,ihht,zmq-sniffer} build/"$MODE"/tests/bluetooth/peripheral \
	tests/bluetooth/inside.sh tests/flow/lib.sh >$DIR/machine.log 2>&1 || {
	sed 's/^/# /' $DIR/machine.log
	grep -q 'Unable to fetch\|Temporary failure\|No packages found' $DIR/machine.log && skip_all "Debian's kernel cannot be fetched"
	echo "Bail out! the small machine cannot be made"
	exit 1
}
switch_on() {
	timeout -k 5 $LIMIT_S qemu-system-x86_64 -machine q35,accel=tcg -cpu max -smp 2 -m 512 \
		-nodefaults -no-user-config -nographic -no-reboot -nic none \
		-kernel $DIR/kernel -initrd $DIR/initramfs \
		-serial file:$DIR/kernel.log -serial stdio \
		-append "console=ttyS0 panic=-1 rdinit=/init" </dev/null >$DIR/said
}

# bluetoothd 5.66 now and then dies by itself (a double free when an advertisement ends), and
# takes the peripheral's side with it: that is not what is tried here, so it is tried once more.
switch_on
if grep -q '^not ok' $DIR/said && grep -qE 'died [1-9][0-9]* times by itself' $DIR/said; then
	echo "# bluetoothd died by itself, with: $(grep -c '^not ok' $DIR/said) not ok; once more"
	switch_on
fi
cat $DIR/said
