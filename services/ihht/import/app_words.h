/*
 * app_words - rows of the app's tables as commands for local-store
 *
 * Each takes what its fields may hold and leaves the rest out: a scale from another table, a
 * dial of 16 in old rows, a 0 that stands for null.  -1: it lacks what it cannot do without.
 * session_id is the caller's.  Pure.
 */
#ifndef APP_WORDS_H
#define APP_WORDS_H

#include "proto/msg.h"
#include "services/dedupe-auditor/rules/cells.h"

#define APP_EPOCH 2      /* of all readings whose seq is their millisecond on the phone's clock */

const char *app_cell(const struct cells *row, const char *name);  /* NULL: none, or null */

void app_session(const struct cells *row, struct session_start *start);  /* what is planned */

/* 1, or 0 when that half holds no answer. */
int app_survey(const struct cells *row, int64_t kind, struct survey *survey);
int app_response(const struct cells *row, struct survey *survey);
int app_event(const struct cells *row, struct event *event);
int app_phase_stats(const struct cells *row, struct phase_stats *stats);
int app_reading(const struct cells *row, struct reading *reading);

#endif
