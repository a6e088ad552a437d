/*
 * roster - the oximeters there are: what each said last, live or of what is stored
 *
 * Memory only.
 */
#ifndef ROSTER_H
#define ROSTER_H

#include <jansson.h>

#include "proto/msg.h"

struct roster_entry {
	char id[65];
	struct device device;    /* state DEVICE_NONE: it has not told how it is doing */
	struct sample last;      /* taken_us 0: no value is known */
	int is_live;             /* last came just now, and not from the store */
};

struct roster;
struct roster *roster_new(void);
void roster_free(struct roster **roster);

void roster_device(struct roster *roster, const struct device *device);
/* The newest counts, in whatever order they come. */
void roster_sample(struct roster *roster, const struct sample *sample, int is_live);

/* By id; NULL after the last. */
const struct roster_entry *roster_at(struct roster *roster, size_t n);

json_t *roster_json(const struct roster_entry *entry, int64_t now_us);

#endif
