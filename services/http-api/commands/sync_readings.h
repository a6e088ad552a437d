/*
 * sync_readings - readings of a batch as `import` messages
 */
#ifndef SYNC_READINGS_H
#define SYNC_READINGS_H

#include <jansson.h>

#include "services/http-api/commands/sync_rows.h"
#include "services/http-api/requests/problem.h"

/* data: a row or a list of rows, at most SYNC_BATCH_READINGS.  See sync_batch.h. */
int sync_readings(struct batch *batch, const json_t *data, struct problem *problem);

#endif
