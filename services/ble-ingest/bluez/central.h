/*
 * central - the state of the source `bluez`, shared by the files of this folder
 *
 *	in_bluez.c    the source: settings, what is taken, the timers
 *	in_bus.c      the connection to D-Bus, calls, the sockets of characteristics
 *	in_bluetoothd.c   its coming and going, its objects and signals, our agent
 *	in_objects.c  a message of D-Bus as a struct object
 *	in_adapter.c  adapters: which are ours, scanning
 *	peers.c       the oximeters met, and what bluetoothd tells of them
 *	peer.c        one of them: an event of its life and the act that follows
 *	peer_kind.c   what kind of device it is, by its looks and its characteristics
 *	peer_hear.c   what it says
 *	in_peer.c     the acts: calls to bluetoothd and their answers
 *	peer_raw.c    what decoders are given, for recording
 *	life.c choose.c talk.c fault.c    the rules; pure
 *
 * A peer is one oximeter, by its address; each adapter that sees it has an object for it (a
 * sight).  Everything is asynchronous: a call is sent and its answer comes as an event.
 */
#ifndef CENTRAL_H
#define CENTRAL_H

#include <systemd/sd-bus.h>

#include "common/log.h"
#include "services/ble-ingest/bluez/choose.h"
#include "services/ble-ingest/bluez/fault.h"
#include "services/ble-ingest/bluez/life.h"
#include "services/ble-ingest/bluez/objects.h"
#include "services/ble-ingest/bluez/talk.h"

#define CENTRAL_ADAPTERS 8
#define CENTRAL_PEERS    256   /* oximeters met; more are not looked at */
#define CENTRAL_AGENT    "/org/ihht/agent"

struct adapter {
	char path[OBJECT_PATH];     /* "": free */
	char address[18];
	int is_ours;                /* by ble-ingest/adapters */
	int is_powered;
	int is_scanning, is_asked;  /* it does; we have asked and not been answered */
	int64_t scan_at_us;         /* when to ask again; INT64_MAX: no need */
	unsigned n_failed;
};

/* A device as one adapter has it. */
struct sight {
	char path[OBJECT_PATH];     /* "": it has no such object */
	int rssi;                   /* 0: not told */
	int is_connected, is_resolved, is_paired;
};

/* A characteristic of the peer, at the place its kind gives it. */
struct gate {
	char path[OBJECT_PATH];     /* "": it has none */
	unsigned flags;             /* object_flag */
	int fd;                     /* of AcquireNotify; -1 */
	int is_heard;               /* subscribed */
};

/* Heard before all subscriptions were answered. */
struct early {
	struct early *next;
	int64_t utc_us;
	unsigned port;
	size_t len;
	uint8_t bytes[DEVICE_MOST_BYTES];
};
#define CENTRAL_EARLY 16

struct central;
struct peer {
	struct central *central;
	unsigned number;
	char id[18], name[65];
	char uuids[OBJECT_SERVICES][UUID_TEXT];
	unsigned n_uuids;
	int manufacturer;
	struct sight sights[CENTRAL_ADAPTERS];
	int via;                    /* the sight in use, -1 */
	int is_picked;
	const struct device_kind *kind;
	unsigned n_strange;         /* kinds that it turned out not to be */
	struct life life;
	struct talk talk;
	struct gate gates[DEVICE_MOST_PORTS];
	unsigned attempt;           /* answers to an earlier one are stale */
	unsigned present;           /* ports of this link, */
	int64_t zone_us;            /* and local time less UTC when it began */
	unsigned n_awaited;         /* subscriptions not yet answered */
	unsigned n_refused;         /* of those its kind needs, */
	unsigned n_flawed;          /* and of all, for no good reason */
	struct early *early;
	unsigned n_early;
	int64_t look_us;            /* read the objects again at; INT64_MAX */
	int64_t late_us;            /* then its services are what they are; 0: no look yet */
	struct device told;         /* the last device message */
	int64_t told_us, since_us;
};

struct central {
	struct choose choose;
	struct life_rules rules;
	const char *only;           /* ble-ingest/adapters */
	uint64_t dice;

	sd_bus *bus;                /* NULL: not connected */
	int epoll;
	uint32_t bus_events;
	int64_t bus_at_us;          /* when to connect again */
	unsigned n_bus_failed;
	int has_bluez;              /* somebody owns org.bluez */
	int is_reading;             /* GetManagedObjects is under way */
	int64_t read_us;            /* and once more at; INT64_MAX */
	char bus_why[200];

