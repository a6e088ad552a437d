# One file, one rule per kind.  `make help` lists what there is.

MODE     ?= release
VERSION  := 0.1.0
B        := build/$(MODE)
SERVICES := $(notdir $(patsubst %/main.c,%,$(wildcard services/*/main.c)))

# The link table: who may touch what.  -l: Debian has no .pc file of it.
PKG                 := libczmq libzmq msgpack jansson uuid libxxhash libzstd libcrypto cjose
PKG_ble-ingest      := libsystemd
PKG_local-store     := sqlite3
PKG_sync-worker     := libpq
PKG_dedupe-auditor  := sqlite3 libpq
PKG_realtime-fanout := libwebsockets -lev sqlite3 libcurl
PKG_http-api        := libpq libmicrohttpd zlib sqlite3 libcurl
PKG_zmq-sniffer     :=
PKG_ihht            := libpq sqlite3 libcurl
PKG_tests           := sqlite3 libpq libsystemd libcurl

# What one service has of another, or of a room of it: the rules for the app's old data, the
# formats of exports, what a row of a batch means and what is wrong with the pipeline are written once.
USES_ihht           := dedupe-auditor/rules http-api/export http-api/commands http-api/requests
USES_http-api       := ihht/doctor

FLAGS_release := -O2 -g
FLAGS_asan    := -DFAULT_POINTS -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cov     := -O0 -g --coverage
FLAGS_fuzz    := -O1 -g -w -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
CC_fuzz       := clang
CC            := $(or $(CC_$(MODE)),gcc)
WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
          -Wformat=2 -Wswitch-enum
CFLAGS  = -std=gnu17 -D_GNU_SOURCE -I. $(WARN) -Werror -DVERSION='"$(VERSION)"' $(FLAGS_$(MODE)) \
          -I/usr/include/postgresql
LDFLAGS = $(FLAGS_$(MODE))
LIBS    = $(shell pkg-config --libs $(PKG) $(filter-out -l%,$(1))) $(filter -l%,$(1)) -lm

sources = $(shell find $(1) -maxdepth $(2) -name '*.c' 2>/dev/null)
objects = $(patsubst %.c,$(B)/%.o,$(call sources,$(1),$(2)))

# tests/unit/test_<file>.c includes nothing but headers; it is linked with all that is pure.
UNIT  := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/tool/%.c,$(B)/tests/tool/%,$(wildcard tests/tool/*.c))
BENCH := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all tools
all: $(SERVICES:%=$(B)/bin/%)
tools: $(TOOLS) $(B)/docs/gen $(B)/tests/simulate/simulate $(B)/tests/crash/mischief.so

.SECONDARY:
.SECONDEXPANSION:
uses = $(USES_$(1):%=$(B)/services/%/pure.a)
$(B)/bin/%: $$(call objects,services/$$*,2) $$(call uses,$$*) $$(call edges,$$*) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(call LIBS,$(PKG_$*))

# db, pg and fetch are apart: only a service with sqlite3, libpq or libcurl in the table gets them.
EDGE_sqlite3 := $(B)/common/db.o
EDGE_libpq   := $(B)/common/pg.o
EDGE_libcurl := $(B)/common/fetch.o
EDGES        := $(EDGE_sqlite3) $(EDGE_libpq) $(EDGE_libcurl)
edges = $(foreach p,$(PKG_$(1)),$(EDGE_$(p)))

$(B)/libcommon.a: $(filter-out $(EDGES),$(call objects,common,1)) $(call objects,proto,1)
	@mkdir -p $(@D)
	@rm -f $@ && $(AR) rcs $@ $^

# The kinds of oximeter: every file of that folder, in a list for devices.c.
KINDS := $(sort $(patsubst device_%.c,%,$(notdir $(wildcard services/ble-ingest/devices/device_*.c))))
$(B)/devices.inc: FORCE
	@mkdir -p $(@D)
	@echo '$(foreach k,$(KINDS),D($k))' >$@.new && if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi
$(B)/services/ble-ingest/devices.o: $(B)/devices.inc
$(B)/services/ble-ingest/devices.o: CFLAGS += -I$(B)
.PHONY: FORCE
FORCE:

# What a service has besides main.c, for the tests to call.
PURE := $(filter-out %/main.o,$(call objects,services,3))
$(B)/libservices.a: $(PURE)
	@rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# What is taken in by .incbin.
$(B)/services/local-store/disk/out_sqlite.o: services/local-store/disk/schema.sql
$(B)/services/dedupe-auditor/change/out_journal.o: services/dedupe-auditor/change/journal.sql

# ---- unit tests: test_X.c is linked with what it needs of the service folder that has an X.c
# (test_<service>_X.c when two have one), but never with a main.c
folder = $(word 2,$(subst /, ,$(firstword $(wildcard services/*/$(1).c services/*/*/$(1).c))))
owner = $(or $(firstword $(foreach s,$(SERVICES),$(if $(filter $(s)_%,$(1)),$(s)))),$(call folder,$(1)))
owned = $(if $(1),$(B)/services/$(1)/pure.a $(call uses,$(1)))

