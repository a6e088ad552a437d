#include "tests/simulate/truth.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void
truth_new(void)
{
	world->truth = calloc(1, sizeof(*world->truth));
}

void
truth_free(void)
{
	struct truth *t = world->truth;
	size_t i;

	for (i = 0; i < t->n_lived; i++)
		free(t->lived[i].phases);
	free(t->lived);
	free(world->truth->values);
	free(world->truth->promised);
	free(world->truth);
	world->truth = NULL;
}

static void *
one_more(void *list, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return list;
	*room = *room ? 2 * *room : 64;
	return realloc(list, *room * size);
}

struct value *
truth_add(void)
{
	struct truth *t = world->truth;

	t->values = one_more(t->values, t->n, &t->room, sizeof(*t->values));
	t->values[t->n] = (struct value){0};
	return &t->values[t->n++];
}

struct value *
truth_of(double motion)
{
	struct truth *t = world->truth;

	return motion >= 1 && motion <= (double)t->n && motion == floor(motion)
		       ? &t->values[(size_t)motion - 1] : NULL;
}

void
truth_yes(const struct message *message, const void *msg)
{
	struct truth *t = world->truth;
	const struct survey *survey = msg;
	const struct event *event = msg;
	const struct session_stop *stop = msg;
	struct promised *p;

	t->promised = one_more(t->promised, t->n_promised, &t->room_promised, sizeof(*t->promised));
	p = &t->promised[t->n_promised];
	*p = (struct promised){.message = message};
	if (message == &msg_survey) {
		memcpy(p->session_id, survey->session_id, 37);
		p->which = survey->kind;
		p->at = survey->kind == SURVEY_INTRA ? survey->phase_number : 0;
	} else if (message == &msg_event) {
		memcpy(p->session_id, event->session_id, 37);
		p->at = event->event_us;
	} else if (message == &msg_session_stop) {
		memcpy(p->session_id, stop->session_id, 37);
	} else {
		return;
	}
	t->n_promised++;
}

struct lived *
truth_lived(const char *id)
{
	struct truth *t = world->truth;
	struct lived *l;

	for (l = t->lived; l < t->lived + t->n_lived; l++)
		if (!strcmp(l->id, id))
			return l;
	return NULL;
}

struct lived *
truth_begin(const char *id, const char *device_id)
{
	struct truth *t = world->truth;
	struct lived *l = truth_lived(id);

	if (l)
		return l;
	t->lived = one_more(t->lived, t->n_lived, &t->room_lived, sizeof(*t->lived));
	l = &t->lived[t->n_lived++];
	*l = (struct lived){.device = atoi(device_id + strlen("sim-")), .confirmed = world->n_steps,
			    .from_us = INT64_MIN,
			    .clock = world->n.clock_steps, .begun_us = world->mono_us,
			    .stop_asked_us = INT64_MAX, .stopped_us = INT64_MAX};
	snprintf(l->id, sizeof(l->id), "%s", id);
	world->n.sessions++;
	return l;
}

void
truth_ask_phase(struct lived *l, int64_t phase, int64_t cycle)
{
	l->phases = one_more(l->phases, l->n_phases, &l->room_phases, sizeof(*l->phases));
	l->phases[l->n_phases++] = (struct lived_phase){world->mono_us, INT64_MAX, phase, cycle};
}
