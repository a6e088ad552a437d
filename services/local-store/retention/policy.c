#include "services/local-store/retention/policy.h"

#define MB          1000000LL
#define EARLY       80
#define READING     400   /* bytes in the file, at most: row, key, and pages that are half full */

static int64_t
between(int64_t least, int64_t v, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

struct shares
policy_shares(int64_t cap)
{
	struct shares s = {.log = between(3 * MB, cap / 8, 256 * MB)};

	/* beside the log stands its index, a 400th of it and never less than 32 kB */
	s.file = cap - s.log - s.log / 400 - 65536;
	s.rows = s.file - between(MB, s.file / 16, 64 * MB);
	return s;
}

int64_t
policy_percent(const struct shares *shares, int64_t used)
{
	return used * 100 / shares->rows;
}

int64_t
policy_room(const struct shares *shares, int64_t used)
{
	return used < shares->rows ? (shares->rows - used) / READING : 0;
}

int64_t
policy_horizon(int64_t keep_us, int64_t percent, int64_t now_us)
{
	return policy_crowded(percent) ? INT64_MAX : now_us - keep_us;
}

int
policy_crowded(int64_t percent)
{
	return percent >= EARLY;
}
