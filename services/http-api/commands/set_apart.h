/*
 * set_apart - a row of a batch that cannot be taken waits on the gateway for a person
 *
 * As it came and with what was wrong: message misfit, and a note for the answer.  `ihht quarantine`
 * shows such rows.
 */
#ifndef SET_APART_H
#define SET_APART_H

#include "services/http-api/commands/plan.h"
#include "services/http-api/requests/problem.h"

/* -1: it is too long to be kept (or no memory), and *why names its row. */
int set_apart(struct plan *plan, size_t item, struct problem *why);

/* The same for one whose steps are not all made yet: they go. */
int set_apart_unread(struct plan *plan, size_t item, const struct err *err, struct problem *why);

#endif
