/*
 * spool_file - the spool's file: its layout, and making it whole when it is opened
 *
 *	page 0                head
 *	from 4096             n_devices rows
 *	after them            n_slots records; pos lives in slot pos % n_slots
 *
 * Numbers in the byte order of this machine: a spool never travels.
 */
#ifndef SPOOL_FILE_H
#define SPOOL_FILE_H

#include <stddef.h>

#include "common/clock.h"
#include "services/ble-ingest/spool.h"

#define SPOOL_MAGIC   "IHHTspl"
#define SPOOL_VERSION 1
#define SPOOL_PAGE    4096

struct spool_head {
	char magic[8];
	uint32_t version, record_bytes, n_slots, n_devices;
	int64_t id;
	uint32_t check;              /* of all above */
	char boot[CLOCK_BOOT];              /* the kernel's boot id; another one: pages may be lost */
	int64_t head;                /* published up to here */
	int64_t acked, acked_not;    /* the same inverted: the smaller one is safe */
	int64_t lead_us;             /* UTC less the steady clock at its birth; 0: not known */
};

struct spool_row {
	char id[72];
	uint32_t check, unused;      /* of id */
	int64_t seq, seq_not;        /* last one given, and inverted */
	int64_t last_us;
	int64_t lead_us;             /* see spool_lead_us() */
	int64_t spare[2];
};

enum spool_kind { SPOOL_NONE, SPOOL_SAMPLE, SPOOL_GAP };

struct spool_record {
	uint32_t check;              /* of all below */
	uint16_t device;
	uint8_t kind, word;          /* sample: invalid; gap: reason */
	int64_t pos, epoch, seq;
	int64_t at_us, other_us;     /* sample: taken, device; gap: from, to */
	double spo2, heart_rate, perfusion_index, motion;
	int64_t number;              /* sample: status and the third of rr; gap: lost */
	int16_t signal;              /* -1: absent */
	int8_t battery;              /* -1: absent */
	uint8_t data_source;
	uint32_t rr;                 /* the first two; 0: none */
};

struct spool {
	int lock;
	size_t size;
	struct spool_head *head;     /* the mapping */
	struct spool_row *rows;
	struct spool_record *slots;
	int n_known;                 /* rows in use */
	int64_t n_there;             /* slots the file really has */
	int64_t forgotten;           /* bytes of slots given back to the kernel, see spool_ack() */
};

uint32_t spool_check_head(const struct spool_head *head);
uint32_t spool_check_row(const struct spool_row *row);
uint32_t spool_check_record(const struct spool_record *record);

static inline struct spool_record *
spool_slot(const struct spool *spool, int64_t pos)
{
	return &spool->slots[pos % spool->head->n_slots];
}

/* ---- spool_file.c */

void spool_lay_out(int64_t bytes, uint32_t *n_slots, uint32_t *n_devices);
size_t spool_size_of(int64_t n_slots, int64_t n_devices);
void spool_point(struct spool *spool, void *map);

int spool_row_is_whole(const struct spool_row *row);
int spool_record_is_whole(const struct spool *spool, const struct spool_record *record);
int64_t spool_safe_acked(const struct spool_head *head);

/* The row of its device learns of a record that was found. */
void spool_catch_up(struct spool *spool, const struct spool_record *record);

/* A new file at path, all its blocks reserved, mapped; n_slots, n_devices and id are given. */
int spool_create(struct spool *spool, const char *path, struct spool_head head, struct err *err);

/* ---- spool_salvage.c */

/* A new spool at path, by rename, with what is whole of the old one (NULL: none). */
int spool_new_life(struct spool *spool, const char *path, int64_t bytes, const struct spool *old,
		   struct spool_found *found, struct err *err);

/* The file in memory, for a look at one whose size is wrong: laid out as it claims, or, with
 * claimed NULL, as the settings say. */
int spool_copy_of(struct spool *old, int fd, size_t size, const struct spool_head *claimed,
		  int64_t bytes, struct err *err);

#endif
