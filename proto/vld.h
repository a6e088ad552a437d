/*
 * vld - a recording out of a Viatom/Wellue ring's own memory
 *
 * The same bytes whether the ring hands them over the air or a person's app kept them in a
 * file.  A reading is named by the second of the ring's own clock (epoch VLD_EPOCH, seq that
 * second), so that it is the same one whichever way it comes, and in whichever of two files
 * that overlap.  Little endian:
 *
 *	 0 version  1 mode  2 year u16  4 month  5 day  6 hour  7 minute  8 second
 *	 9 bytes of the file u32  13 length u16, s  15 .. 39 figures of its own, not used here
 *	40 records of 5 bytes: SpO2 (255 none)  pulse u16 (65535 none)  motion  flags
 *
 * Version 3 is documented by public work on these rings; 5 and 6 differ in nothing but the
 * pace.  The file does not tell its pace: it is the length over the records where that is 1,
 * 2 or 4 s, else 4 s (version 3) or 2 s.  Some rings write each value twice, at half the
 * pace; all are kept.  The ring's clock is the wearer's, without a zone.
 */
#ifndef VLD_H
#define VLD_H

#include <stdint.h>

#include "common/err.h"

#define VLD_HEAD         40
#define VLD_RECORD        5
#define VLD_MOST_RECORDS 200000   /* rings stop at 36000 */
#define VLD_EPOCH        1        /* of all readings whose seq is a second of the ring's clock */

struct vld {
	int version;
	int64_t local_s;          /* when it began: its clock's date and time, read as if UTC */
	int64_t length_s;         /* as the ring counted */
	int64_t step_s;           /* from one record to the next */
	int64_t n_records;        /* whole ones that are there */
	int64_t n_missing;        /* more that the header promises */
};

/* `len`: of the whole file, of which only the header is looked at.  -1: no such recording,
 * and which byte says so. */
int vld_head(struct vld *vld, const uint8_t head[VLD_HEAD], uint64_t len, struct err *err);

struct vld_record {
	int64_t local_s;          /* as in struct vld; the reading's seq */
	double spo2, heart_rate, motion;  /* NAN: the ring had none */
};

/* Record `i` from 0; any five bytes are one. */
void vld_record(const struct vld *vld, int64_t i, const uint8_t bytes[VLD_RECORD],
		struct vld_record *out);

#endif
