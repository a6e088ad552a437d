/*
 * in_mock - a room full of simulated oximeters
 *
 * "mock-001" and so on, each with a person of its own (vitals.h), each sending at the same
 * rate.  Values lie on a grid of UTC: device d speaks at k periods plus its own offset, so
 * that the same seed and the same moment always give the same value.  The offsets are
 * spread over the period in steps of MOCK_TICK_US: a wake-up is dearer than a value.
 */
#ifndef IN_MOCK_H
#define IN_MOCK_H

#include "services/ble-ingest/source.h"

#define MOCK_TICK_US 5000

struct mock_settings {
	unsigned devices;            /* 1..5000 */
	unsigned rate;               /* values a second of each; 0: as fast as they are taken */
	int64_t samples;             /* of each, then silence; 0: for ever */
	uint64_t seed;
	int64_t altitude_s, recovery_s;
};

struct mock *mock_new(const struct mock_settings *settings);

#endif
