/*
 * retention - what is in Postgres long enough leaves the store for files
 *
 * Of a session that may leave, up to ARCHIVE_ROWS readings at a time are gathered, packed,
 * written (out_archive.h), read back and compared; then their rows are removed in small
 * transactions, each of which says what has gone.  Only what stands in a file that was read
 * back is removed, and only what Postgres has.  The session's row and records stay.
 *
 * It is done in slices of some milliseconds, between which samples are taken.  Memory: one
 * part, about 3 MB.  Killed anywhere: a file that no row knows is written again over
 * itself; a part under way goes on.
 */
#ifndef RETENTION_H
#define RETENTION_H

#include "services/local-store/lifecycle.h"
#include "services/local-store/retention/policy.h"

struct retention;
struct retention *retention_new(struct lifecycle *life, int64_t keep_us, const struct shares *shares);
void retention_free(struct retention **retention);

/* One slice, when one is due: 1 something changed in the store, 0 not, -1 the store failed. */
int retention_work(struct retention *retention, int64_t percent, int64_t mono_us, int64_t utc_us,
		   struct err *err);
int64_t retention_wake_us(const struct retention *retention);  /* when the next is due, mono */

const char *retention_trouble(const struct retention *retention);  /* why nothing can leave; "" */

#endif
