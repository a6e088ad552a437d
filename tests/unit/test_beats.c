/* Who lives: a process that fell silent, or never was, must not count as ready. */
#include "services/ihht/beats.h"

#include <stdlib.h>

#include "common/clock.h"
#include "tests/unit/test.h"

static struct beats *beats;

static void
hear(const char *name, int instance, enum process_state state, int64_t at_us)
{
	struct beat beat;

	msg_clear(&msg_beat, &beat);
	snprintf(beat.process, sizeof(beat.process), "%s", name);
	beat.instance = instance;
	beat.state = state;
	beats_take(beats, &beat, at_us);
}

static void
fresh(void)
{
	free(beats);
	beats = calloc(1, sizeof(*beats));
}

TEST(well_means_that_every_expected_instance_is_ready)
{
	const struct expected two = {2, {{"local-store", 1}, {"sync-worker", 2}}};

	fresh();
	hear("local-store", 1, PROCESS_READY, 1);
	is_int(beats_well(beats, &two, 2), 0);
	hear("sync-worker", 1, PROCESS_READY, 1);
	is_int(beats_well(beats, &two, 2), 0);
	hear("sync-worker", 2, PROCESS_WAITING, 1);
	is_int(beats_well(beats, &two, 2), 0);
	hear("sync-worker", 2, PROCESS_READY, 2);
	is_int(beats_well(beats, &two, 2), 1);
}

TEST(an_old_beat_is_silence)
{
	const struct expected one = {1, {{"local-store", 1}}};

	fresh();
	hear("local-store", 1, PROCESS_READY, 0);
	ok(beats_of(beats, "local-store", 1, BEATS_OLD_US) != NULL, "just in time");
	ok(beats_of(beats, "local-store", 1, BEATS_OLD_US + 1) == NULL, "too late");
	is_int(beats_well(beats, &one, BEATS_OLD_US + 1), 0);
}

TEST(a_process_that_speaks_again_takes_no_second_place)
{
	fresh();
	hear("local-store", 1, PROCESS_WAITING, 1);
	hear("local-store", 1, PROCESS_READY, 2);
	is_int(beats->n, 1);
	is_int(beats->heard[0].beat.state, PROCESS_READY);
}

TEST(more_senders_than_there_is_room_for_do_no_harm)
{
	char name[24];
	int i;

	fresh();
	for (i = 0; i < BEATS_MAX + 10; i++) {
		snprintf(name, sizeof(name), "process-%d", i);
		hear(name, 1, PROCESS_READY, 1);
	}
	is_int(beats->n, BEATS_MAX);
	free(beats);
	beats = NULL;
}

int
main(void)
{
	RUN(well_means_that_every_expected_instance_is_ready);
	RUN(an_old_beat_is_silence);
	RUN(a_process_that_speaks_again_takes_no_second_place);
	RUN(more_senders_than_there_is_room_for_do_no_harm);
	return test_done();
}
