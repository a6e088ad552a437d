#include "services/ble-ingest/bluez/life.h"

#include <string.h>

#define SECOND        1000000LL
#define CONNECT_US    (45 * SECOND)   /* bluetoothd itself gives up after 20 to 40 */
#define RESOLVE_US    (30 * SECOND)
#define PAIR_US       (60 * SECOND)   /* a person may have to press something */
#define SUBSCRIBE_US  (30 * SECOND)
#define LEAVE_US      (10 * SECOND)   /* Device1.Disconnect itself waits 2 */
#define FIRST_US      (SECOND / 2)    /* pause after the first failure; doubled each time */

void
life_init(struct life *life, uint64_t dice)
{
	memset(life, 0, sizeof(*life));
	life->until_us = INT64_MAX;
	life->dice = dice;
}

/* splitmix64 */
static uint64_t
roll(struct life *life)
{
	uint64_t z = life->dice += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static enum life_act
go(struct life *life, enum life_state state, int64_t until_us, enum life_act act)
{
	life->state = state;
	life->until_us = until_us;
	return act;
}

/* Between once and twice FIRST_US * 2^failures, so that two gateways do not go in step. */
static int64_t
pause_us(struct life *life, const struct life_rules *rules)
{
	unsigned doublings = life->n_failed > 1 ? life->n_failed - 1 : 0;
	int64_t us = doublings > 20 ? rules->longest_us : FIRST_US << doublings;

	us += (int64_t)(roll(life) % (uint64_t)us);
	return us < rules->longest_us ? us : rules->longest_us;
}

static enum life_act
rest(struct life *life, const struct life_rules *rules, int64_t now_us)
{
	if (!life->is_reachable)
		return go(life, LIFE_AWAY, INT64_MAX, LIFE_NOTHING);
	return go(life, LIFE_RESTING, now_us + pause_us(life, rules), LIFE_NOTHING);
}

static enum life_act
fail(struct life *life, const struct life_rules *rules, int64_t now_us)
{
	life->n_failed++;
	return rest(life, rules, now_us);
}

/* The link still stands, or may: first end it. */
static enum life_act
leave(struct life *life, int64_t now_us)
{
	life->n_failed++;
	return go(life, LIFE_LEAVING, now_us + LEAVE_US, LIFE_DISCONNECT);
}

static enum life_act
stranger(struct life *life)
{
	return go(life, LIFE_STRANGER, INT64_MAX, LIFE_DISCONNECT);
}

static enum life_act
connect(struct life *life, int64_t now_us)
{
	life->was_seen = life->is_seen;
	life->is_seen = 0;
	life->spoke = 0;
	return go(life, LIFE_CONNECTING, now_us + CONNECT_US, LIFE_CONNECT);
}

static enum life_act
connected(struct life *life, int64_t now_us)
{
	life->spoke = 0;
	return go(life, LIFE_RESOLVING, now_us + RESOLVE_US, LIFE_NOTHING);
}

static enum life_act
resolved(struct life *life, int64_t now_us)
{
	if (life->needs_bond && !life->has_bond)
		return go(life, LIFE_PAIRING, now_us + PAIR_US, LIFE_PAIR);
	return go(life, LIFE_SUBSCRIBING, now_us + SUBSCRIBE_US, LIFE_SUBSCRIBE);
}

static enum life_act
refused(struct life *life, int64_t now_us)
{
	life->is_refused = 1;
	return leave(life, now_us);
}

static enum life_act
unpaired(struct life *life, int64_t now_us)
{
	if (life->has_bond)              /* and it no longer knows ours */
		return refused(life, now_us);
	life->needs_bond = 1;
	return resolved(life, now_us);
}

static void
spoke(struct life *life)
{
	life->spoke = life->is_ours = 1;
	life->n_failed = 0;
	life->is_silent = life->is_refused = life->is_maybe = 0;
}

/* The link went down by itself.  A device that was speaking is tried again at once. */
static enum life_act
lost(struct life *life, const struct life_rules *rules, int64_t now_us)
{
	return life->spoke ? rest(life, rules, now_us) : fail(life, rules, now_us);
}

static enum life_act
when_away(struct life *life, enum life_event event, const struct life_rules *rules,
	  int64_t now_us)
{
	switch ((int)event) {
	case LIFE_SEEN:
		return connect(life, now_us);
	case LIFE_CONNECTED:  /* by an earlier life of ours, or by somebody else */
		return connected(life, now_us);
	case LIFE_REACHABLE:
		if (!life->is_ours)
			return LIFE_NOTHING;
		life->n_failed = 0;
		return rest(life, rules, now_us);
	default:
		return LIFE_NOTHING;
	}
}

static enum life_act
when_connecting(struct life *life, enum life_event event, const struct life_rules *rules,
		int64_t now_us)
{
	switch ((int)event) {
	case LIFE_CONNECTED:
		return connected(life, now_us);
	case LIFE_RESOLVED:   /* Connected may never be signalled */
		return resolved(life, now_us);
	case LIFE_CONNECT_FAILED:
		return fail(life, rules, now_us);
	case LIFE_TIME:       /* a disconnect ends a Connect that hangs */
		return leave(life, now_us);
	default:              /* LINK_DOWN is news of the link before this one */
		return LIFE_NOTHING;
	}
}

static enum life_act
when_resolving(struct life *life, enum life_event event, const struct life_rules *rules,
	       int64_t now_us)
{
	switch ((int)event) {
	case LIFE_RESOLVED:
		return resolved(life, now_us);
	case LIFE_LINK_DOWN:
		return fail(life, rules, now_us);
	case LIFE_NOT_SUCH:   /* one that has spoken is only starting, or half torn down */
		return life->is_ours ? leave(life, now_us) : stranger(life);
	case LIFE_CONNECT_FAILED:
	case LIFE_TIME:       /* a link that has outlived its bluetoothd resolves nothing */
		return leave(life, now_us);
	default:
		return LIFE_NOTHING;
	}
}

static enum life_act
when_pairing(struct life *life, enum life_event event, const struct life_rules *rules,
	     int64_t now_us)
{
	switch ((int)event) {
	case LIFE_PAIRED:
		life->has_bond = 1;
		life->is_refused = 0;
		return resolved(life, now_us);
	case LIFE_PAIR_REFUSED:
	case LIFE_TIME:
		return refused(life, now_us);
	case LIFE_LINK_DOWN:  /* devices that will not be paired often hang up instead */
		life->is_refused = 1;
		return fail(life, rules, now_us);
	default:
		return LIFE_NOTHING;
	}
}

static enum life_act
when_subscribing(struct life *life, enum life_event event, const struct life_rules *rules,
		 int64_t now_us)
{
	switch ((int)event) {
	case LIFE_SUBSCRIBED:
		return go(life, LIFE_STREAMING, now_us + rules->silent_us, LIFE_NOTHING);
	case LIFE_VALUE:
		spoke(life);
		return LIFE_NOTHING;
	case LIFE_UNPAIRED:
		return unpaired(life, now_us);
	case LIFE_NOT_SUCH:
		return life->is_ours ? leave(life, now_us) : stranger(life);
	case LIFE_LINK_DOWN:
		return lost(life, rules, now_us);
	case LIFE_SUBSCRIBE_FAILED:
	case LIFE_TIME:
		return leave(life, now_us);
	default:
		return LIFE_NOTHING;
	}
}

static enum life_act
when_streaming(struct life *life, enum life_event event, const struct life_rules *rules,
	       int64_t now_us)
{
	switch ((int)event) {
	case LIFE_VALUE:
		spoke(life);
		life->until_us = now_us + rules->silent_us;
		return LIFE_NOTHING;
	case LIFE_TIME:
		if (life->is_maybe)
			return stranger(life);
		life->is_silent = 1;
		return leave(life, now_us);
	case LIFE_UNPAIRED:   /* it lets us listen, but not ask */
		return unpaired(life, now_us);
	case LIFE_MISTAKEN:
		return connected(life, now_us);
	case LIFE_NOT_SUCH:
		return life->is_ours ? leave(life, now_us) : stranger(life);
	case LIFE_LINK_DOWN:
		return lost(life, rules, now_us);
	default:
		return LIFE_NOTHING;
	}
}

static enum life_act
when_leaving(struct life *life, enum life_event event, const struct life_rules *rules,
	     int64_t now_us)
{
	switch ((int)event) {
	case LIFE_LEFT:
	case LIFE_LINK_DOWN:
	case LIFE_TIME:
		return rest(life, rules, now_us);
	default:
		return LIFE_NOTHING;
	}
}

static enum life_act
when_resting(struct life *life, enum life_event event, int64_t now_us, unsigned retries)
{
	switch ((int)event) {
	case LIFE_CONNECTED:  /* later than we had waited: use it, do not leak it */
		return connected(life, now_us);
	case LIFE_SEEN:       /* back in range.  One that failed though it was seen waits */
		return life->was_seen && life->n_failed ? LIFE_NOTHING : connect(life, now_us);
	case LIFE_TIME:
		if (life->is_seen || (life->is_ours && life->n_failed <= retries))
			return connect(life, now_us);
		return go(life, LIFE_AWAY, INT64_MAX, LIFE_NOTHING);
	default:
		return LIFE_NOTHING;
	}
}

static enum life_act
when(struct life *life, enum life_event event, const struct life_rules *rules, int64_t now_us)
{
	switch (life->state) {
	case LIFE_AWAY:
		return when_away(life, event, rules, now_us);
	case LIFE_CONNECTING:
		return when_connecting(life, event, rules, now_us);
	case LIFE_RESOLVING:
		return when_resolving(life, event, rules, now_us);
	case LIFE_PAIRING:
		return when_pairing(life, event, rules, now_us);
	case LIFE_SUBSCRIBING:
		return when_subscribing(life, event, rules, now_us);
	case LIFE_STREAMING:
		return when_streaming(life, event, rules, now_us);
	case LIFE_LEAVING:
		return when_leaving(life, event, rules, now_us);
	case LIFE_RESTING:
		return when_resting(life, event, now_us, rules->retries);
	case LIFE_STRANGER:
		break;
	}
	return LIFE_NOTHING;
}

enum life_act
life_step(struct life *life, enum life_event event, const struct life_rules *rules,
	  int64_t now_us)
{
	if (event == LIFE_SEEN)
		life->is_seen = 1;
	if (event == LIFE_SEEN || event == LIFE_REACHABLE || event == LIFE_CONNECTED)
		life->is_reachable = 1;
	if (event == LIFE_UNREACHABLE) {
		life->is_reachable = life->is_seen = 0;
		return life->state == LIFE_STRANGER ? LIFE_NOTHING
			: go(life, LIFE_AWAY, INT64_MAX, LIFE_NOTHING);
	}
	return when(life, event, rules, now_us);
}

int
life_is_up(const struct life *life)
{
	return life->state >= LIFE_RESOLVING && life->state <= LIFE_STREAMING;
}

enum device_state
life_shown(const struct life *life)
{
	int is_up = life_is_up(life);

	if (life->state == LIFE_STRANGER)
		return DEVICE_STRANGER;
	if (is_up && life->spoke)
		return DEVICE_STREAMING;
	if (is_up || (life->state == LIFE_CONNECTING && life->was_seen))
		return DEVICE_CONNECTING;
	if (life->is_refused)
		return DEVICE_REFUSED;
	if (life->state == LIFE_AWAY && life->is_ours && life->is_reachable)
		return DEVICE_OFF;
	if (life->is_silent && life->is_reachable)
		return DEVICE_SILENT;
	return life->is_ours ? DEVICE_LOST : DEVICE_SEARCHING;
}
