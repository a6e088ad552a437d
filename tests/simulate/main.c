/*
 * simulate - the promises of the pipeline, in worlds where everything goes wrong
 *
 *	simulate [SEED [STEPS]]
 *
 * The real rules of ble-ingest (inflow, spool, window), local-store (intake, sessions,
 * lifecycle, outbox, retention on SQLite), sync-worker (what a bundle may hold) and dedupe-auditor
 * (compare) run on a simulated network, disk and clock.  A world lives for some minutes of
 * kills, power cuts, write errors, lost, doubled and late frames, commits of unknown outcome,
 * clocks that are set, rows deleted in Postgres and, in every other world, rows that leave for
 * files; then it is calm, and everything must be where it belongs: each value once in both
 * stores (or its file), each loss told, each answer kept.  Then comes the next world.
 *
 * A promise that does not hold is named with the seed and step that bring it back.
 */
#include <czmq.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tests/simulate/cloud.h"
#include "tests/simulate/disk.h"
#include "tests/simulate/ingest.h"
#include "tests/simulate/judge.h"
#include "tests/simulate/keeper.h"
#include "tests/simulate/leaving.h"
#include "tests/simulate/net.h"
#include "tests/simulate/people.h"
#include "tests/simulate/truth.h"

#define BEGIN_US   1800000000000000LL
#define STORM_US   (30 * MINUTE_US)      /* at most */
#define DRAIN_US   (180 * MINUTE_US)     /* all is calm: everything arrives within */
#define MOST_STEPS 5000000               /* of a world: it goes in circles */

struct world *world;

/* ---- chance, clocks, verdict */