$(B)/services/%/pure.a: $$(filter-out %/main.o,$$(call objects,services/$$*,2))
	@mkdir -p $(@D)
	@rm -f $@ && $(AR) qcs $@ $^

.PHONY: unit units
units: $(UNIT)
unit: $(UNIT) ## the unit tests
	@tests/tap unit 2 $^

$(B)/tests/unit/test_%: $(B)/tests/unit/test_%.o $$(call owned,$$(call owner,$$*)) \
                        $(EDGES) $(B)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(call LIBS,$(PKG_tests) $(PKG_$(call owner,$*)))

# ---- programs of the tests: one file each, with what all share
$(B)/tests/tool/% $(B)/tests/bench/%: $(B)/tests/$$(notdir $$(@D))/%.o $(EDGE_sqlite3) $(EDGE_libpq) $(B)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $(filter-out %/libcommon.a,$^) $(B)/libcommon.a $(call LIBS,$(PKG_tests))

# A bad disk and a clock that is set, for any process: without sanitizers, which come after it.
$(B)/tests/crash/mischief.so: tests/crash/mischief.c Makefile
	@mkdir -p $(@D)
	$(CC) $(filter-out -fsanitize% -fno-sanitize%,$(CFLAGS)) -shared -fPIC -o $@ $<

# Oximeters that are played: on the real stack, which knows nothing of ours but the D-Bus, and
# by the bluetoothd that is played.
$(B)/tests/tool/fake_bluez: $(B)/tests/bluetooth/ring.o
$(B)/tests/bluetooth/peripheral: $(B)/tests/bluetooth/peripheral.o $(B)/tests/bluetooth/oximeters.o
	$(CC) $(LDFLAGS) -o $@ $^ $(shell pkg-config --libs libsystemd)

# The made-up world of tests/world, for those who damage and judge it.
WORLD := $(call objects,tests/world,1)
$(B)/tests/unit/test_dedupe-auditor_damage: $(B)/tests/unit/test_dedupe-auditor_damage.o $(WORLD) \
                                            $(B)/services/dedupe-auditor/pure.a $(EDGE_sqlite3) \
                                            $(EDGE_libpq) $(B)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(call LIBS,$(PKG_tests))

$(B)/tests/tool/damage: $(WORLD) $(B)/services/dedupe-auditor/pure.a

# bare speaks the statements of sync-worker.
$(B)/tests/tool/bare: $(B)/services/sync-worker/pure.a

