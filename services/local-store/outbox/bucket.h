/*
 * bucket - so many a second and no more: a token bucket
 *
 * It fills by `per_s` every second, up to one second's worth, and is spent in whole parcels.
 * A parcel may leave whenever the bucket is not empty and may be larger than what is in it:
 * the debt is paid before the next one.  So over any time t no more than per_s * (t + 1 s)
 * and one parcel leave.  Pure.
 */
#ifndef BUCKET_H
#define BUCKET_H

#include <stdint.h>

struct bucket {
	int64_t per_s;     /* 0: no limit; at most 10^12 */
	int64_t level_us;  /* as time: how long the bucket has filled for what is in it */
	int64_t at_us;     /* when that was */
	int64_t rest;      /* of a division, so that small parcels cost what they should */
};

struct bucket bucket_new(int64_t per_s, int64_t now_us);  /* full */
int64_t bucket_wait_us(const struct bucket *bucket, int64_t now_us);  /* 0: it may leave */
void bucket_spend(struct bucket *bucket, int64_t n, int64_t now_us);

#endif
