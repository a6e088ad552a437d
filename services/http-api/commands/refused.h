/*
 * refused - rows of a batch that local-store would not take, until they are set apart
 */
#ifndef REFUSED_H
#define REFUSED_H

#include "services/http-api/commands/plan.h"

struct refused {
	struct refused_row {
		size_t item;
		struct reply reply;
	} *all;
	size_t n;
};
void refused_clear(struct refused *refused);

/* For what the row itself says, and not for its session, its person or our room. */
int refused_for_itself(const struct plan *plan, const struct step *step, const struct reply *reply);

/* The first refusal of an item counts. */
void refused_add(struct refused *refused, size_t item, const struct reply *reply);
int refused_has(const struct refused *refused, size_t item);

/* All of them into the plan as misfits, and forgotten; or the one that cannot be kept. */
const struct refused_row *refused_set_apart(struct refused *refused, struct plan *plan);

#endif
