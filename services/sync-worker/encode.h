/*
 * encode - readings in Postgres' binary form: as rows for COPY, as arrays for unnest
 *
 * Absent values are NULL; a word is its text.  Pure.
 */
#ifndef ENCODE_H
#define ENCODE_H

#include "proto/msg.h"

/* The columns that have values of their own, so without user_id and session_id. */
size_t encode_columns(void);
const char *encode_name(size_t column);
const char *encode_type(size_t column);  /* "bigint" */

#define ENCODE_HEAD 19
size_t encode_copy_head(uint8_t out[ENCODE_HEAD]);
#define ENCODE_ROW 420  /* at most */
size_t encode_copy_row(const uint8_t user_id[16], const uint8_t session_id[16],
		       const struct reading *row, uint8_t out[ENCODE_ROW]);

/* One column of n rows; out has room for encode_array_size(n) bytes. */
size_t encode_array_size(size_t n);
size_t encode_array(size_t column, const struct reading *rows, size_t n, uint8_t *out);

/* Single values for parameters. */
void encode_int(int64_t v, uint8_t out[8]);
void encode_real(double v, uint8_t out[8]);
void encode_time(int64_t utc_us, uint8_t out[8]);

#endif
