#include "tests/unit/test.h"

#include "services/ble-ingest/bluez/life.h"

#define S     1000000LL
#define NOW   (1000 * S)
#define EVER  INT64_MAX
#define PAUSE (-1)     /* somewhere in a pause after a failure */

static const struct life_rules rules = {.silent_us = 15 * S, .longest_us = 60 * S, .retries = 3};

enum {                 /* what else is so before the event */
	REACHABLE = 1, OURS = 2, SEEN = 4, WAS_SEEN = 8, MAYBE = 16, NEEDS_BOND = 32, HAS_BOND = 64,
	SPOKE = 128, SILENT = 256, REFUSED = 512,
};

static struct life
life_of(enum life_state state, unsigned with, unsigned n_failed)
{
	struct life life;

	life_init(&life, 1);
	life.state = state;
	life.until_us = state == LIFE_AWAY || state == LIFE_STRANGER ? EVER : NOW + 7;
	life.n_failed = n_failed;
	life.is_reachable = !!(with & REACHABLE);
	life.is_ours = !!(with & OURS);
	life.is_seen = !!(with & SEEN);
	life.was_seen = !!(with & WAS_SEEN);
	life.is_maybe = !!(with & MAYBE);
	life.needs_bond = !!(with & NEEDS_BOND);
	life.has_bond = !!(with & HAS_BOND);
	life.spoke = !!(with & SPOKE);
	life.is_silent = !!(with & SILENT);
	life.is_refused = !!(with & REFUSED);
	return life;
}

