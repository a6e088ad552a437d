/*
 * ids - computed, never looked up
 *
 * UUID version 5 (RFC 9562, SHA-1) in a name space of our own.  A name is the kind, then
 * each part as its length in decimal, ':' and its bytes: no part can be mistaken for
 * another.  Recipes never change; a new one gets a new kind.
 */
#ifndef IDS_H
#define IDS_H

#include <stddef.h>
#include <stdint.h>

#include "proto/msg.h"

typedef char ids_uuid[37];

void ids_session(const char *local_session_id, ids_uuid id);
void ids_survey(const char *session_id, ids_uuid id);                    /* pre and post: one row */
void ids_response(const char *session_id, int64_t phase_number, ids_uuid id);    /* intra */
void ids_event(const struct event *event, ids_uuid id);
void ids_phase_stats(const char *session_id, int64_t phase_type, int64_t phase_number,
		     ids_uuid id);
void ids_bundle(const char *gateway, const void *records, size_t records_len,
		const void *columns, size_t columns_len, ids_uuid id);
/* What a caller names by a key of its own (Idempotency-Key). */
void ids_keyed(const char *caller, const char *key, ids_uuid id);

void ids_random(ids_uuid id);                                            /* version 4 */
int ids_valid(const char *text);                                         /* 36 lower case */

/* "IHHT_<ms>_<six of base 36>", as the app makes them. */
#define IDS_LOCAL 40
void ids_local_session(int64_t now_us, char id[IDS_LOCAL]);

#endif
