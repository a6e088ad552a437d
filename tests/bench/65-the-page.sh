#!/bin/bash
# The dashboard with 50 running sessions: first paint, and whether it ever keeps a finger waiting.
cd "$(dirname "$0")/../.." || exit
make -s browser dashboard >&2 || exit
node tests/web/speed.mjs 50 20