#define R REACHABLE
static const struct row {
	const char *what;
	enum life_state state;
	unsigned with, n_failed;
	enum life_event event;
	enum life_state then;
	enum life_act act;
	int64_t until_us;      /* from now; 7: unchanged */
	enum device_state shown;
} rows[] = {
	{"a new one is searched", LIFE_AWAY, 0, 0, LIFE_REACHABLE,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_SEARCHING},
	{"it is seen", LIFE_AWAY, R, 0, LIFE_SEEN,
	 LIFE_CONNECTING, LIFE_CONNECT, 45 * S, DEVICE_CONNECTING},
	{"its link stands already", LIFE_AWAY, R, 0, LIFE_CONNECTED,
	 LIFE_RESOLVING, LIFE_NOTHING, 30 * S, DEVICE_CONNECTING},
	{"a way to ours is back", LIFE_AWAY, OURS, 9, LIFE_REACHABLE,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_LOST},
	{"away, a late answer", LIFE_AWAY, R, 0, LIFE_LEFT,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_SEARCHING},
	{"away, a late end of the link", LIFE_AWAY, R | OURS, 0, LIFE_LINK_DOWN,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_OFF},

	{"connected", LIFE_CONNECTING, R | WAS_SEEN, 0, LIFE_CONNECTED,
	 LIFE_RESOLVING, LIFE_NOTHING, 30 * S, DEVICE_CONNECTING},
	{"resolved, though never said to be connected", LIFE_CONNECTING, R, 0, LIFE_RESOLVED,
	 LIFE_SUBSCRIBING, LIFE_SUBSCRIBE, 30 * S, DEVICE_CONNECTING},
	{"connecting fails", LIFE_CONNECTING, R | WAS_SEEN, 0, LIFE_CONNECT_FAILED,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_SEARCHING},
	{"connecting to ours fails", LIFE_CONNECTING, R | OURS, 0, LIFE_CONNECT_FAILED,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_LOST},
	{"connecting hangs", LIFE_CONNECTING, R, 0, LIFE_TIME,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_SEARCHING},
	{"connecting, the link before ends", LIFE_CONNECTING, R | WAS_SEEN, 0, LIFE_LINK_DOWN,
	 LIFE_CONNECTING, LIFE_NOTHING, 7, DEVICE_CONNECTING},
	{"trying ours in the blind is not shown as connecting", LIFE_CONNECTING, R | OURS, 0,
	 LIFE_VALUE, LIFE_CONNECTING, LIFE_NOTHING, 7, DEVICE_LOST},

	{"connecting fails, and there is no way to it", LIFE_CONNECTING, OURS, 0,
	 LIFE_CONNECT_FAILED, LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_LOST},

	{"resolved", LIFE_RESOLVING, R, 0, LIFE_RESOLVED,
	 LIFE_SUBSCRIBING, LIFE_SUBSCRIBE, 30 * S, DEVICE_CONNECTING},
	{"resolved, it wants a bond", LIFE_RESOLVING, R | NEEDS_BOND, 0, LIFE_RESOLVED,
	 LIFE_PAIRING, LIFE_PAIR, 60 * S, DEVICE_CONNECTING},
	{"resolved, it has its bond", LIFE_RESOLVING, R | NEEDS_BOND | HAS_BOND, 0, LIFE_RESOLVED,
	 LIFE_SUBSCRIBING, LIFE_SUBSCRIBE, 30 * S, DEVICE_CONNECTING},
	{"resolving, told again that it is connected", LIFE_RESOLVING, R, 0, LIFE_CONNECTED,
	 LIFE_RESOLVING, LIFE_NOTHING, 7, DEVICE_CONNECTING},
	{"resolving, the link ends", LIFE_RESOLVING, R, 0, LIFE_LINK_DOWN,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_SEARCHING},
	{"resolving, ours is not itself now", LIFE_RESOLVING, R | OURS, 0, LIFE_NOT_SUCH,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_LOST},
	{"resolving, it is something else", LIFE_RESOLVING, R, 0, LIFE_NOT_SUCH,
	 LIFE_STRANGER, LIFE_DISCONNECT, EVER, DEVICE_STRANGER},
	{"resolving, Connect fails after all", LIFE_RESOLVING, R, 0, LIFE_CONNECT_FAILED,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_SEARCHING},
	{"nothing is resolved", LIFE_RESOLVING, R, 0, LIFE_TIME,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_SEARCHING},

	{"paired", LIFE_PAIRING, R | NEEDS_BOND, 0, LIFE_PAIRED,
	 LIFE_SUBSCRIBING, LIFE_SUBSCRIBE, 30 * S, DEVICE_CONNECTING},
	{"pairing is refused", LIFE_PAIRING, R | NEEDS_BOND, 0, LIFE_PAIR_REFUSED,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_REFUSED},
	{"pairing is not answered", LIFE_PAIRING, R | NEEDS_BOND, 0, LIFE_TIME,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_REFUSED},
	{"pairing, it hangs up", LIFE_PAIRING, R | NEEDS_BOND, 0, LIFE_LINK_DOWN,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_REFUSED},
	{"pairing, an early value", LIFE_PAIRING, R | NEEDS_BOND, 0, LIFE_VALUE,
	 LIFE_PAIRING, LIFE_NOTHING, 7, DEVICE_CONNECTING},

	{"subscribed", LIFE_SUBSCRIBING, R, 0, LIFE_SUBSCRIBED,
	 LIFE_STREAMING, LIFE_NOTHING, 15 * S, DEVICE_CONNECTING},
	{"a value before that", LIFE_SUBSCRIBING, R, 0, LIFE_VALUE,
	 LIFE_SUBSCRIBING, LIFE_NOTHING, 7, DEVICE_STREAMING},
	{"it refuses us unpaired", LIFE_SUBSCRIBING, R, 0, LIFE_UNPAIRED,
	 LIFE_PAIRING, LIFE_PAIR, 60 * S, DEVICE_CONNECTING},
	{"it refuses us though paired", LIFE_SUBSCRIBING, R | HAS_BOND, 0, LIFE_UNPAIRED,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_REFUSED},
	{"subscribing, it is something else", LIFE_SUBSCRIBING, R, 0, LIFE_NOT_SUCH,
	 LIFE_STRANGER, LIFE_DISCONNECT, EVER, DEVICE_STRANGER},
	{"subscribing, ours is not itself now", LIFE_SUBSCRIBING, R | OURS, 0, LIFE_NOT_SUCH,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_LOST},
	{"subscribing, the link ends", LIFE_SUBSCRIBING, R | OURS, 0, LIFE_LINK_DOWN,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_LOST},
	{"subscribing fails", LIFE_SUBSCRIBING, R, 0, LIFE_SUBSCRIBE_FAILED,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_SEARCHING},
	{"subscribing is not answered", LIFE_SUBSCRIBING, R, 0, LIFE_TIME,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_SEARCHING},

	{"a value", LIFE_STREAMING, R | SILENT | REFUSED | MAYBE, 5, LIFE_VALUE,
	 LIFE_STREAMING, LIFE_NOTHING, 15 * S, DEVICE_STREAMING},
	{"silence", LIFE_STREAMING, R | OURS | SPOKE, 0, LIFE_TIME,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_SILENT},
	{"silence of one that may be none", LIFE_STREAMING, R | MAYBE, 0, LIFE_TIME,
	 LIFE_STRANGER, LIFE_DISCONNECT, EVER, DEVICE_STRANGER},
	{"streaming, it refuses us unpaired", LIFE_STREAMING, R, 0, LIFE_UNPAIRED,
	 LIFE_PAIRING, LIFE_PAIR, 60 * S, DEVICE_CONNECTING},
	{"streaming, it refuses us though paired", LIFE_STREAMING, R | HAS_BOND, 0, LIFE_UNPAIRED,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_REFUSED},
	{"streaming, of another kind", LIFE_STREAMING, R, 0, LIFE_MISTAKEN,
	 LIFE_RESOLVING, LIFE_NOTHING, 30 * S, DEVICE_CONNECTING},
	{"streaming, something else", LIFE_STREAMING, R, 0, LIFE_NOT_SUCH,
	 LIFE_STRANGER, LIFE_DISCONNECT, EVER, DEVICE_STRANGER},
	{"streaming, ours is not itself now", LIFE_STREAMING, R | OURS, 0, LIFE_NOT_SUCH,
	 LIFE_LEAVING, LIFE_DISCONNECT, 10 * S, DEVICE_LOST},
	{"streaming, the link ends", LIFE_STREAMING, R | OURS | SPOKE, 0, LIFE_LINK_DOWN,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_LOST},
	{"streaming, seen", LIFE_STREAMING, R | OURS | SPOKE, 0, LIFE_SEEN,
	 LIFE_STREAMING, LIFE_NOTHING, 7, DEVICE_STREAMING},
	{"streaming, Connect's late answer", LIFE_STREAMING, R | OURS | SPOKE, 0,
	 LIFE_CONNECT_FAILED, LIFE_STREAMING, LIFE_NOTHING, 7, DEVICE_STREAMING},

	{"left", LIFE_LEAVING, R | OURS | SILENT, 1, LIFE_LEFT,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_SILENT},
	{"leaving, the link is down", LIFE_LEAVING, R | OURS, 1, LIFE_LINK_DOWN,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_LOST},
	{"leaving is not answered", LIFE_LEAVING, R, 1, LIFE_TIME,
	 LIFE_RESTING, LIFE_NOTHING, PAUSE, DEVICE_SEARCHING},
	{"leaving, a value", LIFE_LEAVING, R | OURS | SILENT, 1, LIFE_VALUE,
	 LIFE_LEAVING, LIFE_NOTHING, 7, DEVICE_SILENT},

	{"rested, ours", LIFE_RESTING, R | OURS, 3, LIFE_TIME,
	 LIFE_CONNECTING, LIFE_CONNECT, 45 * S, DEVICE_LOST},
	{"rested, ours, tried often enough", LIFE_RESTING, R | OURS, 4, LIFE_TIME,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_OFF},
	{"rested, ours, seen meanwhile", LIFE_RESTING, R | OURS | SEEN | WAS_SEEN, 4, LIFE_TIME,
	 LIFE_CONNECTING, LIFE_CONNECT, 45 * S, DEVICE_CONNECTING},
	{"rested, never heard", LIFE_RESTING, R, 1, LIFE_TIME,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_SEARCHING},
	{"resting, ours is seen again", LIFE_RESTING, R | OURS, 2, LIFE_SEEN,
	 LIFE_CONNECTING, LIFE_CONNECT, 45 * S, DEVICE_CONNECTING},
	{"resting, it failed though it was seen", LIFE_RESTING, R | WAS_SEEN, 1, LIFE_SEEN,
	 LIFE_RESTING, LIFE_NOTHING, 7, DEVICE_SEARCHING},
	{"resting after a link that spoke, seen", LIFE_RESTING, R | OURS | WAS_SEEN, 0, LIFE_SEEN,
	 LIFE_CONNECTING, LIFE_CONNECT, 45 * S, DEVICE_CONNECTING},
	{"resting, connected later than we waited", LIFE_RESTING, R, 1, LIFE_CONNECTED,
	 LIFE_RESOLVING, LIFE_NOTHING, 30 * S, DEVICE_CONNECTING},
	{"resting, a late answer", LIFE_RESTING, R | OURS, 1, LIFE_LEFT,
	 LIFE_RESTING, LIFE_NOTHING, 7, DEVICE_LOST},

	{"a stranger is seen", LIFE_STRANGER, R, 0, LIFE_SEEN,
	 LIFE_STRANGER, LIFE_NOTHING, EVER, DEVICE_STRANGER},
	{"a stranger's link", LIFE_STRANGER, R, 0, LIFE_CONNECTED,
	 LIFE_STRANGER, LIFE_NOTHING, EVER, DEVICE_STRANGER},
	{"no way to a stranger", LIFE_STRANGER, R, 0, LIFE_UNREACHABLE,
	 LIFE_STRANGER, LIFE_NOTHING, EVER, DEVICE_STRANGER},

	{"no way, connecting", LIFE_CONNECTING, R | WAS_SEEN, 0, LIFE_UNREACHABLE,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_SEARCHING},
	{"no way, streaming", LIFE_STREAMING, R | OURS | SPOKE, 0, LIFE_UNREACHABLE,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_LOST},
	{"no way, leaving", LIFE_LEAVING, R | OURS | SILENT, 0, LIFE_UNREACHABLE,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_LOST},
	{"no way, resting", LIFE_RESTING, R | OURS, 0, LIFE_UNREACHABLE,
	 LIFE_AWAY, LIFE_NOTHING, EVER, DEVICE_LOST},
};

