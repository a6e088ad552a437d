/*
 * kept - the structs behind state.h, shared by state.c and state_json.c only
 */
#ifndef KEPT_H
#define KEPT_H

#include "proto/standing.h"
#include "state.h"

#define KEPT_BUCKETS   1024
#define KEPT_PROCESSES 64
#define KEPT_OVER      256  /* sessions that are over: surveys come after */
#define KEPT_POINTS    300  /* of the chart: one a second, so five minutes */

struct point {
	uint32_t at_s;           /* since 1970 */
	int16_t spo2, pulse;     /* tenths, -1: none */
};

struct kept_device {
	struct kept_device *next;
	uint64_t hash;
	struct device device;
	struct sample sample;    /* the last one; seq 0: none yet */
	int64_t epoch, seq;      /* how far its count has come */
	int64_t sample_mono_us, heard_mono_us;
	uint64_t arrived;        /* which of all values the last one was */
	struct kept_session *session;
	unsigned n_points;       /* ever; the last KEPT_POINTS are there */
	struct point points[KEPT_POINTS];
};

struct kept_session {
	struct kept_session *next;
	uint64_t hash;
	struct session session;
	int doubted;             /* see state_doubt() */
	int64_t synced, synced_mono_us;
};

struct kept_process {
	struct beat beat;
	int64_t heard_mono_us;
	int up;
};

/* Whose a session was that is over. */
struct kept_over {
	uint64_t session;  /* ring_hash() */
	struct person person;
};

struct state {
	struct kept_device *devices[KEPT_BUCKETS];
	struct kept_session *sessions[KEPT_BUCKETS];
	struct kept_process processes[KEPT_PROCESSES];
	size_t n_devices, n_sessions, n_processes, max_devices;
	uint64_t n_samples;
	int64_t pending;
	struct kept_over over[KEPT_OVER];
	unsigned n_over;   /* ever; the last KEPT_OVER are there */
	struct standing standing;
};

struct kept_device *kept_device(const struct state *state, const char *id);
struct kept_session *kept_session(const struct state *state, const char *id);

#endif
