/*
 * archive - readings of one session that have left the store for a file of their own
 *
 *	ihht-archive 1 <SHA-256 of all that follows this line, in hex>\n
 *	{"session_id": ..., ...}\n      the manifest: one line of JSON
 *	<a zstd frame>                  the session's row and records (proto/records.h), then the
 *	                                readings as columns (proto/columns.h)
 *
 * head -2 FILE shows what is in it, tail -n +3 FILE | zstd -d gives the bytes.  A session has one
 * part, or as many as it has ARCHIVE_ROWS readings.  Every byte counts in the hash, and what
 * was unpacked must give the manifest's counts, span and digest.
 */
#ifndef ARCHIVE_H
#define ARCHIVE_H

#include "proto/digest.h"
#include "proto/ids.h"

#define ARCHIVE_ROWS    5000
#define ARCHIVE_RECORDS 65536      /* as many records as `restore` takes in one command */
#define ARCHIVE_BYTES   1200000    /* no file is larger */

struct archive {
	struct session session;
	int64_t part;                  /* from 1 */
	int64_t made_us;
	uint8_t records[ARCHIVE_RECORDS];
	uint32_t records_len;
	struct reading rows[ARCHIVE_ROWS];  /* by taken_us, epoch, seq */
	size_t n;
	int64_t from_us, to_us;        /* of the rows: found by pack, and unpack */
	struct digest digest;          /* likewise */
	char sha256[65];               /* likewise */
};

/* The file's bytes into out (room for ARCHIVE_BYTES).  -1: a row that breaks its limits. */
int archive_pack(struct archive *archive, uint8_t *out, size_t *len, struct err *err);

/* -1 and EBADMSG: what is wrong with it. */
int archive_unpack(const uint8_t *in, size_t len, struct archive *archive, struct err *err);

/* A file of that folder, unpacked.  -1: EBADMSG it is damaged, else it cannot be read. */
int archive_load(const char *folder, const char *name, struct archive *archive, struct err *err);

/* "2026-10/<session>-<part>.ihht", of the month in which the session began. */
#define ARCHIVE_NAME 80
const char *archive_name(const struct session *session, int64_t part, char name[ARCHIVE_NAME]);

#endif
