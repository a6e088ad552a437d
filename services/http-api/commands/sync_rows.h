/*
 * sync_rows - one row of a batch as commands; for sync_batch.c only
 */
#ifndef SYNC_ROWS_H
#define SYNC_ROWS_H

#include <jansson.h>

#include "services/http-api/commands/plan.h"
#include "services/http-api/requests/problem.h"

struct batch {
	char session_id[37];            /* "" when it names none */
	const char *local_session_id;   /* when it names one so, else NULL */
	struct plan *plan;
};

/* 0; -1 and "message.field: what would be right".  item: the row, from 0. */
int sync_session(struct batch *batch, const json_t *row, size_t item, struct err *err);
int sync_survey(struct batch *batch, const json_t *row, size_t item, struct err *err);
int sync_response(struct batch *batch, const json_t *row, size_t item, struct err *err);
int sync_event(struct batch *batch, const json_t *row, size_t item, struct err *err);
int sync_phase_stats(struct batch *batch, const json_t *row, size_t item, struct err *err);
int sync_progression(struct batch *batch, const json_t *row, size_t item, struct err *err);

#endif
