#include "services/http-api/health.h"

#include <jansson.h>
#include <string.h>

/* A process that was started anew has no earlier beats: what it counts began again. */
static void
move_on(struct beat earlier[HEALTH_EARLIER], const struct beat *last, const struct beat *now)
{
	int i;

	for (i = 0; i < HEALTH_EARLIER; i++)
		if (last->started_us != now->started_us)
			earlier[i] = *now;
		else
			earlier[i] = i + 1 < HEALTH_EARLIER ? earlier[i + 1] : *last;
}

void
health_beat(struct health *health, const struct beat *beat, int64_t now_us)
{
	size_t i;

	for (i = 0; i < health->n; i++)
		if (!strcmp(health->seen[i].beat.process, beat->process) &&
		    health->seen[i].beat.instance == beat->instance)
			break;
	if (i == HEALTH_MOST)
		return;
	move_on(health->seen[i].earlier, &health->seen[i].beat, beat);
	health->seen[i].beat = *beat;
	health->seen[i].at_us = now_us;
	health->n += i == health->n;
}

void
health_alert(struct health *health, const struct alert *alert)
{
	size_t i = 0;

	while (i < health->n_alerts && strcmp(health->alerts[i].name, alert->name))
		i++;
	if (i == HEALTH_ALERTS)
		return;
	health->alerts[i] = *alert;
	health->n_alerts += i == health->n_alerts;
}

int
health_has(const struct health *health, const char *process, int64_t now_us)
{
	size_t i;

	for (i = 0; i < health->n; i++)
		if (!strcmp(health->seen[i].beat.process, process) &&
		    now_us - health->seen[i].at_us < HEALTH_FRESH_US)
			return 1;
	return 0;
}

static void
say(json_t *problems, const char *name, const char *what, const char *why)
{
	json_array_append_new(problems, json_sprintf("%s %s%s", name, what, why));
}

static json_t *
list_processes(const struct health *health, json_t *problems, int64_t now_us)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < health->n; i++) {
		const struct beat *b = &health->seen[i].beat;
		int64_t age_us = now_us - health->seen[i].at_us;
		int fresh = age_us < HEALTH_FRESH_US;

		json_array_append_new(list, json_pack("{s:s, s:I, s:s, s:s, s:I, s:s}", "process",
			b->process, "instance", (json_int_t)b->instance, "state",
			fresh ? words_text(&words_process_state, b->state) : "away", "why", b->why,
			"age_ms", (json_int_t)(age_us / 1000), "version", b->version));
		if (!fresh)
			say(problems, b->process, "is not heard any more", "");
		else if (b->state == PROCESS_WAITING)
			say(problems, b->process, "is waiting: ", b->why);
	}
	return list;
}

static json_t *
list_alerts(const struct health *health)
{
	json_t *list = json_array();
	const struct alert *a;

	for (a = health->alerts; a < health->alerts + health->n_alerts; a++)
		if (a->level != LEVEL_INFO)
			json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}", "name", a->name, "level",
							      words_text(&words_level, a->level), "text",
							      a->text, "at_us", (json_int_t)a->at_us));
	return list;
}

char *
health_text(const struct health *health, int postgres_up, int64_t now_us, int *status,
	    size_t *len)
{
	static const char *const needed[] = {"local-store", "sync-worker"};
	json_t *problems = json_array(), *processes = list_processes(health, problems, now_us), *o;
	int store = health_has(health, "local-store", now_us), heard;
	const char *overall;
	size_t i, k;
	char *text;

	for (i = 0; i < 2; i++) {
		for (heard = 0, k = 0; k < health->n; k++)
			heard |= !strcmp(health->seen[k].beat.process, needed[i]);
		if (!heard)
			say(problems, needed[i], "was never heard", "");
	}
	if (!postgres_up)
		say(problems, "Postgres", "is away", "");
	overall = !store && !postgres_up ? "down" : json_array_size(problems) ? "degraded" : "ok";
	*status = *overall == 'd' && overall[1] == 'o' ? 503 : 200;
	o = json_pack("{s:s, s:b, s:o, s:o, s:o}", "status", overall, "postgres", postgres_up, "problems",
		      problems, "alerts", list_alerts(health), "processes", processes);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	*len = text ? strlen(text) : 0;
	return text;
}
