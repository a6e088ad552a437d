/*
 * recorded - what a file of a person's own holds, before it becomes readings
 */
#ifndef RECORDED_H
#define RECORDED_H

#include <stddef.h>

#include "proto/msg.h"

#define RECORDED_MOST_BYTES (32 << 20)
#define RECORDED_MOST_ROWS  500000

struct recorded_row {
	int64_t local_s;         /* the device's clock, read as if UTC */
	int64_t utc_s;           /* MSG_NONE before it is placed, unless the file tells */
	int64_t line;            /* of the file; of a .vld the record */
	double spo2, heart_rate, motion;  /* NAN: none */
};

struct recorded {
	char format[40];         /* for people */
	char device_id[65];      /* "": the file does not tell */
	struct recorded_row *rows;
	size_t n, room;
	int64_t step_s;          /* the least from one row to the next */
	int64_t n_missing;       /* rows the file promises and has not */
	int64_t n_repeated;      /* rows of a second that was there: left out */
	char ignored[200];       /* columns that were not understood */
};

struct recorded_row *recorded_add(struct recorded *recorded);  /* NULL: too many */
void recorded_release(struct recorded *recorded);

/*
 * Device and time out of the name of a file as apps make it, "O2Ring 0009_1678139232000.csv",
 * "O2Ring S_20230306214712 (1).csv", "20230306214712.vld".  *name_s: that time, read as if
 * UTC, or 0.
 */
void recorded_name(const char *path, char device_id[65], int64_t *name_s);

/* Gives every row of at least one its instant, by the zone that is set; rows of a second that
 * was there before are left out.  -1: time goes back. */
int recorded_place(struct recorded *recorded, struct err *err);

/* A row as it is stored. */
void recorded_reading(const struct recorded_row *row, struct reading *reading);

#endif