uint64_t
roll(void)
{
	uint64_t z = world->random += 0x9e3779b97f4a7c15u;  /* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

bool
one_in(int n)
{
	return n && !(roll() % (uint64_t)n);
}

int64_t
up_to(int64_t n)
{
	return (int64_t)(roll() % (uint64_t)n);
}

int64_t
utc_now(void)
{
	return world->utc_us + world->mono_us;
}

/* The linker puts them in the place of common/clock's. */
int64_t __wrap_clock_utc_us(void);
int64_t __wrap_clock_mono_us(void);

int64_t
__wrap_clock_utc_us(void)
{
	return utc_now();
}

int64_t
__wrap_clock_mono_us(void)
{
	return world->mono_us;
}

void
broken(const char *format, ...)
{
	va_list args;

	printf("BROKEN at step %llu of seed %llu: ", (unsigned long long)world->n_steps,
	       (unsigned long long)world->seed);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\nagain: make simulate SEED=%llu STEPS=1\n", (unsigned long long)world->seed);
	exit(1);
}

/* ---- what goes wrong */

struct fate {
	int64_t weather_us, blow_us, ingest_us, keeper_us;  /* when it changes, hits, is back */
};

static void
change_weather(struct fate *fate)
{
	struct weather *w = &world->weather;

	fate->weather_us = world->mono_us + SECOND_US + up_to(3 * MINUTE_US);
	*w = (struct weather){0};
	if (one_in(3))
		return;
	if (one_in(2))
		w->drop = 2 + (int)up_to(50);
	if (one_in(3))
		w->twice = 2 + (int)up_to(30);
	if (one_in(3))
		w->late = 3 + (int)up_to(50);
	if (one_in(5))
		w->full = 5 + (int)up_to(500);
	if (one_in(5))
		w->refuse = 2 + (int)up_to(100);
	if (one_in(3))
		w->unknown = 2 + (int)up_to(10);
	w->cloud_away = one_in(3);
}

static void
kill_ingest(struct fate *fate, bool power)
{
	if (!ingest_runs())
		return;
	ingest_kill(power);
	fate->ingest_us = world->mono_us + up_to(20 * SECOND_US);
}

static void
kill_keeper(struct fate *fate)
{
	if (!keeper_runs())
		return;
	keeper_kill();
	fate->keeper_us = world->mono_us + up_to(20 * SECOND_US);
}

static void
set_clock(int64_t most_us)
{
	int64_t by_us = up_to(2 * most_us) - most_us;

	world->utc_us += by_us;
	if (world->most_utc_us < world->utc_us)
		world->most_utc_us = world->utc_us;
	if (world->follows)
		world->cloud_utc_us = world->most_utc_us;
	world->n.clock_steps++;
	world->n.clock_sets += llabs(by_us) > CLOCK_STEP_US;
}

static void
blow(struct fate *fate)
{
	fate->blow_us = world->mono_us + up_to(2 * MINUTE_US);
	switch (up_to(8)) {
	case 0:
	case 1:
		kill_ingest(fate, false);
		world->n.kills++;
		break;
	case 2:
	case 3:
		kill_keeper(fate);
		world->n.kills++;
		break;
	case 4:
		net_died(WORKER + (enum party)up_to(N_WORKERS));
		world->n.kills++;
		break;
	case 5:
		kill_ingest(fate, true);
		kill_keeper(fate);
		disk_cut_power();
		world->n.cuts++;
		break;
	case 6:
		if (world->has_setter)
			set_clock(one_in(2) ? CLOCK_SET_US : CLOCK_STEP_US);
		break;
	case 7:
		if (world->has_thief)
			cloud_lose();
		break;
	}
}

static void
come_back(struct fate *fate)
{
	if (!ingest_runs() && fate->ingest_us <= world->mono_us)
		ingest_start();
	if (!keeper_runs() && fate->keeper_us <= world->mono_us) {
		keeper_start();
		if (!keeper_runs())
			fate->keeper_us = world->mono_us + SECOND_US;
	}
}

static int64_t
fate_wake_us(const struct fate *fate)
{
	int64_t wake = INT64_MAX;

	if (!world->calm)
		wake = fate->weather_us < fate->blow_us ? fate->weather_us : fate->blow_us;
	if (!ingest_runs() && fate->ingest_us < wake)
		wake = fate->ingest_us;
	if (!keeper_runs() && fate->keeper_us < wake)
		wake = fate->keeper_us;
	return wake;
}

static void
fate_work(struct fate *fate)
{
	come_back(fate);
	if (world->calm)
		return;
	if (fate->weather_us <= world->mono_us)
		change_weather(fate);
	if (fate->blow_us <= world->mono_us)
		blow(fate);
}

/* ---- a world */

static void
deliver(void)
{
	const struct message *message;
	const void *msg;
	enum party to = net_next(&message, &msg);

	if (to == INGEST)
		ingest_hear(message, msg);
	else if (to == KEEPER)
		keeper_hear(message, msg);
	else if (to == CLIENT)
		people_hear(message, msg);
	else
		cloud_hear((int)(to - WORKER), message, msg);
}

/* Whoever is due first has its turn. */
static void
step(struct fate *fate)
{
	enum { NET, INGEST_, KEEPER_, PEOPLE, AUDITOR, FATE, N };
	int64_t wake[N] = {net_due_us(), ingest_wake_us(), keeper_wake_us(), people_wake_us(),
			   auditor_wake_us(), fate_wake_us(fate)};
	int i, first = 0;

	if (++world->n_steps > MOST_STEPS)
		broken("time goes on: %d steps and still at %lld s", MOST_STEPS,
		       (long long)(world->mono_us / SECOND_US));
	for (i = 1; i < N; i++)
		if (wake[i] < wake[first])
			first = i;
	if (wake[first] > world->mono_us)
		world->mono_us = wake[first];
	switch (first) {
	case NET:
		deliver();
		break;
	case INGEST_:
		ingest_work();
		break;
	case KEEPER_:
		keeper_work();
		break;
	case PEOPLE:
		people_work();
		break;
	case AUDITOR:
		auditor_work();
		break;
	case FATE:
		fate_work(fate);
		break;
	}
}

static bool
is_drained(void)
{
	return ingest_runs() && !ingest_waiting() && keeper_runs() && keeper_is_done() &&
	       people_are_done() && auditor_is_content();
}

static void
live(struct world *w)
{
	struct fate fate = {0};
	int64_t until_us;

	world = w;
	disk_wipe();
	net_new();
	truth_new();
	people_new();
	cloud_new();
	leaving_new();
	keeper_new();
	ingest_new();
	world->has_thief = one_in(2);
	world->has_setter = !one_in(3);
	world->follows = !one_in(4);
	until_us = MINUTE_US + up_to(STORM_US);
	while (world->mono_us < until_us)
		step(&fate);
	world->calm = true;
	world->weather = (struct weather){0};
	ingest_silence();
	/* stamps ahead of Postgres' clock wait for it */
	until_us = world->mono_us + DRAIN_US + world->most_utc_us - world->cloud_utc_us;
	while (!is_drained()) {
		if (world->mono_us > until_us)
			broken("when all is calm everything arrives (spool %lld waiting, store %s, people %s, "
			       "auditor %s)", (long long)ingest_waiting(), keeper_is_done() ? "done" : "not done",
			       people_are_done() ? "done" : "asking", auditor_is_content() ? "content" : "not");
		step(&fate);
	}
	judge();
	ingest_free();
	keeper_free();
	leaving_free();
	cloud_free();
	people_free();
	truth_free();
	net_free();
}

static void
add(struct world *sum, const struct world *w)
{
	const uint64_t *from = (const uint64_t *)&w->n;
	uint64_t *to = (uint64_t *)&sum->n;
	size_t i;

	for (i = 0; i < sizeof(w->n) / sizeof(*to); i++)
		to[i] += from[i];
	sum->n_steps += w->n_steps;
	sum->mono_us += w->mono_us;
}

static void
report(const struct world *sum, uint64_t n_worlds)
{
	printf("%llu steps in %llu worlds, %.1f hours of theirs\n"
	       "%llu values, %llu stored in %llu sessions, lost 0, doubled 0\n"
	       "%llu kills, %llu power cuts, %llu refused writes and syncs, %llu clock steps (%llu by up to 3 hours),\n"
	       "%llu frames lost, %llu twice, %llu late, %llu commits of unknown outcome,\n"
	       "%llu stamps refused as too far ahead, %llu rows deleted in Postgres, %llu repairs,\n"
	       "%llu readings left for files, %llu came back, %llu turned away by a full store\n",
	       (unsigned long long)sum->n_steps, (unsigned long long)n_worlds,
	       (double)sum->mono_us / (60.0 * (double)MINUTE_US),
	       (unsigned long long)sum->n.values, (unsigned long long)sum->n.stored,
	       (unsigned long long)sum->n.sessions, (unsigned long long)sum->n.kills,
	       (unsigned long long)sum->n.cuts, (unsigned long long)sum->n.refusals,
	       (unsigned long long)sum->n.clock_steps, (unsigned long long)sum->n.clock_sets,
	       (unsigned long long)sum->n.frames_lost,
	       (unsigned long long)sum->n.frames_twice, (unsigned long long)sum->n.frames_late,
	       (unsigned long long)sum->n.commits_unknown, (unsigned long long)sum->n.refused,
	       (unsigned long long)sum->n.cloud_lost, (unsigned long long)sum->n.repairs,
	       (unsigned long long)sum->n.archived, (unsigned long long)sum->n.recalled,
	       (unsigned long long)sum->n.full);
}

static void
remove_folder(const char *path)
{
	zdir_t *folder = zdir_new(path, NULL);

	if (folder)
		zdir_remove(folder, true);
	zdir_destroy(&folder);
}

int
main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : (uint64_t)time(NULL);
	uint64_t steps = argc > 2 ? strtoull(argv[2], NULL, 10) : 1000000, n_worlds = 0;
	char folder[] = "/dev/shm/ihht-simulate-XXXXXX";
	struct world sum = {0}, w;

	if (argc > 3 || !steps) {
		fprintf(stderr, "simulate [SEED [STEPS]]\n");
		return 100;
	}
	if (!mkdtemp(folder)) {
		perror(folder);
		return 111;
	}
	setlinebuf(stdout);
	printf("seed %llu\n", (unsigned long long)seed);
	disk_install();
	for (; sum.n_steps < steps; n_worlds++) {
		w = (struct world){.seed = seed + n_worlds, .random = seed + n_worlds, .utc_us = BEGIN_US,
				   .most_utc_us = BEGIN_US, .cloud_utc_us = BEGIN_US};
		snprintf(w.folder, sizeof(w.folder), "%s", folder);
		live(&w);
		add(&sum, &w);
	}
	report(&sum, n_worlds);
	remove_folder(folder);
	return 0;
}
