/*
 * plan - the messages one request has for local-store
 */
#ifndef PLAN_H
#define PLAN_H

#include <jansson.h>
#include <stddef.h>

#include "proto/msg.h"

struct step {
	const struct message *message;
	void *msg;      /* owned; begins with its request_id */
	size_t item;    /* what the caller counts as one: from 0 */
};

struct plan {
	struct step *steps;
	size_t n;
	size_t n_guards; /* the first steps: the others go only when all of these are answered */
	int one_by_one;  /* a step needs the one before it */
	int is_batch;    /* answered by {"synced": n} */
	size_t n_rows;   /* of a batch */
	json_t *misfits; /* of a batch, owned: {"row", "field", "why"} of each that is set apart */
	int tell_rows;   /* the answer has an outcome for each row */
};

/* A command of that kind with nothing but a new request_id, NULL when out of memory. */
void *plan_add(struct plan *plan, const struct message *message, size_t item);
void plan_release(struct plan *plan);

#endif