	struct adapter adapters[CENTRAL_ADAPTERS];
	struct peer *peers[CENTRAL_PEERS];
	unsigned n_peers;

	struct source_now now;
	struct taken *out;
	int tells_raw;
	size_t n_out, given, most_out;

	uint64_t n_connects, n_lost, n_silent;
	struct log_often wrong, crowded, odd;
	const char *waits_for;      /* NULL: nothing */
	char why[300];
};

/* ---- in_bluez.c */
struct taken *central_give(struct central *c, const struct peer *p, enum taken_kind kind);

/* ---- in_bus.c */

/* A method call that is under way.  done() is called once, unless the bus is closed. */
struct call {
	struct central *central;
	struct peer *peer;          /* or */
	int adapter;
	unsigned attempt, port;     /* of the peer */
	void (*done)(const struct call *call, enum fault fault, const char *why,
		     sd_bus_message *answer);
};
sd_bus_message *bus_method(struct central *c, const char *path, const char *interface,
			   const char *member);                     /* NULL: no bus */
int bus_call(sd_bus_message *method, const struct call *call);      /* takes it, NULL too */

void bus_work(struct central *c);
void bus_close(struct central *c);
void bus_watch(struct central *c, struct peer *p, unsigned port);   /* a gate's fd */

/* ---- in_bluetoothd.c */
int bus_listen(struct central *c);             /* to everything that is told; -errno */
void bus_bluez_is(struct central *c, int is_there);
/* The answer that is under way is as new as every signal taken before it: one is enough. */
void bus_read_objects(struct central *c);

/* ---- in_adapter.c */
void adapter_told(struct central *c, const struct object *object);
void adapter_gone(struct central *c, const char *path);
int adapter_find(const struct central *c, const char *path);        /* owner of a path, -1 */
int adapter_usable(const struct central *c, int adapter);
void adapter_time(struct central *c);
int64_t adapter_wait_us(const struct central *c);                   /* mono, INT64_MAX */
const char *adapter_why(struct central *c);    /* none can be used; NULL: one can */

/* ---- peers.c */
void peers_told(struct central *c, const struct object *object, int is_whole);
void peers_gone(struct central *c, const char *path);
void peers_adapters(struct central *c);        /* which adapters can be used has changed */
void peers_gatt(struct central *c, const struct object *objects, size_t n);
void peers_time(struct central *c);
int64_t peers_wait_us(const struct central *c);
void peers_free(struct central *c);
void peers_late(struct central *c, const char *path);   /* a characteristic has appeared */
void peers_value(struct central *c, const struct object *object);
struct peer *peers_find_path(struct central *c, const char *path, int *adapter);

/* ---- peer.c */
void peer_event(struct peer *p, enum life_event event);
void peer_link_is_up(struct peer *p, int adapter);
void peer_hang_up(struct peer *p);             /* ends the talk, not the link */
int peer_best_sight(const struct peer *p);     /* the adapter to reach it by, -1 */
void peer_tell(struct peer *p);                /* a device message, if anything is new */

/* ---- peer_kind.c */
const struct device_kind *peer_nth_kind(const struct peer *p, unsigned n, enum device_fit *fit);
void peer_resolve(struct peer *p, const struct object *objects, size_t n);

/* ---- peer_hear.c */
void peer_heard(struct peer *p, unsigned port, const uint8_t *bytes, size_t len);
void peer_pull(struct peer *p);
void peer_answered(struct peer *p, unsigned port, enum fault fault);  /* a subscription */
void peer_drop_early(struct peer *p);

/* ---- peer_raw.c: what a decoder is given, for whoever asked to hear it */
void raw_begin(struct peer *p, unsigned present, int64_t zone_us);  /* before talk_begin() */
void raw_heard(struct peer *p, unsigned port, const uint8_t *bytes, size_t len,
	       const struct source_now *when);
void raw_due(struct peer *p);
void raw_end(struct peer *p, enum gap_reason why);                  /* before talk_end() */
void raw_running(struct central *c);                                /* all links there are */

/* ---- in_peer.c.  0 sent, -1: it cannot be, which is as if it had failed. */
int peer_connect(struct peer *p);
int peer_disconnect(struct peer *p);
int peer_pair(struct peer *p);
int peer_subscribe(struct peer *p);            /* all ports of its kind; sets n_awaited */
void peer_read(struct peer *p);                /* those to be read once */
void peer_write(struct peer *p);               /* what its kind wants written */
void peer_close_gates(struct peer *p);

#endif
