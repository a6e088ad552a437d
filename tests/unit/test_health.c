#include <jansson.h>
#include <stdlib.h>

#include "services/http-api/health.h"
#include "tests/unit/test.h"

#define T0 1000000000LL

static void
hear(struct health *health, const char *process, int state, const char *why, int64_t at)
{
	struct beat beat;

	msg_clear(&msg_beat, &beat);
	strcpy(beat.process, process);
	strcpy(beat.why, why);
	beat.instance = 1;
	beat.state = state;
	health_beat(health, &beat, at);
}

/* "status: problem, problem" */
static const char *
say(const struct health *health, int postgres, int64_t now, int *status)
{
	static char text[500];
	size_t len, i;
	char *json = health_text(health, postgres, now, status, &len);
	json_t *o = json_loadb(json, len, 0, NULL), *list = json_object_get(o, "problems");

	strcpy(text, json_string_value(json_object_get(o, "status")));
	for (i = 0; i < json_array_size(list); i++) {
		strcat(text, i ? ", " : ": ");
		strcat(text, json_string_value(json_array_get(list, i)));
	}
	json_decref(o);
	free(json);
	return text;
}

TEST(health_says_what_is_missing)
{
	static struct health none, some, all;
	int status;

	is_str(say(&none, 0, T0, &status),
	       "down: local-store was never heard, sync-worker was never heard, Postgres is away");
	is_int(status, 503);
	is_str(say(&none, 1, T0, &status),
	       "degraded: local-store was never heard, sync-worker was never heard");
	is_int(status, 200);
	hear(&some, "local-store", PROCESS_READY, "", T0);
	is_str(say(&some, 0, T0, &status),
	       "degraded: sync-worker was never heard, Postgres is away");
	is_int(status, 200);
	hear(&all, "local-store", PROCESS_READY, "", T0);
	hear(&all, "sync-worker", PROCESS_READY, "", T0);
	is_str(say(&all, 1, T0, &status), "ok");
	is_str(say(&all, 1, T0 + HEALTH_FRESH_US - 1, &status), "ok");
	is_str(say(&all, 1, T0 + HEALTH_FRESH_US, &status),
	       "degraded: local-store is not heard any more, sync-worker is not heard any more");
	hear(&all, "sync-worker", PROCESS_WAITING, "Postgres", T0 + HEALTH_FRESH_US);
	hear(&all, "local-store", PROCESS_READY, "", T0 + HEALTH_FRESH_US);
	is_str(say(&all, 1, T0 + HEALTH_FRESH_US, &status),
	       "degraded: sync-worker is waiting: Postgres");
	is_int(all.n, 2);
	is_int(health_has(&all, "local-store", T0 + HEALTH_FRESH_US), 1);
	is_int(health_has(&all, "local-store", T0 + 2 * HEALTH_FRESH_US), 0);
	is_int(health_has(&all, "local", T0 + HEALTH_FRESH_US), 0);
}

TEST(more_processes_than_there_is_room_for_are_not_remembered)
{
	static struct health health;
	char name[20];
	int i;

	for (i = 0; i < HEALTH_MOST + 5; i++) {
		sprintf(name, "p%d", i);
		hear(&health, name, PROCESS_READY, "", T0);
	}
	is_int(health.n, HEALTH_MOST);
	is_int(health_has(&health, "p0", T0), 1);
}

TEST(the_earlier_beats_of_a_process_are_of_the_same_run)
{
	static struct health h;
	struct beat beat;
	int i;

	msg_clear(&msg_beat, &beat);
	strcpy(beat.process, "local-store");
	beat.instance = 1;
	beat.started_us = 1;
	for (i = 0; i < 6; i++) {
		(void)snprintf(beat.counts, sizeof(beat.counts), "commits=%d", i);
		health_beat(&h, &beat, T0 + i);
		is_int(h.seen[0].earlier[0].counts[8] - '0', i < HEALTH_EARLIER ? 0 : i - HEALTH_EARLIER);
	}
	beat.started_us = 2;
	strcpy(beat.counts, "commits=0");
	health_beat(&h, &beat, T0 + i);
	is_str(h.seen[0].earlier[0].counts, "commits=0");
	is_int((int64_t)h.n, 1);
}

int
main(void)
{
	RUN(health_says_what_is_missing);
	RUN(more_processes_than_there_is_room_for_are_not_remembered);
	RUN(the_earlier_beats_of_a_process_are_of_the_same_run);
	return test_done();
}
