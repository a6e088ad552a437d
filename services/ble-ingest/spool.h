/*
 * spool - what the sensors said, on disk until local-store has it on its own
 *
 * A ring of fixed records in a mapped file.  A record is written, then published by moving
 * the head; each carries a checksum and its place.  So SIGKILL at any instant costs nothing
 * that was put, and costs no system call either.  After a power cut some pages may be older
 * than others: what validates is kept, and new samples are counted in a new epoch.
 *
 * pos: dense from 1 for the life of the spool, the order of sending.  (device, epoch, seq):
 * who a sample is, for ever; the spool gives both unless the source has its own.
 */
#ifndef SPOOL_H
#define SPOOL_H

#include "proto/msg.h"

#define SPOOL_LEAST_BYTES 8192
#define SPOOL_MOST_BYTES  (16LL << 30)

struct spool;

/* What spool_open() met: for the log. */
struct spool_found {
	int64_t kept;    /* records not yet acknowledged */
	int64_t known;   /* devices */
	int is_new;      /* a new life: new id, new epoch */
	int is_damaged;  /* the old file is now <path>.damaged */
	char why[120];   /* of a new life */
};

/* NULL and err; EBUSY: another process has it. */
struct spool *spool_open(const char *path, int64_t bytes, struct spool_found *found,
			 struct err *err);
void spool_close(struct spool **spool);

/* The number of a device in this spool, the same while it is open; -1 and err when the table
 * is full. */
int spool_device(struct spool *spool, const char *device_id, struct err *err);

/* The same for one that it has met; -1: it has not. */
int spool_known(const struct spool *spool, const char *device_id);

/* When the newest value of this device was taken; 0 when there was none. */
int64_t spool_last_us(const struct spool *spool, int device);

/* UTC less the steady clock at its newest value, as the caller said, or, before the first, at the
 * spool's birth; 0: not known, as after a start of the machine. */
int64_t spool_lead_us(const struct spool *spool, int device);
void spool_set_lead_us(struct spool *spool, int device, int64_t lead_us);
/* The clock was set: the newest value is one of now, though an earlier time. */
void spool_set_last_us(struct spool *spool, int device, int64_t last_us);

/*
 * 1 kept, 0 the ring is full, -1 and err: a field breaks its limits, so that it could never
 * be sent.  Sets spool, pos and device_id, and, where seq is 0, epoch and seq.
 */
int spool_put_sample(struct spool *spool, int device, struct sample *sample, struct err *err);
int spool_put_gap(struct spool *spool, int device, struct gap *gap, struct err *err);

/* The one at acked < pos <= head: &msg_sample or &msg_gap, and *out filled. */
union spool_out {
	struct sample sample;
	struct gap gap;
};
const struct message *spool_get(const struct spool *spool, int64_t pos, union spool_out *out);

/* local-store has everything up to there: forget it.  More than head counts as head. */
void spool_ack(struct spool *spool, int64_t upto);

int64_t spool_id(const struct spool *spool);
int64_t spool_head(const struct spool *spool);   /* newest pos, 0 when there was none */
int64_t spool_acked(const struct spool *spool);
int64_t spool_room(const struct spool *spool);   /* how many more fit */
int64_t spool_slots(const struct spool *spool);  /* how many fit at most */
int64_t spool_used_bytes(const struct spool *spool);

#endif
