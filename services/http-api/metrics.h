/*
 * metrics - the beats of all processes for Prometheus, GET /metrics
 *
 * Text exposition format 0.0.4.  Of a process that is not heard any more only ihht_up is
 * left, at 0: its last counts would be mistaken for what is.  A name that is not in
 * proto/counts.def is told as untyped.
 */
#ifndef METRICS_H
#define METRICS_H

#include "services/http-api/health.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* malloc'ed; NULL: no memory. */
char *metrics_text(const struct health *health, const char *gateway, int64_t now_us, size_t *len);

#endif
