/*
 * vitals - a person in an IHHT session, as an oximeter would show them
 *
 * Saturation follows the air that is breathed (proto/schedule.h) as an exponential, seen at
 * the finger 10-35 s late; how deep, how fast and how late differs from person to person.
 * Now and then somebody falls by up to 40 points within 30 s.  The pulse answers.  Fingers
 * slip, signals fade, links break.  All of it is a pure function of (seed, device, time): the
 * same question always has the same answer.
 */
#ifndef VITALS_H
#define VITALS_H

#include "proto/schedule.h"

struct vitals_person {
	uint64_t seed;                        /* of this person */
	unsigned device;
	double best, worst;                   /* saturation: in rich air, in thin air */
	double lag_s, fall_s, rise_s;         /* of the finger; time constants */
	double pulse, pulse_gain;             /* at rest; beats/min per point of saturation */
	double breath_s, perfusion;
	double top, bottom;                   /* where the curve turns, given the timetable */
};

struct vitals {
	double spo2, heart_rate;              /* NAN when invalid */
	double perfusion_index, motion;
	int64_t signal_strength, battery;
	enum invalid invalid;
};

void vitals_person(struct vitals_person *person, const struct schedule *schedule, uint64_t seed,
		   unsigned device);

void vitals_at(const struct vitals_person *person, const struct schedule *schedule,
	       int64_t utc_us, struct vitals *vitals);

/* DEVICE_STREAMING, or what it is doing while the link is broken. */
enum device_state vitals_link(const struct vitals_person *person, int64_t utc_us);

#endif
