/*
 * plan - the messages one request has for local-store
 */
#ifndef PLAN_H
#define PLAN_H

#include <jansson.h>
#include <stddef.h>

#include "proto/msg.h"

#define PLAN_TOO_LARGE "is more than one transaction holds: send it in parts"

struct step {
	const struct message *message;
	void *msg;      /* owned; begins with its request_id */
	size_t item;    /* what the caller counts as one: from 0 */
	int is_packed;  /* goes in the plan's pack, not by itself */
};

struct plan {
	struct step *steps;
	size_t n;
	size_t n_guards; /* the first steps: the others go only when all of these are answered */
	struct step pack; /* message pack, with steps that become true together; msg NULL: none */
	int is_batch;    /* answered by {"synced": n} */
	size_t n_rows;   /* of a batch */
	json_t *rows;    /* of a batch, owned: one or a list, as they came */
	char kind[49], session_id[37];  /* of a batch: its type, its session or "" */
	json_t *misfits; /* of a batch, owned: {"row", "field", "why"} of each that is set apart */
	int tell_rows;   /* the answer has an outcome for each row */
};

/* A command of that kind with nothing but a new request_id, NULL when out of memory. */
void *plan_step(struct plan *plan, const struct message *message, size_t item);
void plan_release(struct plan *plan);

/* Of a batch: all steps but guards, and readings, which are one message anyway, into a pack.
 * -1: there is no room for all of them. */
int plan_pack(struct plan *plan);

#endif
