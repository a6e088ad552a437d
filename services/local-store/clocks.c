#include "services/local-store/clocks.h"

#include <stdlib.h>

#include "common/clock.h"

#define STEERED_US CLOCK_SECOND  /* by less a clock is not set */

static int
keep(struct lifecycle *life, const struct entry *entry, struct err *err)
{
	return store_begin(life->store, err) < 0 || store_put_clock(life->store, entry, err) < 0 ? -1 : 1;
}

int
clocks_look(struct lifecycle *life, int64_t utc_us, int64_t mono_us, struct err *err)
{
	int64_t lead_us = utc_us - mono_us;
	struct entry *entry = NULL;

	if (life->lead_us && llabs(lead_us - life->lead_us) < STEERED_US)
		return 0;
	life->lead_us = lead_us;
	while ((entry = sessions_next(life->sessions, entry)))
		if (entry->lead_us && entry->lead_us < lead_us)
			entry->lead_us = lead_us;
	/* also those that are not in hand: their time, too, has passed */
	return store_begin(life->store, err) < 0 || store_lead_clocks(life->store, lead_us, err) < 0 ? -1 : 1;
}

int
clocks_begin(struct lifecycle *life, struct entry *entry, struct err *err)
{
	entry->lead_us = life->lead_us;
	return entry->lead_us ? keep(life, entry, err) : 0;
}

int64_t
clocks_now_us(const struct lifecycle *life, const struct entry *entry, int64_t now_us)
{
	int64_t back_us = entry->lead_us - life->lead_us;

	if (!entry->lead_us || !life->lead_us)
		return now_us + entry->behind_us;
	return back_us < STEERED_US ? now_us : now_us + back_us;
}

/* Had it begun when the clock was set?  A session begun since goes by the clock as it is now, by
 * which the time before the step is yet to come, and has not been behind before. */
static bool
had_begun(const struct lifecycle *life, const struct entry *entry, int64_t at_us, int64_t now_us)
{
	return at_us >= entry->row.start_us &&
	       (!entry->lead_us || entry->behind_us || at_us <= clocks_now_us(life, entry, now_us) + STEERED_US);
}

int
clocks_step(struct lifecycle *life, const struct gap *gap, int64_t now_us, struct err *err)
{
	int64_t back_us = gap->from_us - gap->to_us;
	struct entry *entry;

	if (store_load_device(life->store, life->sessions, gap->device_id,
			      back_us > 0 ? gap->to_us : gap->from_us, err) < 0)
		return -1;
	for (entry = sessions_newest(life->sessions, gap->device_id); entry; entry = entry->older) {
		if (back_us > 0 ? !had_begun(life, entry, gap->from_us + entry->behind_us, now_us)
				: !entry->behind_us)
			continue;
		entry->behind_us = entry->behind_us + back_us > 0 ? entry->behind_us + back_us : 0;
		if (entry->most_behind_us < entry->behind_us)
			entry->most_behind_us = entry->behind_us;
		if (keep(life, entry, err) < 0)
			return -1;
	}
	return 0;
}
