/*
 * outbox_parts - what the files of outbox share among themselves; others include outbox.h
 */
#ifndef OUTBOX_PARTS_H
#define OUTBOX_PARTS_H

#include "common/log.h"
#include "services/local-store/outbox/heaps.h"
#include "services/local-store/outbox/outbox.h"
#include "services/local-store/outbox/shipment.h"

#define MAX_REPAIRS  1000
#define MAX_STRETCHES 64
#define URGENT_EXTRA 16        /* places that readings cannot take */
#define WORKERS      64        /* as many as there may be instances */

struct repair_job {
	struct entry *entry;
	int64_t from_us, to_us;
	size_t skip;               /* rows taken at from_us that went already */
};

/* Of the log: read up to `next`, to be read up to `end`; of one session only, or of all. */
struct stretch {
	int64_t next, end;                  /* readings.id */
	struct entry *only;
};

/* Readings of the log, by id. */
struct unsent {
	int64_t from, upto;                 /* after `from`, up to `upto` … */
	int64_t beyond;                     /* … and all after this one */
};

struct rate {
	struct bucket rows, bytes;
};

/* What outbox_next() gave: one, or those of a crate. */
struct leaving {
	struct shipment *shipments[CRATE_BUNDLES];
	size_t n, n_rows, raw_len, len;     /* len: as it travels */
	bool crate;
};

struct outbox {
	struct store *store;
	struct sessions *sessions;
	char gateway[80];
	struct outbox_limits limits;
	bool pack;
	struct stretch live;          /* up to the end of the log */
	struct stretch late[MAX_STRETCHES];
	size_t n_late;
	int64_t behind_us;            /* since when live readings find no room; 0: they do */
	struct unsent unsent, marked; /* never sent before this run; and what is so on disk */
	int64_t sent[LANES];          /* in bundles up to here, in this run */
	int64_t out_of_order;         /* some up to here went before their turn; 0: none */
	int64_t now_us;               /* of the running outbox_work() */
	int64_t floor;                /* as on disk: a restart reads from here */
	struct heaps heaps[LANES];
	struct entry *due, **due_end;       /* sessions with changes to send at once */
	struct unsynced_page page;          /* those of earlier runs: looked for once, at the start */
	bool due_on_disk;                   /* there may be more of them */
	bool ended_open[LANES];             /* some session with a heap has ended */
	bool floor_due;                     /* receipts have come since it was saved */
	bool unsettled;                     /* some session waits for `completed` */
	size_t n_refusing;                  /* sessions that were refused, and nothing of them taken since */
	size_t n_held;
	struct shipment *shipments, **shipments_end;  /* oldest first */
	size_t n_shipments;
	struct leaving leaving;
	struct repair_job repairs[MAX_REPAIRS];
	size_t n_repairs;
	struct bundle *bundle;
	struct crate *crate;
	struct reading *rows;               /* for repairs */
	struct outbox_counts counts;
	struct log_often unsent_often;
	struct quarantine *quarantine;
	struct rate rate;
	int64_t workers[WORKERS];           /* by instance: when it started; 0: not heard of */
};

/* Room for one more in flight: late readings leave some to live ones, and all to what is urgent. */
bool outbox_has_room(const struct outbox *outbox, enum lane lane);
bool outbox_has_urgent_room(const struct outbox *outbox);

/* A turn of reading the log; whether another could do more; whether this lane's is read. */
int outbox_read(struct outbox *outbox, struct err *err);
bool outbox_can_read(const struct outbox *outbox);
bool outbox_is_read(const struct outbox *outbox, enum lane lane);
int64_t outbox_unread(const struct outbox *outbox);  /* rows, about */

/* Before what has not been read: of all sessions, of one. */
int64_t outbox_read_upto(const struct outbox *outbox);
int64_t outbox_read_upto_of(const struct outbox *outbox, const struct entry *entry);

/* What nobody was ever sent: as the disk has it from earlier runs; whether a heap is of it. */
int outbox_recall_unsent(struct outbox *outbox, struct err *err);
bool outbox_is_unsent(const struct outbox *outbox, const struct heap *heap);

/* It shrinks: by a heap; by some of a session, up to there, that go before their turn; a stretch
 * that is late begins.  And this must be on disk before anything of it leaves. */
void outbox_leaves(struct outbox *outbox, enum lane lane, const struct heap *heap);
void outbox_out_of_order(struct outbox *outbox, struct entry *entry, int64_t upto);
void outbox_late_begins(struct outbox *outbox);
int outbox_mark(struct outbox *outbox, struct err *err);

/* More is gathered than so many quarters of what may be. */
bool outbox_is_crowded(const struct outbox *outbox, enum lane lane, size_t quarters);

/* A session again, from what Postgres has of it; -1: too many are.  And no more. */
int outbox_read_again(struct outbox *outbox, struct entry *entry);
void outbox_read_no_more(struct outbox *outbox, const struct entry *entry);

/* Whether live readings wait; if they do for long although Postgres takes bundles, what there is
 * becomes late. */
void outbox_watch_live(struct outbox *outbox);
void outbox_flows(struct outbox *outbox, int64_t now_us);

/* 1 and *shipped; 0 its session is held, as something of it can never be sent; -1. */
int outbox_ship(struct outbox *outbox, struct entry *entry, const struct reading *rows, size_t n,
		bool urgent, struct shipment **shipped, struct err *err);

/* How long readings have to wait, as so many a second may leave. */
int64_t outbox_rate_wait_us(const struct outbox *outbox, int64_t now_us);

/* What outbox_next() gave does not leave. */
void outbox_stay(struct outbox *outbox);

/* It is not to be sent: one bundle; all of a session, which waits and then starts again. */
void outbox_drop(struct outbox *outbox, struct shipment *gone);
void outbox_hold(struct outbox *outbox, struct entry *entry, int64_t now_us);

/* One bundle of the oldest repair; it is over when its span is. */
int outbox_repair_next(struct outbox *outbox, struct err *err);

#endif
