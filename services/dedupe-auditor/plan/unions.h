/*
 * unions - readings that hang under several ids, or on a phone, and will be one session's
 *
 * Two ids may hold copies of one sample; that shows only when their readings are read
 * together.  Read before anything is moved, one session at a time.
 */
#ifndef UNIONS_H
#define UNIONS_H

#include "services/dedupe-auditor/pause.h"
#include "services/dedupe-auditor/plan/in_shape.h"
#include "services/dedupe-auditor/rules/rules.h"

struct united {
	const char *session;             /* borrowed from the plan */
	int64_t n_folds;                 /* of the cloud's */
	int64_t n_new;                   /* of a phone's, that the cloud has not */
	int is_done;
};

/* All zero is empty; sorted by session. */
struct unions {
	struct united *items;
	size_t n;
};

int unions_read(struct unions *unions, PGconn *pg, const struct shape *shape,
		const struct legacy *model, const struct plan *plan, char *const *phones,
		struct pause *pause, struct err *err);
int64_t unions_new(const struct unions *unions, const char *session);    /* 0: none */
int64_t unions_folds(const struct unions *unions, const char *session);  /* -1: no union */
void unions_release(struct unions *unions);

#endif
