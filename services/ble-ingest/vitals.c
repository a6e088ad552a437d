#include "services/ble-ingest/vitals.h"

#include <math.h>
#include <stddef.h>

#include "common/clock.h"

enum { SALT_NOISE = 100, SALT_DIP, SALT_ARTEFACT, SALT_LINK };

#define ARTEFACT_US (10 * CLOCK_SECOND)   /* at most one in each */
#define LINK_US     (240 * CLOCK_SECOND)  /* at most one break in each */
#define FLOOR       40.0                  /* nobody falls below */

static uint64_t
mix(uint64_t a, uint64_t b)
{
	uint64_t z = a + 0x9e3779b97f4a7c15u * (b + 1);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

/* The n-th chance of this person: from 0 up to 1. */
static double
chance(const struct vitals_person *p, uint64_t salt, uint64_t n)
{
	return (double)(mix(mix(p->seed, salt), n) >> 11) * 0x1p-53;
}

static double
between(const struct vitals_person *p, uint64_t salt, double least, double most)
{
	return least + (most - least) * chance(p, salt, 0);
}

/* The curve repeats each cycle, so what the rise reaches is where the fall begins:
 * top = best - (best - bottom) rise, bottom = worst + (top - worst) fall. */
static void
settle(struct vitals_person *p, const struct schedule *s)
{
	double fall = exp(-(double)s->altitude_s / p->fall_s);
	double rise = exp(-(double)(s->recovery_s + 2 * SCHEDULE_TRANSITION_S) / p->rise_s);

	p->top = (p->best * (1 - rise) + p->worst * rise * (1 - fall)) / (1 - fall * rise);
	p->bottom = p->worst + (p->top - p->worst) * fall;
}

void
vitals_person(struct vitals_person *p, const struct schedule *s, uint64_t seed, unsigned device)
{
	p->seed = mix(seed, device);
	p->device = device;
	p->best = between(p, 1, 96.5, 99.2);
	p->worst = between(p, 2, 72, 88);
	p->lag_s = between(p, 3, 10, 35);
	p->fall_s = between(p, 4, 18, 45);
	p->rise_s = between(p, 5, 5, 12);
	p->pulse = between(p, 6, 54, 80);
	p->pulse_gain = between(p, 7, 0.4, 1.3);
	p->breath_s = between(p, 8, 3.2, 5.5);
	p->perfusion = between(p, 9, 0.8, 6);
	settle(p, s);
}

/* Up to 38 points down and up again in a minute, late in one of eight altitude phases. */
static double
dip(const struct vitals_person *p, const struct schedule *s, const struct schedule_at *at,
    double cycle_s)
{
	uint64_t n = (uint64_t)(at->session * SCHEDULE_CYCLES + at->cycle);
	double from = 0.6 * (double)s->altitude_s, depth;

	if (cycle_s < from || cycle_s > from + 60 || chance(p, SALT_DIP, n) > 0.125)
		return 0;
	depth = 12 + 26 * chance(p, SALT_DIP + 1000, n);
	if (s->altitude_s < 180)  /* it would come on top of the fall into thin air */
		depth /= 3;
	return depth * (1 - cos((cycle_s - from) * M_PI / 30)) / 2;
}

/* Saturation `late_s` seconds behind the air. */
static double
saturation(const struct vitals_person *p, const struct schedule *s, int64_t utc_us, double late_s)
{
	int64_t then_us = utc_us - (int64_t)(late_s * 1e6);
	struct schedule_at at = schedule_at(s, p->device, then_us > 0 ? then_us : 0);
	double t = (double)at.cycle_us / 1e6, up = t - (double)s->altitude_s, v;

	if (up < 0)
		v = p->worst + (p->top - p->worst) * exp(-t / p->fall_s);
	else
		v = p->best - (p->best - p->bottom) * exp(-up / p->rise_s);
	v -= dip(p, s, &at, t);
	return v < FLOOR ? FLOOR : v;
}

/* ---- what goes wrong */

static enum invalid
artefact(const struct vitals_person *p, int64_t utc_us, struct vitals *v)
{
	uint64_t n = (uint64_t)(utc_us / ARTEFACT_US);
	double into_s = (double)(utc_us % ARTEFACT_US) / 1e6;
	double from = 4 * chance(p, SALT_ARTEFACT + 1, n), which = chance(p, SALT_ARTEFACT + 2, n);
	double length = 1 + 5 * chance(p, SALT_ARTEFACT + 3, n);

	if (chance(p, SALT_ARTEFACT, n) > 0.03 || into_s < from || into_s > from + length)
		return INVALID_NO;
	v->signal_strength = 5 + (int64_t)(30 * chance(p, SALT_ARTEFACT + 4, (uint64_t)utc_us));
	v->perfusion_index = round(v->perfusion_index) / 10;
	if (which < 0.3)  /* weak, but still good */
		return INVALID_NO;
	if (which < 0.55)
		return INVALID_LOW_SIGNAL;
	if (which < 0.8) {
		v->motion = 20 + round(100 * chance(p, SALT_ARTEFACT + 5, (uint64_t)utc_us));
		return INVALID_ARTEFACT;
	}
	v->perfusion_index = NAN;
	v->signal_strength = 0;
	return into_s < from + length * 0.6 ? INVALID_NO_FINGER : INVALID_SEARCHING;
}

enum device_state
vitals_link(const struct vitals_person *p, int64_t utc_us)
{
	uint64_t n = (uint64_t)(utc_us / LINK_US);
	double into_s = (double)(utc_us % LINK_US) / 1e6;
	double length = 4 + 36 * chance(p, SALT_LINK + 1, n);
	double from = (239 - length) * chance(p, SALT_LINK + 2, n);

	if (chance(p, SALT_LINK, n) > 0.12 || into_s < from || into_s >= from + length)
		return DEVICE_STREAMING;
	if (into_s < from + length * 0.6)
		return DEVICE_LOST;
	return into_s < from + length * 0.85 ? DEVICE_SEARCHING : DEVICE_CONNECTING;
}

/* ---- what is seen */

void
vitals_at(const struct vitals_person *p, const struct schedule *s, int64_t utc_us,
	  struct vitals *v)
{
	double t = (double)(utc_us % (3600 * CLOCK_SECOND)) / 1e6;
	double finger = saturation(p, s, utc_us, p->lag_s);
	double heart = saturation(p, s, utc_us, 5);
	double noise = chance(p, SALT_NOISE, (uint64_t)utc_us) - 0.5;
	double breath = sin(t * 2 * M_PI / p->breath_s), slow = sin(t * 2 * M_PI / 150);

	v->spo2 = fmin(100, round(finger + 0.8 * noise));
	v->heart_rate = round(p->pulse + p->pulse_gain * (p->best - heart) + 2 * breath + 3 * slow +
			      noise);
	v->perfusion_index = round(10 * p->perfusion * (1 + 0.15 * slow -
							0.006 * (p->best - finger))) / 10;
	v->motion = floor(3 * chance(p, SALT_NOISE + 1000, (uint64_t)utc_us));
	v->signal_strength = 95 + (int64_t)(6 * chance(p, SALT_NOISE + 2000, (uint64_t)utc_us));
	v->battery = 100 - (utc_us / (360 * CLOCK_SECOND) + p->device) % 80;
	v->invalid = artefact(p, utc_us, v);
	if (v->invalid)
		v->spo2 = v->heart_rate = NAN;
}
