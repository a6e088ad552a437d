/*
 * truth - what was said, to be compared with what the stores hold
 *
 * Every value carries its number in `motion`, so that it is known wherever it turns up.
 */
#ifndef TRUTH_H
#define TRUTH_H

#include "tests/simulate/world.h"

struct value {
	int device;
	int64_t taken_us, mono_us;
	double spo2, heart_rate;
	bool lost;               /* the spool was full, and said so */
	bool maybe_lost;         /* in the spool when the power failed */
	uint64_t offered;        /* step at which local-store last decided whose it is; 0 never */
	uint64_t clock, boot;    /* how often the clock had been set, and power had failed */
	bool arrived;            /* it was in Postgres, whatever became of it */
	uint8_t n_stored, n_in_cloud;    /* found at the end … */
	char session[37];                /* … where, and as what */
	int64_t phase, cycle;
};

/* A session that local-store has confirmed.  In mono it runs from then to when a person asked to
 * stop it, whatever clocks on the wall say; in between its phases. */
struct lived_phase {
	int64_t asked_us, heard_us, phase, cycle;
};
struct lived {
	char id[37];
	int device;
	uint64_t confirmed, clock;           /* step; how often the clock had been set */
	int64_t from_us, begun_us;           /* begun no earlier, and confirmed */
	bool from_before;                    /* begun in the past, as was said */
	int64_t stop_asked_us, stopped_us;
	struct lived_phase *phases;
	size_t n_phases, room_phases;
	bool kept;                           /* found at the end, so long */
	int64_t start_us, end_us;
};

/* A survey, event or stop that was answered with yes. */
struct promised {
	const struct message *message;
	char session_id[37];
	int64_t which, at;       /* kind and cycle of a survey; time of an event */
};

struct truth {
	struct value *values;    /* number n is values[n - 1] */
	size_t n, room;
	int64_t stored_spool, stored_upto;       /* highest that was announced */
	struct promised *promised;
	size_t n_promised, room_promised;
	struct lived *lived;
	size_t n_lived, room_lived;
};

void truth_new(void);
void truth_free(void);
struct value *truth_add(void);
struct value *truth_of(double motion);           /* NULL: nobody ever said that */
void truth_yes(const struct message *message, const void *msg);

struct lived *truth_begin(const char *id, const char *device_id);
struct lived *truth_lived(const char *id);       /* NULL: there is no such */
void truth_ask_phase(struct lived *lived, int64_t phase, int64_t cycle);


#endif
