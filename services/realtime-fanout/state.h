/*
 * state - what is so now: devices, running sessions, processes, alerts that stand
 *
 * Kept from the messages that pass, so that a new watcher sees all at once and need not
 * wait for changes.  Bounded: beyond its limit the device silent for longest is forgotten.
 */
#ifndef STATE_H
#define STATE_H

#include "proto/msg.h"
#include "place.h"
#include "rights.h"
#include "text.h"

struct state;
struct state *state_new(size_t max_devices);  /* NULL: no memory */
void state_free(struct state **state);

/* The running session of a device, NULL when there is none.  Borrowed. */
const struct session *state_session_of(const struct state *state, const char *device_id);
/* The device of a running session, "" when unknown. */
const char *state_device_of(const struct state *state, const char *session_id);

/* Whose a session is that runs or has ended a while ago. */
struct person state_person_of(const struct state *state, const char *session_id);

/* Is it out of the device's memory, of a time before its last value? */
int state_is_recalled(const struct state *state, const struct sample *sample);

/* The device's count moved on to (epoch, seq): how many values never came, and the first. */
int64_t state_count(struct state *state, const char *device_id, int64_t epoch, int64_t seq,
		    int64_t *from);

void state_sample(struct state *state, const struct sample *sample, int64_t mono_us);
void state_device(struct state *state, const struct device *device, int64_t mono_us);
void state_synced(struct state *state, const struct synced *synced, int64_t mono_us);
void state_alert(struct state *state, const struct alert *alert);

/* 0; -1: too many are running, this one is not kept. */
int state_session(struct state *state, const struct session *session);

/* A process there should be: silent when it is not heard soon. */
void state_expect(struct state *state, const char *process, int64_t instance, int64_t mono_us);

/* STATE_SAME: nothing that a watcher should know has changed. */
enum state_change { STATE_SAME, STATE_CHANGED, STATE_NEW_RUN };
enum state_change state_beat(struct state *state, const struct beat *beat, int64_t mono_us);
/* 1 and the next process that has fallen silent since; call until 0. */
int state_silent(struct state *state, int64_t mono_us, struct beat *beat);
int state_is_up(const struct state *state, const char *process);

/* All running sessions and standing alerts are about to be told again: those sessions that are
 * not are over, and alerts are as they are told then. */
void state_doubt(struct state *state);
/* 1 and the next session nobody has told again, now forgotten; call until 0. */
int state_forget(struct state *state, struct session *session);

/*
 * `"sessions":[...],"devices":[...],"processes":[...],"alerts":[...]`, the first two of the given
 * devices, sessions and people (none given: of all).  With few of them also the last minutes, for a
 * chart.  An alert is {"name","level","text","at_us"}, as in its frame.
 */
struct state_pick {
	const char *const *devices, *const *sessions;
	size_t n_devices, n_sessions;
	const struct person *people;
	size_t n_people;
	const struct rights *rights;  /* no session and no value of others is in it */
};
void state_write(const struct state *state, const struct state_pick *pick, int64_t mono_us,
		 struct text *text);

/* The last value of a session that is in it: 1, or 0 when there is none. */
int state_latest(const struct state *state, const struct state_pick *pick, struct place *place);

#endif