TEST(each_event_of_each_state_has_its_answer)
{
	const struct row *r;
	struct life life;
	enum life_act act;

	for (r = rows; r < rows + sizeof(rows) / sizeof(rows[0]); r++) {
		life = life_of(r->state, r->with, r->n_failed);
		act = life_step(&life, r->event, &rules, NOW);
		ok(life.state == r->then, "%s: state %d, not %d", r->what, life.state, r->then);
		ok(act == r->act, "%s: act %d, not %d", r->what, act, r->act);
		ok(life_shown(&life) == r->shown, "%s: shown as %d, not %d", r->what,
		   life_shown(&life), r->shown);
		if (r->until_us == PAUSE)
			ok(life.until_us > NOW + S / 4 && life.until_us <= NOW + 60 * S,
			   "%s: pauses %lld us", r->what, (long long)(life.until_us - NOW));
		else
			ok(life.until_us == (r->until_us == EVER ? EVER : NOW + r->until_us),
			   "%s: until %lld", r->what, (long long)(life.until_us - NOW));
	}
}

TEST(a_new_link_knows_nothing_of_the_last)
{
	struct life life = life_of(LIFE_RESTING, R | OURS | SEEN | SPOKE, 0);

	(void)life_step(&life, LIFE_TIME, &rules, NOW);
	ok(!life.is_seen && life.was_seen && !life.spoke);
	life = life_of(LIFE_RESTING, R | OURS | SPOKE, 0);
	(void)life_step(&life, LIFE_CONNECTED, &rules, NOW);
	ok(!life.spoke);
	life = life_of(LIFE_PAIRING, R | REFUSED, 0);
	(void)life_step(&life, LIFE_PAIRED, &rules, NOW);
	ok(!life.is_refused && life.has_bond);
}

