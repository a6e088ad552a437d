/*
 * oximeters - what the oximeters of the small machine offer, and how they say a value
 *
 * Values are numbered, and which one it is can be read from spo2 and pulse (oximeter_spo2), so
 * that what arrives can be compared to what was said.
 */
#ifndef OXIMETERS_H
#define OXIMETERS_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

struct service {
	const char *path, *uuid;
};

struct characteristic {
	const char *path, *service, *uuid;
	const char *flags[3];
	size_t len;
	uint8_t value[20];
	int is_heard;
	struct peripheral *of;
};

enum { MOST_CHARACTERISTICS = 6 };
struct oximeter {
	const char *name;               /* plx, hrs, berry, nonin */
	const char *root;               /* its objects' path */
	const char *advertised[3];      /* services */
	struct service services[4];
	struct characteristic all[MOST_CHARACTERISTICS];
	unsigned n_spo2, spo2_from;     /* values of SpO2, from which on; 0: it has none */
	unsigned repeats;               /* a value is said so often a second; 0: once */
	int control, spot;              /* characteristics of its memory; -1: it has none */
	int is_paired;                  /* it says nothing to strangers */
	/* The first characteristic says the value; others of `all` may say it, too. */
	void (*fill)(struct characteristic *all, unsigned spo2, unsigned pulse);
};

/* NULL: there is none of that name. */
const struct oximeter *oximeter_find(const char *name);

/* Of the n-th value: in the steps of that oximeter (plx 0.1 %, else 1 %); 0: it has none. */
unsigned oximeter_spo2(const struct oximeter *kind, unsigned n);
unsigned oximeter_pulse(const struct oximeter *kind, unsigned n);

/* A record of the memory of `plx`, into 12 bytes: a Spot-Check Measurement with its time. */
void oximeter_record(uint8_t *out, unsigned spo2, unsigned pulse, time_t at);
#endif
