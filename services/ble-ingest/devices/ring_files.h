/*
 * ring_files - what a Viatom ring recorded while nobody listened
 *
 * Which of its files to read, step by step, and the records of them that were missed.  A ring
 * keeps a recording only when it has ended (the ring taken off), so what is missed stays
 * wanted, and the list of files is looked at again from time to time.
 *
 *	ring_files_list() -> [ ring_files_wants() -> request -> ring_files_reply() -> records ]
 */
#ifndef RING_FILES_H
#define RING_FILES_H

#include "proto/vld.h"
#include "services/ble-ingest/devices/say.h"
#include "services/ble-ingest/devices/spans.h"

#define RING_FILES_MOST 32       /* files a ring lists; more: the newest of them */
#define RING_FILES_NAME 14       /* YYYYMMDDhhmmss, when it began */

enum { RING_OPEN = 0x03, RING_BLOCK = 0x04, RING_CLOSE = 0x05 };

struct ring_file {
	char name[RING_FILES_NAME + 1];
	int64_t local_us;          /* its name, read as if UTC */
	int is_read, n_failed;
};

struct ring_files {
	struct spans missed;
	int64_t zone_us;           /* its clock less UTC */
	struct ring_file files[RING_FILES_MOST];
	unsigned n_files;
	/* the one that is read now */
	int step;                  /* the next request, or 0 */
	unsigned file;
	int tries;
	unsigned block;
	uint64_t size, got;        /* bytes */
	int is_whole;
	uint8_t part[VLD_HEAD];    /* of the header, or of a record cut by a block's end */
	unsigned n_part;
	struct vld vld;            /* n_records is 0 before the header is whole */
	int64_t n_records;         /* given so far */
	const uint8_t *data;       /* what is left of the block */
	size_t left;
};

void ring_files_recall(struct ring_files *files, int64_t from_us, int64_t to_us);

/* "20240101223000,20240102221500": the newest come last.  What is no name is left out. */
void ring_files_list(struct ring_files *files, const char *names);

/* The next request, or 0: nothing to do.  name: of RING_OPEN.  block: of RING_BLOCK. */
int ring_files_wants(struct ring_files *files, const char **name, unsigned *block);

/* Is anything missed that a later list could bring, and no file open? */
int ring_files_waits(const struct ring_files *files);

/* The reply to that request; data stays the caller's and must stay as it is until
 * ring_files_record() gives 0. */
void ring_files_reply(struct ring_files *files, struct say *say, const uint8_t *data, size_t len);

/* It was refused, or not answered in time. */
void ring_files_failed(struct ring_files *files, struct say *say);

/* 1 and a record of the block that was missed, or what is wrong; 0 no more in it. */
int ring_files_record(struct ring_files *files, struct device_said *out);

#endif
