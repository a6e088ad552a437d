/*
 * own_metrics - this process alone for Prometheus, GET /metrics
 *
 * The names are those under which http-api tells the beats of all; here they are still told when
 * nobody hears our beats.
 */
#ifndef OWN_METRICS_H
#define OWN_METRICS_H

#include "proto/process.h"
#include "text.h"

#define OWN_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* `counts` as in a beat: name=value pairs with spaces between. */
void own_metrics_write(struct text *text, const struct process *process, const char *counts);

#endif
