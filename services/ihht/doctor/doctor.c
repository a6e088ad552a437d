/*
 * doctor - which hop is the first that is broken, what shows it, and what to do
 *
 *	in      beats, for some seconds; the SQLite file, read-only
 *
 * Asks no process anything, so it works whatever is down.
 */
#include <czmq.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "services/ihht/beats.h"
#include "services/ihht/doctor/diagnose.h"
#include "services/ihht/doctor/evidence.h"
#include "services/ihht/grid.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"

#define FIRST_LOOK_US  1300000   /* a beat a second, and some */
#define SECOND_LOOK_US 3300000   /* whoever still speaks has spoken again by then */

/* ---- looking */

static int
look(struct link *link, struct beats *before, struct beats *now, struct err *err)
{
	int64_t start = clock_mono_us();

	if (beats_listen(link, now, start + FIRST_LOOK_US, NULL, err) < 0)
		return -1;
	*before = *now;
	return beats_listen(link, now, start + SECOND_LOOK_US, NULL, err);
}

static void
see(const struct beats *before, const struct beats *now, struct facts *facts)
{
	int64_t now_us = clock_mono_us();
	const struct heard *h, *earlier;
	struct seen *seen;
	size_t i;

	for (i = 0; i < now->n; i++) {
		const struct beat *b = &now->heard[i].beat;

		if (!(h = beats_of(now, b->process, (int)b->instance, now_us)) ||
		    !(seen = facts_process(facts, b->process)))
			continue;
		earlier = beats_of(before, b->process, (int)b->instance, now_us);
		seen_add(seen, earlier ? &earlier->beat : b, b);
	}
}

/* The facts, malloc'ed; NULL: see err. */
static struct facts *
gather(struct process *process, struct err *err)
{
	struct beats *before = calloc(1, sizeof(*before)), *now = calloc(1, sizeof(*now));
	struct facts *facts = calloc(1, sizeof(*facts));
	struct link *link = link_open(process, "beats", LINK_IN, err);
	int r = -1;

	ASSERT(before && now && facts);
	if (link) {
		link_subscribe(link, "beat/");
		r = look(link, before, now, err);
	}
	if (r == 0) {
		evidence_expected(process, facts);
		evidence_store(process, 1, facts);
		see(before, now, facts);
	} else {
		free(facts);
		facts = NULL;
	}
	link_close(&link);
	free(before);
	free(now);
	return facts;
}

/* ---- telling */

static enum colour
colour_of(enum hop_state state)
{
	switch (state) {
	case HOP_IS_OK:
		return COLOUR_GREEN;
	case HOP_IS_NOTE:
		return COLOUR_YELLOW;
	case HOP_IS_BROKEN:
		return COLOUR_RED;
	case HOP_IS_HIDDEN:
		break;
	}
	return COLOUR_DIM;
}

static void
tell(const struct diagnosis hops[N_HOPS], enum hop first)
{
	struct grid *grid = grid_new("HOP|STATE|WHAT WAS SEEN");
	int i;

	for (i = 0; i < N_HOPS; i++) {
		grid_add(grid, COLOUR_PLAIN, "%s", hop_name((enum hop)i));
		grid_add(grid, colour_of(hops[i].state), "%s", hop_state_name(hops[i].state));
		grid_add(grid, COLOUR_PLAIN, "%s", hops[i].evidence);
	}
	grid_print(grid, stdout);
	grid_free(&grid);
	for (i = 0; i < N_HOPS; i++)
		if (hops[i].state == HOP_IS_NOTE && *hops[i].cure)
			printf("\n%s: %s", hop_name((enum hop)i), hops[i].cure);
	if (first == N_HOPS)
		printf("\nno hop is broken\n");
	else
		printf("\nfirst broken hop: %s\n%s\ncure: %s\n", hop_name(first), hops[first].evidence,
		       hops[first].cure);
}

int
doctor_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct diagnosis hops[N_HOPS];
	struct facts *facts;
	enum hop first;
	struct err err;

	(void)argv;
	if (argc)
		return verb_usage(verb, "takes nothing");
	if (!(facts = gather(me->process, &err)))
		return verb_fail(verb, err.code == EINVAL ? PROCESS_FIX_CONFIG : PROCESS_TRY_AGAIN, &err);
	diagnose(facts, hops);
	free(facts);
	first = diagnose_first(hops);
	if (me->json)
		rows_print_json(diagnose_json(hops));
	else
		tell(hops, first);
	return first == N_HOPS ? IHHT_OK : IHHT_UNWELL;
}
