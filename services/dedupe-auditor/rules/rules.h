/*
 * rules - how the past is repaired: a plan, and a reason for each line of it
 *
 *	rules_plan(what is there, options) -> entries
 *
 * The same model gives the same plan, in whatever order its rows come.  Applying all entries
 * and planning again gives none but LEAVE.  Pure: nothing is read, nothing is written.
 *
 * The rules, by the name an entry carries (evidence in words stands with each entry):
 *
 *	same-local-id       two rows of one local session id, of one device or one person: the app
 *	                    created the session twice (D1), or replayed a queued creation (D3)
 *	same-start          at least one row without local id (D5); one device or person, starts
 *	                    within 10 s, creation within 30 s, at most one with an end, the same
 *	                    protocol, and all readings inside one session's planned span
 *	empty-twin          two local ids, starts within 5 s, one without any child (D4); only
 *	                    when asked for
 *	on-phone            a phone's row of a session the cloud has
 *	re-imported         a phone's copy of a cloud session under the cloud's id: its times are
 *	                    those of the import and say nothing (D6)
 *	only-on-phone       a phone's session that never reached the cloud: becomes a row whose id is
 *	                    ids_session(local id)
 *	by-local-id         rows that name a session by its local id
 *	by-alias            rows that name a session that was merged away before
 *	by-id               a phone's rows that name a session of the cloud by its id
 *	survey-after-end    a survey under "session_<ms>": the one session of that person that ended
 *	                    at most 30 min before and has no post survey
 *	inside-span         readings of an unknown session, of one person, all inside exactly one
 *	                    session of that person
 *	copies              children that are one thing told several times, by their natural key
 *	sent-again          readings that fold (fold.h)
 *	recount             figures in the session's row are not those of its readings
 *	settle              status, end, start or person of a session as all of its rows tell it
 *	running             a session that may still be running: what would be done to it is left
 *	abandon             active, but nothing has come since before options.abandon_us
 *
 * Two rows with two different local ids are never merged on time alone, and two persons' rows
 * never at all.
 */
#ifndef RULES_H
#define RULES_H

#include "services/dedupe-auditor/rules/legacy.h"

struct rules_options {
	int empty_twins;                 /* 1: merge D4 pairs; 0: report them */
	int64_t now_us;                  /* active, and heard of within the app's longest session: running;
	                                  * MSG_NONE: nothing is */
	int64_t abandon_us;              /* active and silent since before this: abandoned;
	                                  * MSG_NONE: left active and reported */
	/* Aliases of earlier plans, sorted by strcmp() of ids: ids[i] was merged into into[i]. */
	const char *const *alias_ids, *const *alias_into;
	size_t n_aliases;
};

enum entry_kind {
	ENTRY_MERGE,                     /* sessions `members` become aliases of `session` */
	ENTRY_ADOPT,                     /* rows `members` of `table` and `source` go to `session` */
	ENTRY_FOLD,                      /* rows `members` of `table` are one: see members */
	ENTRY_RECOMPUTE,                 /* figures of `session`, from the readings that stay */
	ENTRY_SETTLE,                    /* columns of `session`, see struct settled */
	ENTRY_LEAVE,                     /* not decided: `why` says what a person has to look at */
	ENTRY_KINDS
};

/* What a session's row is to say; `which` has a bit for each column that is not so already. */
enum { SETTLE_STATUS = 1, SETTLE_START = 2, SETTLE_END = 4, SETTLE_USER = 8, SETTLE_LOCAL = 16 };
struct settled {
	int which;
	int64_t status;                  /* enum session_status */
	int64_t start_us, end_us;        /* end_us MSG_NONE: null */
	const char *user_id, *local_id;
};

struct entry {
	enum entry_kind kind;
	const char *rule;                /* one of the names above; LEAVE: the one that was not sure */
	enum legacy_table table;
	int source;                      /* of the members; LEGACY_CLOUD or a file */
	const char *session;             /* the canonical session's id in the cloud; LEAVE: or NULL */
	/*
	 * MERGE  ids of sessions in the cloud that are merged into `session`
	 * ADOPT  SESSIONS: the phone's session id (session: the id its row gets in the cloud)
	 *        READINGS: the one session_id those rows name; all rows of it go
	 *        others: ids of rows of `table`
	 * FOLD   ids of rows of `table`, most trusted first: each column of members[keep], which
	 *        stays, gets the first value that is not null in that order; updated_at the
	 *        latest; its id, created_at and session_id are not touched.  `sources` says
	 *        where each is from: the cloud's others are archived, a phone's stay in their
	 *        file.  A phone's row that is to stay was adopted before.
	 *        READINGS: the one session_id; which rows, readings_fold() says after the merge
	 * LEAVE  what is left as it is
	 */
	const char **members;
	int *sources;                    /* FOLD: one for each member */
	size_t n_members, keep;
	int64_t n;                       /* rows concerned: members, or readings */
	struct settled settled;          /* SETTLE, and ADOPT of SESSIONS (all bits) */
	const char *why;                 /* the evidence, in words; no values of a person */
};

struct plan {
	struct entry *entries;           /* by session (in order of start); of one session MERGE,
	                                  * of each table ADOPT before FOLD, SETTLE, RECOMPUTE;
	                                  * all LEAVE at the end */
	size_t n, room;
	struct texts *texts;             /* holds the texts and members of the entries */
};

/* Fills an all-zero plan.  `legacy` is sorted by it, and must outlive the plan. */
void rules_plan(struct legacy *legacy, const struct rules_options *options, struct plan *plan);
void plan_clear(struct plan *plan);

const char *entry_kind_text(enum entry_kind kind);

/*
 * ADOPT of READINGS from a phone is planned whenever the phone has any for that session: the
 * rules do not see rows.  Who reads them counts those the cloud lacks (by time and values,
 * after folding) and drops the entry when there is none.
 * MERGE moves all that hangs under its members along; ADOPT, FOLD and MERGE of READINGS are
 * followed by a recount of that session, whether a RECOMPUTE says so or not.
 */

#endif