TEST(whatever_ends_without_a_value_counts_as_failed)
{
	static const struct { enum life_state state; unsigned with; enum life_event event; } ends[] = {
		{LIFE_CONNECTING, R, LIFE_CONNECT_FAILED}, {LIFE_CONNECTING, R, LIFE_TIME},
		{LIFE_RESOLVING, R, LIFE_LINK_DOWN}, {LIFE_PAIRING, R, LIFE_PAIR_REFUSED},
		{LIFE_PAIRING, R, LIFE_LINK_DOWN}, {LIFE_SUBSCRIBING, R, LIFE_LINK_DOWN},
		{LIFE_STREAMING, R, LIFE_LINK_DOWN}, {LIFE_STREAMING, R | OURS | SPOKE, LIFE_TIME},
	};
	struct life life;
	size_t i;

	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		life = life_of(ends[i].state, ends[i].with, 4);
		(void)life_step(&life, ends[i].event, &rules, NOW);
		ok(life.n_failed == 5, "row %zu: %u", i, life.n_failed);
	}
	life = life_of(LIFE_STREAMING, R | OURS | SPOKE, 0);
	(void)life_step(&life, LIFE_LINK_DOWN, &rules, NOW);
	is_int(life.n_failed, 0);
	(void)life_step(&life, LIFE_REACHABLE, &rules, NOW);
	is_int(life.n_failed, 0);
	life = life_of(LIFE_AWAY, OURS, 9);
	(void)life_step(&life, LIFE_REACHABLE, &rules, NOW);
	is_int(life.n_failed, 0);
}

