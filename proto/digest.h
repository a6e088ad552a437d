/*
 * digest - one number for all readings of a session, the same from both stores
 *
 * Each reading is laid out in DIGEST_BYTES bytes, hashed with XXH3 (128 bit, seed 0), and
 * the hashes are added up modulo 2^128; with them goes the count.  A sum knows no order, so
 * each store may be read as is quickest; and a reading that is changed, missing or there
 * twice alters it (an exclusive or would not see twice).  Not a seal against a forger.
 *
 * The layout, so that others can compute it; all little endian, absent as said:
 *
 *	 0  user_id          16 bytes of the UUID
 *	16  taken_us         i64, us since 1970 UTC; `timestamp` in Postgres
 *	24  epoch            i64
 *	32  seq              i64
 *	40  device_us        i64, absent -2^63; `device_time`
 *	48  spo2             binary32 (what it becomes in a `real`), absent 0xffffffff,
 *	52  heart_rate       -0 as 0
 *	56  perfusion_index
 *	60  motion
 *	64  signal_strength  i64, absent -2^63
 *	72  battery          i64, absent -2^63
 *	80  status           i64, absent -2^63
 *	88  cycle_number     i64, absent -2^63
 *	96  altitude_level   i64, absent -2^63; `fio2_level`
 *	104 invalid          u32, place in the vocabulary (proto/words.def), 0 valid
 *	108 data_source      u32, place in the vocabulary
 *	112 phase_type       u32, place in the vocabulary, 0 none
 *	116 is_valid         u32, 1 when invalid is 0; Postgres has a column of its own
 *	120 rr               i64; where it is absent or 0 the layout ends before it
 *
 * The sum as text is 32 hex digits, most significant first.
 */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "proto/msg.h"

#define DIGEST_BYTES 128

/* A reading as either store has it.  A word nobody knows is -1. */
struct row {
	uint8_t session[16], user[16];
	int64_t id;                /* readings.id in SQLite */
	int quarantine;            /* there: 1 held, 2 dropped; Postgres is to lack it */
	int64_t is_valid;
	struct reading reading;
};

struct digest {
	uint64_t count;
	unsigned __int128 sum;
};

size_t digest_layout(const struct row *row, uint8_t out[DIGEST_BYTES]);  /* how many of them */
void digest_add(struct digest *digest, const struct row *row);
void digest_remove(struct digest *digest, const struct row *row);  /* one that was added */
void digest_join(struct digest *digest, const struct digest *other);
void digest_add_record(struct digest *digest, const char *key, size_t len, int64_t hlc);
int digest_equal(const struct digest *a, const struct digest *b);

#define DIGEST_TEXT 33
const char *digest_text(const struct digest *digest, char text[DIGEST_TEXT]);
int digest_parse(const char *text, struct digest *digest);  /* the sum; -1: not 32 hex digits */

/* Which columns differ, as bits; digest_column() names bit n, NULL after the last. */
uint32_t digest_differing(const struct row *a, const struct row *b);
const char *digest_column(unsigned n);

#endif
