#include "tests/simulate/people.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/simulate/net.h"
#include "tests/simulate/truth.h"

#define N_PEOPLE  (N_DEVICES + 1)
#define AGAIN_US  (3 * SECOND_US)

struct person {
	char user_id[37], session_id[37];
	int cycle;
	const struct message *asked;     /* NULL: nothing */
	union {
		struct session_start start;
		struct session_phase phase;
		struct session_stop stop;
		struct survey survey;
		struct event event;
	} as;
	int64_t next_us;
};

struct people {
	struct person all[N_PEOPLE];
};

static void
make_id(char id[37])
{
	uint64_t a = roll(), b = roll();

	snprintf(id, 37, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
		 (unsigned)(a & 0xfff), (unsigned)(b >> 52), (unsigned long long)(b & 0xffffffffffff));
}

void
people_new(void)
{
	int i;

	world->people = calloc(1, sizeof(*world->people));
	for (i = 0; i < N_PEOPLE; i++) {
		make_id(world->people->all[i].user_id);
		world->people->all[i].next_us = world->mono_us + up_to(MINUTE_US);
	}
}

void
people_free(void)
{
	free(world->people);
	world->people = NULL;
}

/* ---- what they want */

static void
want_start(struct person *p, int n)
{
	struct session_start *m = &p->as.start;

	p->asked = &msg_session_start;
	msg_clear(p->asked, m);
	make_id(m->request_id);
	snprintf(m->local_session_id, sizeof(m->local_session_id), "IHHT_%lld_%06llx",
		 (long long)(utc_now() / 1000), (unsigned long long)(roll() & 0xffffff));
	memcpy(m->user_id, p->user_id, sizeof(m->user_id));
	snprintf(m->device_id, sizeof(m->device_id), "sim-%d",
		 one_in(8) ? (int)up_to(N_DEVICES) : n % N_DEVICES);
	if (one_in(5))
		m->start_us = utc_now() - up_to(2 * MINUTE_US);
	p->cycle = 0;
}

static void
want_phase(struct person *p)
{
	struct session_phase *m = &p->as.phase;

	p->asked = &msg_session_phase;
	msg_clear(p->asked, m);
	make_id(m->request_id);
	memcpy(m->session_id, p->session_id, sizeof(m->session_id));
	m->phase = one_in(2) ? PHASE_ALTITUDE : PHASE_RECOVERY;
	p->cycle += m->phase == PHASE_ALTITUDE;
	m->cycle = p->cycle ? p->cycle : 1;
	truth_ask_phase(truth_lived(p->session_id), m->phase, m->cycle);
}

static void
want_survey(struct person *p)
{
	struct survey *m = &p->as.survey;

	p->asked = &msg_survey;
	msg_clear(p->asked, m);
	make_id(m->request_id);
	memcpy(m->session_id, p->session_id, sizeof(m->session_id));
	m->kind = SURVEY_PRE + up_to(3);
	m->clarity = 1 + up_to(5);
	m->energy = 1 + up_to(5);
	m->stress = 1 + up_to(5);
	if (m->kind == SURVEY_INTRA)
		m->phase_number = 1 + up_to(5);
}

static void
want_event(struct person *p)
{
	struct event *m = &p->as.event;

	p->asked = &msg_event;
	msg_clear(p->asked, m);
	make_id(m->request_id);
	memcpy(m->session_id, p->session_id, sizeof(m->session_id));
	m->event_type = EVENT_MASK_LIFT;
	m->event_us = utc_now();
	m->spo2_value = 80 + up_to(10);
}

static void
want_stop(struct person *p)
{
	struct session_stop *m = &p->as.stop;

	p->asked = &msg_session_stop;
	msg_clear(p->asked, m);
	make_id(m->request_id);
	memcpy(m->session_id, p->session_id, sizeof(m->session_id));
	if (truth_lived(p->session_id)->stop_asked_us == INT64_MAX)
		truth_lived(p->session_id)->stop_asked_us = world->mono_us;
}

static void
want(struct person *p, int n)
{
	if (!*p->session_id)
		want_start(p, n);
	else if (one_in(6))
		want_stop(p);
	else if (one_in(3))
		want_survey(p);
	else if (one_in(3))
		want_event(p);
	else
		want_phase(p);
}

/* ---- asking and hearing */

int64_t
people_wake_us(void)
{
	int64_t first = INT64_MAX;
	int i;

	for (i = 0; i < N_PEOPLE; i++)
		if (world->people->all[i].next_us < first)
			first = world->people->all[i].next_us;
	return first;
}

void
people_work(void)
{
	struct person *p;
	int i;

	for (i = 0; i < N_PEOPLE; i++) {
		p = &world->people->all[i];
		if (p->next_us > world->mono_us)
			continue;
		if (!p->asked && !world->calm)
			want(p, i);
		if (p->asked)
			net_send(KEEPER, p->asked, &p->as);
		p->next_us = world->mono_us + AGAIN_US;
	}
}

/* From now on it is certain. */
static void
learn(struct person *p, const struct reply *reply)
{
	struct lived *l;

	if (p->asked == &msg_session_start) {
		memcpy(p->session_id, reply->session_id, sizeof(p->session_id));
		(void)truth_begin(reply->session_id, p->as.start.device_id);
		return;
	}
	l = truth_lived(p->session_id);
	if (p->asked == &msg_session_stop)
		l->stopped_us = world->mono_us;
	else if (p->asked == &msg_session_phase)
		l->phases[l->n_phases - 1].heard_us = world->mono_us;
}

static bool
will_come(const struct reply *reply)
{
	return !reply->ok && !strcmp(reply->text, "not stored");
}

void
people_hear(const struct message *message, const void *msg)
{
	const struct reply *reply = msg;
	struct person *p;

	if (message != &msg_reply)
		return;
	for (p = world->people->all; p < world->people->all + N_PEOPLE; p++) {
		if (!p->asked || strcmp(msg_str(&p->asked->fields[0], &p->as), reply->request_id) ||
		    will_come(reply))
			continue;
		if (reply->ok) {
			learn(p, reply);
			truth_yes(p->asked, &p->as);
		}
		if (p->asked == &msg_session_stop || (!reply->ok && p->asked != &msg_session_start))
			p->session_id[0] = 0;
		p->asked = NULL;
		p->next_us = world->mono_us + up_to(2 * MINUTE_US);
	}
}

bool
people_are_done(void)
{
	int i;

	for (i = 0; i < N_PEOPLE; i++)
		if (world->people->all[i].asked)
			return false;
	return true;
}