TEST(a_value_forgives_everything)
{
	struct life life = life_of(LIFE_STREAMING, R | SILENT | REFUSED | MAYBE, 9);

	(void)life_step(&life, LIFE_VALUE, &rules, NOW);
	ok(!life.n_failed && !life.is_silent && !life.is_refused && !life.is_maybe);
	ok(life.is_ours && life.spoke);
}

/* The least and the most pause after so many failures, of many devices. */
static void
pauses(unsigned n_failed, int64_t *least, int64_t *most)
{
	struct life life;
	uint64_t dice;

	*least = EVER;
	*most = 0;
	for (dice = 0; dice < 500; dice++) {
		life = life_of(LIFE_CONNECTING, R, n_failed);
		life.dice = dice;
		(void)life_step(&life, LIFE_CONNECT_FAILED, &rules, NOW);
		*least = life.until_us - NOW < *least ? life.until_us - NOW : *least;
		*most = life.until_us - NOW > *most ? life.until_us - NOW : *most;
	}
}

TEST(pauses_double_up_to_the_longest_and_differ)
{
	static const struct { unsigned n_failed; int64_t least, most; } want[] = {
		{0, S / 2, S}, {1, S, 2 * S}, {2, 2 * S, 4 * S}, {5, 16 * S, 32 * S},
		{6, 32 * S, 60 * S}, {7, 60 * S, 60 * S}, {40, 60 * S, 60 * S},
		{4000000000u, 60 * S, 60 * S},
	};
	int64_t least, most;
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		pauses(want[i].n_failed, &least, &most);
		ok(least >= want[i].least && most <= want[i].most, "after %u: %lld to %lld us",
		   want[i].n_failed + 1, (long long)least, (long long)most);
		ok(most - least >= (want[i].most - want[i].least) * 9 / 10, "after %u: all alike",
		   want[i].n_failed + 1);
	}
}

TEST(ours_is_tried_so_often_then_waited_for)
{
	struct life life = life_of(LIFE_STREAMING, R | OURS | SPOKE, 0);
	int64_t now_us = NOW;
	int n;

	(void)life_step(&life, LIFE_LINK_DOWN, &rules, now_us);
	for (n = 0; n < 100 && life.state == LIFE_RESTING; n++) {
		now_us = life.until_us;
		if (life_step(&life, LIFE_TIME, &rules, now_us) == LIFE_CONNECT)
			(void)life_step(&life, LIFE_CONNECT_FAILED, &rules, now_us);
	}
	is_int(n, 5);      /* at once, and three times more; then it gives up */
	is_int(life.state, LIFE_AWAY);
	is_int(life_step(&life, LIFE_SEEN, &rules, now_us), LIFE_CONNECT);
}

/* Any events in any order: what begins a connection is followed up, and a stranger stays one. */
TEST(no_order_of_events_leaves_a_link_behind_or_a_state_without_end)
{
	struct life life;
	uint64_t dice = 1;
	int64_t now_us = NOW;
	int i, up = 0;
	enum life_event event;
	enum life_act act;

	life_init(&life, 7);
	for (i = 0; i < 2000000; i++) {
		dice = dice * 6364136223846793005u + 1442695040888963407u;
		event = (enum life_event)((dice >> 33) % (LIFE_TIME + 1));
		if (event == LIFE_NOT_SUCH && (dice >> 50) % 100)
			continue;
		now_us += (int64_t)(dice >> 60);
		act = life_step(&life, event, &rules, now_us);
		up |= life.state == LIFE_STREAMING;
		ok(life.until_us > now_us, "state %d ends in the past", life.state);
		ok((life.until_us == EVER) == (life.state == LIFE_AWAY || life.state == LIFE_STRANGER),
		   "state %d", life.state);
		ok(act != LIFE_CONNECT || life.state == LIFE_CONNECTING);
		ok((life.state == LIFE_LEAVING || life.state == LIFE_STRANGER) ||
		   act != LIFE_DISCONNECT);
		if (life.state == LIFE_STRANGER)
			life_init(&life, dice);
	}
	ok(up, "it never streamed");
}

int
main(void)
{
	RUN(each_event_of_each_state_has_its_answer);
	RUN(a_new_link_knows_nothing_of_the_last);
	RUN(whatever_ends_without_a_value_counts_as_failed);
	RUN(a_value_forgives_everything);
	RUN(pauses_double_up_to_the_longest_and_differ);
	RUN(ours_is_tried_so_often_then_waited_for);
	RUN(no_order_of_events_leaves_a_link_behind_or_a_state_without_end);
	return test_done();
}
