/*
 * doctor - what `ihht doctor` would say, from the beats that http-api hears all the time
 *
 * GET /api/doctor: {"first_broken", "hops"}, as of services/ihht/doctor/diagnose.h.
 */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "proto/process.h"
#include "services/http-api/health.h"

/* malloc'ed JSON, *len set. */
char *doctor_text(const struct health *health, const struct process *process, int64_t now_us, size_t *len);

#endif
