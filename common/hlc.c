#include "common/hlc.h"

int64_t
hlc_next(int64_t last, int64_t now_us)
{
	int64_t now = (now_us / 1000) << 16;

	return now > last ? now : last + 1;  /* a full counter carries into the milliseconds */
}

int64_t
hlc_merge(int64_t last, int64_t other, int64_t now_us)
{
	if (hlc_us(other) > now_us + HLC_AHEAD_US)
		return -1;
	return other > last ? other : last;
}

int64_t
hlc_us(int64_t stamp)
{
	return (stamp >> 16) * 1000;
}
