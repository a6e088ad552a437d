# One file, one rule per kind.  `make help` lists what there is.

MODE     ?= release
VERSION  := 0.1.0
B        := build/$(MODE)
SERVICES := $(notdir $(patsubst %/main.c,%,$(wildcard services/*/main.c)))

# The link table: who may touch what.
PKG                 := libczmq libzmq msgpack jansson uuid libxxhash libzstd libcrypto
PKG_ble-ingest      :=
PKG_local-store     := sqlite3
PKG_sync-worker     := libpq
PKG_dedupe-auditor  := sqlite3 libpq
PKG_realtime-fanout := libwebsockets
PKG_http-api        := libpq libmicrohttpd
PKG_zmq-sniffer     :=
PKG_ihht            := libpq sqlite3
PKG_tests           := sqlite3 libpq

FLAGS_release := -O2 -g
FLAGS_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS_cov     := -O0 -g --coverage
WARN   := -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
          -Wformat=2 -Wswitch-enum
CFLAGS  = -std=gnu17 -D_GNU_SOURCE -I. $(WARN) -Werror -DVERSION='"$(VERSION)"' $(FLAGS_$(MODE)) \
          -I/usr/include/postgresql
LDFLAGS = $(FLAGS_$(MODE))
LIBS    = $(shell pkg-config --libs $(PKG) $(1)) -lm

sources = $(shell find $(1) -maxdepth $(2) -name '*.c' 2>/dev/null)
objects = $(patsubst %.c,$(B)/%.o,$(call sources,$(1),$(2)))

# tests/unit/test_<file>.c includes nothing but headers; it is linked with all that is pure.
UNIT  := $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/test_*.c))
TOOLS := $(patsubst tests/tool/%.c,$(B)/tests/tool/%,$(wildcard tests/tool/*.c))
BENCH := $(patsubst tests/bench/%.c,$(B)/tests/bench/%,$(wildcard tests/bench/*.c))

.PHONY: all tools bench-tools
all: $(SERVICES:%=$(B)/bin/%)
tools: $(TOOLS)

.SECONDARY:
.SECONDEXPANSION:
$(B)/bin/%: $$(call objects,services/$$*,2) $$(call edges,$$*) $(B)/libcommon.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(call LIBS,$(PKG_$*))

# db and pg are apart: only a service with sqlite3 or libpq in the table gets them.
EDGE_sqlite3 := $(B)/common/db.o
EDGE_libpq   := $(B)/common/pg.o
edges = $(foreach p,$(PKG_$(1)),$(EDGE_$(p)))

$(B)/libcommon.a: $(filter-out $(EDGE_sqlite3) $(EDGE_libpq),$(call objects,common,1)) $(call objects,proto,1)
	@mkdir -p $(@D)
	@rm -f $@ && $(AR) rcs $@ $^

# What a service has besides main.c, for the tests to call.
PURE := $(filter-out %/main.o,$(call objects,services,3))
$(B)/libservices.a: $(PURE)
	@rm -f $@ && $(AR) rcs $@ $^

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(shell find $(B) -name '*.d' 2>/dev/null)
