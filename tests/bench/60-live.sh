#!/bin/bash
# From a sensor's value to a watcher: how long it takes and what it costs.
cd "$(dirname "$0")/../.." || exit
make -s browser >&2 || exit
node tests/web/latency.mjs 1000 1 1 15 &&
	node tests/web/latency.mjs 1000 1 20 10 &&
	node tests/web/latency.mjs 1000 1 0 10
