#include "services/ihht/player.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

/* 1 answered, *reply set; 0 not: once more later; -1 asked to stop, or broken. */
static int
tell(struct stage *me, const struct message *message, const char *key, void *msg,
     struct reply *reply, struct err *err)
{
	if (client_ask(me->client, message, key, msg, me->signals, reply, err) < 0) {
		if (err->code != EAGAIN)
			return -1;
		me->n_unanswered++;
		if (log_often(&me->unanswered, clock_mono_us()))
			log_warn("no_answer", "why=\"%s\"", err->text);
		return 0;
	}
	me->n_told++;
	if (reply->ok)
		return 1;
	me->n_refused++;
	if (log_often(&me->refused, clock_mono_us()))
		log_warn("refused", "command=%s field=%s why=\"%s\"", message->name, reply->field,
			 reply->text);
	return 1;
}

/* When the round of sessions began in which a device is now. */
static int64_t
round_start(const struct stage *me, const struct schedule_at *at, int64_t now)
{
	return now - (at->cycle - 1) * schedule_cycle_us(&me->schedule) - at->cycle_us;
}

/* Two thirds into thin air something happens; a third into rich air is time for a survey. */
static int64_t
event_us(const struct stage *me)
{
	return me->schedule.altitude_s * CLOCK_SECOND * 2 / 3;
}

static int64_t
intra_us(const struct stage *me)
{
	return me->schedule.recovery_s * CLOCK_SECOND / 3;
}

static int
is_event_due(const struct stage *me, const struct schedule_at *at)
{
	return at->phase == PHASE_ALTITUDE && at->phase_us >= event_us(me);
}

static int
is_intra_due(const struct stage *me, const struct schedule_at *at)
{
	return at->phase == PHASE_RECOVERY && at->phase_us >= intra_us(me);
}

/* The dial goes up one step in the third cycle. */
static int64_t
level_at(const struct player *p, int64_t cycle)
{
	return 5 + (int64_t)(p->device % 3) + (cycle >= 3);
}

/* From 1 to 5, different for each but always the same. */
static int64_t
answer(const struct player *p, int64_t salt)
{
	return 2 + ((int64_t)p->device + p->round + salt) % 4;
}

/* ---- the life of a session */

static int
tell_survey(struct stage *me, const struct player *p, int64_t kind, int64_t cycle, int64_t at_us,
	    struct err *err)
{
	struct survey survey;
	struct reply reply;

	msg_clear(&msg_survey, &survey);
	memcpy(survey.session_id, p->session, sizeof(survey.session_id));
	survey.kind = kind;
	survey.at_us = at_us;
	survey.clarity = answer(p, kind);
	survey.energy = answer(p, kind + cycle + 1);
	if (kind == SURVEY_INTRA) {
		survey.phase_number = cycle;
		survey.stress_perception = answer(p, cycle + 2);
		survey.sensations = cycle % 2 ? 1LL << SENSATION_ZEN
					      : 1LL << SENSATION_TINGLING | 1LL << SENSATION_LIGHTHEADED;
	} else {
		survey.stress = answer(p, kind + 3);
	}
	if (kind == SURVEY_POST) {
		survey.overall_rating = answer(p, 4);
		survey.post_symptoms = 1LL << SYMPTOM_CLEAR_MINDED | 1LL << SYMPTOM_RELAXED;
	}
	return tell(me, &msg_survey, p->session, &survey, &reply, err);
}

static int
tell_stop(struct stage *me, const char *session, int64_t status, int64_t at_us, struct err *err)
{
	struct session_stop stop;
	struct reply reply;

	msg_clear(&msg_session_stop, &stop);
	(void)snprintf(stop.session_id, sizeof(stop.session_id), "%s", session);
	stop.status = status;
	stop.at_us = at_us;
	return tell(me, &msg_session_stop, session, &stop, &reply, err);
}

static int
tell_progression(struct stage *me, const struct player *p, int64_t at_us, struct err *err)
{
	struct progression next;
	struct reply reply;

	msg_clear(&msg_progression, &next);
	memcpy(next.session_id, p->session, sizeof(next.session_id));
	next.current_altitude_level = level_at(p, SCHEDULE_CYCLES);
	next.recommended_altitude_level = next.current_altitude_level + 1;
	next.score = 65;
	next.performance = PERFORMANCE_GOOD;
	next.at_us = at_us;
	(void)snprintf(next.reason, sizeof(next.reason), "two mask lifts, steady recovery");
	return tell(me, &msg_progression, p->session, &next, &reply, err);
}

/* The round is over: 1 all said. */
static int
end_session(struct stage *me, struct player *p, int64_t end_us, struct err *err)
{
	int r = tell_survey(me, p, SURVEY_POST, 0, end_us, err);

	if (r == 1)
		r = tell_stop(me, p->session, SESSION_COMPLETED, end_us, err);
	if (r == 1)
		r = tell_progression(me, p, end_us, err);
	if (r == 1)
		*p->session = 0;
	return r;
}

static void
fill_start(const struct stage *me, const struct player *p, int64_t start_us,
	   struct session_start *start)
{
	msg_clear(&msg_session_start, start);
	memcpy(start->local_session_id, p->local_id, sizeof(p->local_id));
	memcpy(start->user_id, p->user, sizeof(p->user));
	(void)snprintf(start->device_id, sizeof(start->device_id), "%s", p->name);
	start->start_us = start_us;
	start->session_type = SESSION_TYPE_IHHT;
	start->session_subtype = SUBTYPE_TRAINING;
	start->total_cycles = SCHEDULE_CYCLES;
	start->hypoxic_duration = me->schedule.altitude_s;
	start->hyperoxic_duration = me->schedule.recovery_s;
	start->starting_altitude_level = level_at(p, 1);
	start->data_source = DATA_SOURCE_MOCK;
}

