/*
 * guard - may the caller have that done, and under that key?
 *
 * Who starts a session says for whom.  Of all other commands local-store knows whose session
 * it is, so it is asked first (message session_of), whether Postgres is there or not; what is
 * of nobody whom the caller may act for is, to the caller, no such session.
 *
 * A key (Idempotency-Key) stands for one request of one caller: local-store remembers which.
 */
#ifndef GUARD_H
#define GUARD_H

#include "services/http-api/commands/plan.h"
#include "services/http-api/requests/in_http.h"

/* Puts the questions in front of the plan; -1: refused, and the plan holds nothing. */
int guard_plan(const struct ask *ask, struct plan *plan, struct problem *problem);

#endif
