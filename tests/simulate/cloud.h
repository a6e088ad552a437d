/*
 * cloud - sync-workers, what Postgres holds, and the auditor that compares it with SQLite
 *
 * Bundles are opened and checked by sync-worker's own code; what its statements do in
 * Postgres is told again here in a few lines (services/sync-worker/out_postgres.c is tested
 * on a real one).
 */
#ifndef CLOUD_H
#define CLOUD_H

#include "tests/simulate/world.h"

void cloud_new(void);
void cloud_free(void);
void cloud_hear(int worker, const struct message *message, const void *msg);  /* bundle or crate */

/* Somebody deletes rows that were there. */
void cloud_lose(void);

int64_t auditor_wake_us(void);
void auditor_work(void);
bool auditor_is_content(void);   /* its last look found no difference and nothing pending */

/* Each reading that is there, for the final count. */
void cloud_each(void (*see)(const char *session_id, const struct reading *reading));

#endif