/* What was due before we came is not made up afterwards. */
static void
take_up(const struct stage *me, struct player *p, const struct schedule_at *at,
	const ids_uuid id, int64_t start_us)
{
	memcpy(p->session, id, sizeof(p->session));
	p->start_us = start_us;
	p->told_phase = 0;
	p->told_event = is_event_due(me, at) ? at->cycle : 0;
	p->told_intra = is_intra_due(me, at) ? at->cycle : 0;
}

/* 1 answered.  Begun only if p->session is set: what still runs there from an earlier life of
 * ours is ended first, and the next tick begins. */
static int
begin_session(struct stage *me, struct player *p, const struct schedule_at *at, int64_t now,
	      struct err *err)
{
	int64_t round_us = round_start(me, at, now);
	struct session_start start;
	struct reply reply;
	ids_uuid id;
	int r;

	(void)snprintf(p->local_id, sizeof(p->local_id), "IHHT_%lld_%06u",
		       (long long)(round_us / 1000), (p->device + 1) % 1000000);
	ids_session(p->local_id, id);
	/* the first session begins in the middle of a round: what came before us is nobody's */
	fill_start(me, p, p->has_played ? round_us : now, &start);
	if ((r = tell(me, &msg_session_start, p->name, &start, &reply, err)) <= 0)
		return r;
	if (*reply.session_id && strcmp(reply.session_id, id))
		return tell_stop(me, reply.session_id, SESSION_ABANDONED, now, err);
	if (!reply.ok)
		return 1;
	p->round = at->session;
	p->has_played = 1;
	take_up(me, p, at, id, reply.added ? start.start_us : 0);
	me->n_sessions++;
	return tell_survey(me, p, SURVEY_PRE, 0, round_us, err);
}

static int
tell_phase(struct stage *me, struct player *p, const struct schedule_at *at, int64_t now,
	   struct err *err)
{
	struct session_phase phase;
	struct reply reply;
	int r;

	if (p->told_phase == at->cycle * 100 + at->phase)
		return 1;
	msg_clear(&msg_session_phase, &phase);
	memcpy(phase.session_id, p->session, sizeof(phase.session_id));
	phase.phase = at->phase;
	phase.cycle = at->cycle;
	phase.altitude_level = level_at(p, at->cycle);
	phase.at_us = now - at->phase_us < p->start_us ? p->start_us : now - at->phase_us;
	if (at->phase == PHASE_ALTITUDE && at->cycle > 1)
		phase.recovery_trigger = TRIGGER_TIME_LIMIT;
	r = tell(me, &msg_session_phase, p->session, &phase, &reply, err);
	if (r == 1)
		p->told_phase = at->cycle * 100 + at->phase;
	return r;
}

/* A mask lift in every second cycle, the dial in the third one. */
static int
tell_event(struct stage *me, struct player *p, const struct schedule_at *at, int64_t now,
	   struct err *err)
{
	struct event event;
	struct reply reply;
	int r;

	if (!is_event_due(me, at) || p->told_event == at->cycle || (at->cycle % 2 && at->cycle != 3))
		return 1;
	msg_clear(&msg_event, &event);
	memcpy(event.session_id, p->session, sizeof(event.session_id));
	event.event_type = at->cycle == 3 ? EVENT_DIAL_ADJUSTMENT : EVENT_MASK_LIFT;
	event.event_us = now - at->phase_us + event_us(me);
	event.altitude_phase_number = at->cycle;
	event.current_altitude_level = level_at(p, at->cycle);
	r = tell(me, &msg_event, p->session, &event, &reply, err);
	if (r == 1)
		p->told_event = at->cycle;
	return r;
}

static int
tell_intra(struct stage *me, struct player *p, const struct schedule_at *at, int64_t now,
	   struct err *err)
{
	int r;

	if (!is_intra_due(me, at) || p->told_intra == at->cycle)
		return 1;
	r = tell_survey(me, p, SURVEY_INTRA, at->cycle, now - at->phase_us + intra_us(me), err);
	if (r == 1)
		p->told_intra = at->cycle;
	return r;
}

int
player_play(struct stage *me, struct player *p, struct err *err)
{
	int64_t now = clock_utc_us();
	struct schedule_at at = schedule_at(&me->schedule, p->device, now);
	int r = 1;

	if (*p->session && p->round != at.session)
		r = end_session(me, p, round_start(me, &at, now), err);
	if (r == 1 && !*p->session)
		r = begin_session(me, p, &at, now, err);
	if (!*p->session)
		return r;
	if (r == 1)
		r = tell_phase(me, p, &at, now, err);
	if (r == 1)
		r = tell_event(me, p, &at, now, err);
	if (r == 1)
		r = tell_intra(me, p, &at, now, err);
	return r;
}

void
player_init(struct player *p, unsigned device)
{
	char person[32];

	*p = (struct player){.device = device};
	(void)snprintf(p->name, sizeof(p->name), "mock-%03u", device + 1);
	/* nobody: a UUID computed from a name, the same every time */
	(void)snprintf(person, sizeof(person), "demo person %u", device + 1);
	ids_session(person, p->user);
}