# fuzz_X.c is linked like test_X.c, by clang, in a build of its own.
FUZZ := $(patsubst tests/fuzz/%.c,build/fuzz/tests/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
fuzzers: $(FUZZ)
build/fuzz/tests/fuzz/fuzz_%: $(B)/tests/fuzz/fuzz_%.o $$(call owned,$$(call owner,$$*)) \
                              $(EDGES) $(B)/libcommon.a
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(call LIBS,$(PKG_tests) $(PKG_$(call owner,$*)))

# ---- the rules of all processes in one program, with clocks of its own
SIMULATED := ble-ingest local-store sync-worker dedupe-auditor
$(B)/tests/simulate/simulate: $(call objects,tests/simulate,1) $(SIMULATED:%=$(B)/services/%/pure.a) \
                              $(EDGE_sqlite3) $(EDGE_libpq) $(B)/libcommon.a
	$(CC) $(LDFLAGS) -Wl,--wrap=clock_utc_us,--wrap=clock_mono_us -o $@ $^ $(call LIBS,$(PKG_tests))

.PHONY: simulate
simulate: $(B)/tests/simulate/simulate ## the promises, in worlds where all goes wrong: SEED= STEPS=
	@$< $(or $(SEED),$(shell date +%s)) $(or $(STEPS),1000000)

# ---- the page
PAGE := services/realtime-fanout/dashboard
.PHONY: dashboard
dashboard: build/dashboard/index.html
build/dashboard/index.html: $(PAGE)/package-lock.json $(wildcard $(PAGE)/*.* $(PAGE)/src/* $(PAGE)/src/*/*)
	cd $(PAGE) && npm ci --no-audit --no-fund --no-update-notifier --loglevel=error && npm run --silent build
	@test -f $@ && touch $@

# The tests in a browser drive Debian's own Chromium.
.PHONY: browser
browser: tests/web/node_modules/.package-lock.json
tests/web/node_modules/.package-lock.json: tests/web/package-lock.json
	cd tests/web && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error

# What reads our exports back: DuckDB, the schemas of HL7.
.PHONY: readers
readers: tests/export/node_modules/.package-lock.json
tests/export/node_modules/.package-lock.json: tests/export/package-lock.json
	cd tests/export && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error

# The clients that tests/flow/253 makes from the description of the HTTP interface.
.PHONY: clients
clients: tests/clients/node_modules/.package-lock.json
tests/clients/node_modules/.package-lock.json: tests/clients/package-lock.json
	cd tests/clients && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error

# The agents that tests/flow/258 lets talk to http-api: official clients, inspector, suite.
.PHONY: agents
agents: tests/agent/node_modules/.package-lock.json
tests/agent/node_modules/.package-lock.json: tests/agent/package-lock.json
	cd tests/agent && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error

# ---- what people call
.PHONY: help install-deps run test check flow web pictures test-bluetooth bluetooth property fuzz fuzzers bench size docs analyze install clean

help:         ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 22
	@echo "  MODE=release|asan|cov chooses the build, as in: make MODE=asan check"

run:          ## everything on this machine, with simulated sessions, until Ctrl-C (PORT=8080)
	@deploy/install-deps build run
	@$(MAKE) --no-print-directory -s -j2 MODE=release all dashboard
	@PORT=$(or $(PORT),8080) exec deploy/run

test:         ## every test there is; the last line says how many passed
	@deploy/install-deps build run test
	@deploy/install-deps bluetooth || true
	@exec tests/run

install-deps: ## the Debian packages of deploy/packages.txt that are missing
	@deploy/install-deps build run test bluetooth

check: unit flow  ## the unit and flow tests of one build

flow: all tools $(B)/docs/gen ## the real processes: T=tests/flow/201-x.sh chooses
	@MODE=$(MODE) tests/tap flow 2 $(or $(T),$(sort $(wildcard tests/flow/[0-9]*.sh)))

web: all tools dashboard browser ## the page in a real browser
	@MODE=$(MODE) tests/tap web 2 $(sort $(wildcard tests/web/[0-9]*.mjs))

pictures: all tools dashboard browser ## docs/*.png, made by the tests of the page
	@PICTURES=$(CURDIR)/docs MODE=$(MODE) tests/tap web 1 $(sort $(wildcard tests/web/0[14]0*.mjs))

test-bluetooth: ## against the real kernel Bluetooth and bluetoothd, in a small machine
	@deploy/install-deps build bluetooth
	@$(MAKE) --no-print-directory -s -j2 MODE=release all bluetooth
	@tests/tap bluetooth 1 tests/bluetooth/the-real-stack.sh

bluetooth: $(B)/tests/bluetooth/peripheral

crash-matrix: ## everything that can go wrong where something changes hands: what is lost and doubled
	@$(MAKE) -s MODE=asan all tools
	@MODE=asan tests/crash/matrix

property: all tools ## damaged old databases, repaired and undone in a real Postgres: SEEDS= (1000) FIRST=
	@MODE=$(MODE) tests/property $(or $(SEEDS),1000) $(or $(FIRST),1)

fuzz:         ## each fuzzer for FUZZ_SECONDS (60)
	@$(MAKE) -s MODE=release build/release/tests/tool/seeds
	@$(MAKE) -s MODE=fuzz fuzzers
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) tests/tap fuzz 2 $(FUZZ)

bench: all tools $(BENCH) ## the figures, each with its limit
	@deploy/install-deps bench || true
	@tests/bench/run $(BENCH)

size:         ## files and functions over the house limits
	@tests/size

docs: all $(B)/docs/gen ## docs/reference.md and deploy/ihht.conf, from the sources
	$(B)/docs/gen >docs/reference.md.tmp && mv docs/reference.md.tmp docs/reference.md
	docs/conf $(B)/bin >deploy/ihht.conf.tmp && mv deploy/ihht.conf.tmp deploy/ihht.conf

$(B)/docs/gen: $(B)/docs/gen.o $(B)/libcommon.a
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

analyze: $(B)/devices.inc ## gcc -fanalyzer, cppcheck, clang-tidy
	@CFLAGS='$(filter-out -DVERSION%,$(CFLAGS)) -I$(B)' tests/analyze $(call sources,common proto services,3)

install: all dashboard ## PREFIX=/usr/local DESTDIR=
	@DESTDIR=$(DESTDIR) PREFIX=$(or $(PREFIX),/usr/local) B=$(B) deploy/install

clean:        ## all that was built; var/ (settings and data) stays
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
