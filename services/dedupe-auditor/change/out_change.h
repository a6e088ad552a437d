/*
 * out_change - the statements of one batch
 *
 * To be called in order, in one transaction, after batch_send().  Each works on all sessions of
 * the batch at once.  Every row that is changed or taken away is first copied whole; what
 * became of it is found by comparing, so that nothing goes unrecorded.
 */
#ifndef OUT_CHANGE_H
#define OUT_CHANGE_H

#include "services/dedupe-auditor/change/batch.h"
#include "services/dedupe-auditor/pause.h"

struct change {
	PGconn *pg;
	const struct shape *shape;
	const char *plan;                /* its id */
	struct batch *batch;
	struct pause *pause;
	int64_t rows;                    /* changed, taken away or added */
};

int change_copy(struct change *change, struct err *err);         /* rows as they are */
int change_fold_readings(struct change *change, struct err *err);
int change_children(struct change *change, struct err *err);     /* fold, move, adopt */
int change_sessions(struct change *change, struct err *err);     /* merge, settle, count */
int change_record(struct change *change, struct err *err);       /* archive, aliases, journal */

#endif
