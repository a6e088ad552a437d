/*
 * sync_batch - the app's {type, data, sessionId} as messages for local-store
 *
 *	type       readings | session | session_survey | intra_session_response |
 *	           adaptive_event | phase_stats | progression (and the app's table names)
 *	data       one row or a list of them: 10 000 readings or 500 of anything else
 *	sessionId  the app's local id or our UUID; a row that names another session is bad
 *	outcomes   true: the answer tells what became of each row
 *
 * What is taken becomes true in one transaction of local-store (message pack or import).  A bad
 * row is set apart, as it came and with what was wrong (message misfit); a frame that is wrong
 * refuses the whole batch before anything of it is sent on.  Rows are as legacy.h reads them;
 * ids and figures that we compute ourselves (`id`, `created_at`, averages of a session, ...) may
 * be there and are not used.
 *
 * Readings.  Identity is (taken_us, epoch, seq) in their session: epoch is a digest of the
 * session's UUID and seq one of what was measured (spo2, heart_rate, perfusion_index,
 * motion, signal_strength, battery, status, device_us, invalid), unless a row brings both
 * itself.  So the same reading is the same in every batch, whatever comes with it; two values
 * at one time are two.  0 for spo2 or heart_rate is the app's "nothing measured" and
 * becomes absent, as do both values when is_valid is false; the reason is then `unavailable`.
 * fio2_level is the dial (0 to 11); the 16 of older rows, a default in %, becomes absent.
 *
 * A session is started, and stopped too when it has ended; its UUID follows from its local id,
 * so a row that only has a UUID cannot be taken.  A session_survey row may hold pre and post.
 */
#ifndef SYNC_BATCH_H
#define SYNC_BATCH_H

#include <jansson.h>

#include "services/http-api/commands/plan.h"
#include "services/http-api/requests/problem.h"

#define SYNC_BATCH_READINGS 10000
#define SYNC_BATCH_ROWS     500

/* Fills an empty plan, which may stay empty; -1: see problem, and the plan holds nothing. */
int sync_batch_read(const json_t *body, struct plan *plan, struct problem *problem);

/* A session's UUID from its UUID in any case or its local id; -1: it is neither. */
int sync_batch_session(const char *text, char id[37]);
int sync_batch_is_uuid(const char *text);

#endif
