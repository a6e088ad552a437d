/*
 * batch - what one transaction is to change, as rows of temporary tables
 *
 *	b_map    (block, old, new, rule)              rows that name session `old` go to `new`
 *	b_row    (block, tbl, key, op, rule, into, ord)   single rows of a table, by their key:
 *		op adopt: goes to session `into`
 *		op fold:  is archived; `into` is the key of the one that stays
 *		op keep:  the one that stays
 *		op lend:  a phone's; of all three kinds the ord-th's values count most
 *	b_merge  (block, id, into, rule, ord)         sessions that become aliases of `into`
 *	b_set    (block, id, patch)                   columns of sessions
 *	b_count  (block, id)                          sessions whose figures are made anew
 *	b_foldr  (block, id, cloud)                   sessions whose readings fold; not cloud: only
 *		a phone's into the cloud's
 *	b_phone  (block, tbl, key, op, rule, row)     a phone's rows, key "N:id", as JSON
 *		op adopt: comes into the table; op lend: only its values are used
 *	b_alias  (block, old, id, rule)
 *	b_block  (block, id)                          the session that stays
 *
 * They live as long as the transaction.
 */
#ifndef BATCH_H
#define BATCH_H

#include "services/dedupe-auditor/change/phones.h"
#include "services/dedupe-auditor/plan/plan_file.h"
#include "services/dedupe-auditor/plan/sql.h"

enum batch_table {
	B_MAP, B_ROW, B_MERGE, B_SET, B_COUNT, B_FOLDR, B_ALIAS, B_BLOCK, B_PHONE, BATCH_TABLES
};

struct batch {
	struct sql_rows rows[BATCH_TABLES];
	int moves;                       /* any b_map */
	int touches[SHAPE_TABLES];       /* any b_row of the shape's table */
	int most_fills[SHAPE_TABLES];    /* the largest ord of its folds */
	int most_merges;
	int borrows[SHAPE_TABLES];       /* any b_phone of the shape's table */
	struct phones *phones;
};

void batch_open(struct batch *batch, struct phones *phones);
int batch_add(struct batch *batch, const struct plan_file *file, const struct shape *shape,
	      size_t block, struct err *err);
/* An old id leads to the session. */
void batch_alias(struct batch *batch, size_t block, const char *old, const char *session,
		 const char *rule);
int batch_send(struct batch *batch, PGconn *pg, struct err *err);    /* makes the tables */
void batch_close(struct batch *batch);

#endif
