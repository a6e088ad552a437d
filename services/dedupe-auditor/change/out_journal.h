/*
 * out_journal - what of a plan is done, kept in the old database itself
 *
 * Tables of the schema ihht_migration; journal.sql says what each is for.
 */
#ifndef OUT_JOURNAL_H
#define OUT_JOURNAL_H

#include "services/dedupe-auditor/plan/plan_file.h"
#include "services/dedupe-auditor/plan/sql.h"

/* Makes what is missing; an archive gets the columns its table has got since. */
int journal_open(PGconn *pg, const struct shape *shape, struct err *err);
int journal_is_there(PGconn *pg, int *is_there, struct err *err);

/* Notes the plan once, with its head; *backup (to free) is where its dump is, NULL: none. */
int journal_plan(PGconn *pg, const struct plan_file *file, char **backup, struct err *err);
int journal_backup(PGconn *pg, const char *plan, const char *where, struct err *err);

enum journal_state { JOURNAL_NOT, JOURNAL_APPLIED, JOURNAL_REFUSED, JOURNAL_UNDONE };

/* states[i] for blocks[i]: of this plan; or UNDONE where somebody undid any plan's. */
int journal_undone(PGconn *pg, const struct plan_file *file, enum journal_state *states,
		   struct err *err);
int journal_states(PGconn *pg, const struct plan_file *file, enum journal_state *states,
		   struct err *err);
int journal_refuse(PGconn *pg, const char *plan, const char *session, const char *why,
		   struct err *err);

/* Aliases of all plans so far, for the rules: sorted by id, held by `texts`. */
struct journal_aliases {
	const char **ids, **into;
	size_t n;
};
int journal_aliases(PGconn *pg, struct legacy *texts, struct journal_aliases *aliases,
		    struct err *err);
void journal_aliases_release(struct journal_aliases *aliases);

#endif
