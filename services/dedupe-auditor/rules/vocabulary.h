/*
 * vocabulary - the app's words, of all its years, as ours
 *
 * Upper and lower case are one.  -1: a word that was never the app's.  Pure.
 */
#ifndef VOCABULARY_H
#define VOCABULARY_H

#include <stdint.h>

#include "proto/words.h"

/* enum phase: HYPOXIC, hypoxia, altitude -> ALTITUDE; HYPEROXIC, recovery -> RECOVERY;
 * TERMINATED -> COMPLETED; NULL and "" -> NONE. */
int vocabulary_phase(const char *text);

/* enum session_status; NULL and "" -> NONE. */
int vocabulary_status(const char *text);

/* enum event_type; also the engine's own altitude_complete, mask_lift_escalated and
 * dial_adjustment_confirmed. */
int vocabulary_event(const char *text);

/*
 * Sensations and symptoms: a JSON array of words ("[]", "[\"zen\"]"), a Postgres array
 * ("{zen,tingling}"), or NULL.  Bits of the words known; returns how many were not known, -1
 * when it is no list at all.
 */
int vocabulary_set(const struct words *words, const char *text, int64_t *bits);

#endif
