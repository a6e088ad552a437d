/*
 * measure - a device's figures into a sample, within the limits of messages.def
 *
 * Low is signal, never noise: nothing is judged by how likely it looks.  What is no figure at
 * all is absent with a reason.
 */
#ifndef MEASURE_H
#define MEASURE_H

#include "proto/msg.h"

/*
 * NAN and 0 are how devices say "none": absent.  When `why` is not INVALID_NO both are
 * absent for that reason.  One of them beyond its limits (or a saturation or pulse between 0
 * and 1, which is an exponent misread somewhere) makes both OUT_OF_RANGE; both missing and no
 * reason known is UNAVAILABLE; one missing leaves the other.
 */
void measure_set(struct sample *sample, double spo2, double heart_rate, enum invalid why);

/* Beyond the limits it is absent. */
void measure_perfusion(struct sample *sample, double percent);
void measure_battery(struct sample *sample, int percent);

#endif
