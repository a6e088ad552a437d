/*
 * devices - the kinds of oximeter there are: every devices/device_*.c
 *
 * The list is made by the Makefile, so that a new kind is one new file.
 */
#ifndef DEVICES_H
#define DEVICES_H

#include "services/ble-ingest/device.h"

const struct device_kind *device_at(unsigned i);              /* by name; NULL after the last */
const struct device_kind *device_by_name(const char *name);   /* NULL: there is none */

/* The kinds that an advertisement may be, the best first: n is 0 for the best one, 1 for the
 * next … NULL when no more fit.  Of two that fit alike the first by name.  *fit may be NULL. */
const struct device_kind *device_find(const struct advertised *seen, unsigned n,
				      enum device_fit *fit);

/* For a kind's fits(). */
int advertised_has(const struct advertised *seen, const char *service);

/* It begins with one of those, whatever the case of letters; the list ends with NULL. */
int advertised_named(const struct advertised *seen, const char *const *beginnings);

#endif
