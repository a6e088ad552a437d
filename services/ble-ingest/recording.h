/*
 * recording - a CSV file t_ms,spo2,heart_rate,motion,perfusion_index, row by row
 *
 * An empty field means not measured.  t_ms grows from row to row; a step larger than the
 * file's period is a gap.  A line that is not such a row is told with its number, column and
 * reason, and costs nothing else.  Reads ahead by a few KiB, so that hundreds may be open.
 */
#ifndef RECORDING_H
#define RECORDING_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define RECORDING_HEADER     "t_ms,spo2,heart_rate,motion,perfusion_index"
#define RECORDING_LONGEST    1000                /* bytes of a line */
#define RECORDING_MOST_T_MS  (10LL * 366 * 86400 * 1000)

struct recording_row {
	int64_t t_ms;
	double spo2, heart_rate, motion, perfusion_index;  /* NAN: not measured */
};

/* One line without its end.  0, or -1 and err: "column 2 (spo2): must be from 0 to 100". */
int recording_parse(const char *line, size_t len, struct recording_row *row, struct err *err);

struct recording;

/* Reads all of it once: the header is right, and the facts below are known.  NULL and err. */
struct recording *recording_open(const char *path, struct err *err);
void recording_close(struct recording **recording);

/* 1 and *row; 0 the end; -1 and err: "FILE: line 7: column 2 (spo2): ...": go on. */
int recording_next(struct recording *recording, struct recording_row *row, struct err *err);

int64_t recording_epoch(const struct recording *recording);      /* digest of the bytes, > 0 */
int64_t recording_period_ms(const struct recording *recording);  /* the usual step */
int64_t recording_last_ms(const struct recording *recording);    /* t_ms of the last row */
int64_t recording_rows(const struct recording *recording);
int64_t recording_bad(const struct recording *recording, struct err *first);  /* bad lines */
int64_t recording_changed_us(const struct recording *recording); /* when it was last written */

#endif
