/*
 * groups - which rows are one session
 *
 * The middle of the rules: sessions united step by step (same_id.c, same_start.c), then looked
 * at as groups.  Of no use outside the rules.  Pure.
 */
#ifndef GROUPS_H
#define GROUPS_H

#include "services/dedupe-auditor/rules/rules.h"

#define NOBODY ((size_t)-1)
#define SECOND 1000000LL                 /* us */
#define SESSION_MAX_US (7200 * SECOND)   /* the app's session timeout */
#define SESSION_SLACK_US (60 * SECOND)   /* readings still on their way when a session ends */

enum united {                            /* by which rule; later ones need more trust */
	UNITED_NOT,
	UNITED_ID,                       /* on-phone, re-imported */
	UNITED_LOCAL_ID,
	UNITED_START,
	UNITED_EMPTY_TWIN,
};

/* What the rules add to a row of sessions. */
struct standing {
	size_t up;                       /* union-find over rows */
	const char *local_id;            /* the one that names exactly one session; or NULL */
	int reimported;                  /* its times say nothing */
	int stuck;                       /* reported as undecided: no later rule takes it */
	int busy;                        /* anything hangs under it */
	int64_t n_readings;              /* under its id, folded */
	int64_t first_us, last_us;       /* of them */
	enum united by;
	const char *why;
	size_t group;
};

struct group {
	const size_t *rows;              /* by index in legacy->sessions */
	size_t n_rows;
	size_t canonical;                /* index of the cloud's row that stays; NOBODY: none yet */
	const char *id;                  /* its id in the cloud */
	const char *local_id, *user_id;
	int64_t first_start_us;          /* of its first row: groups are in this order */
	int64_t start_us, end_us;        /* as settled */
	int64_t status;
	int64_t first_us, last_us;       /* readings, all sources */
	struct legacy_figures kept;      /* of the cloud's readings */
	int64_t n_folds;                 /* rows of them that fold */
	int has_post;                    /* a post survey */
	int stuck;                       /* some row of it is undecided */
	int adopts;                      /* the cloud's orphans: readings */
	int impossible_end;              /* every end it has is before its start */
	size_t children, n_children;     /* from here on in work->children */
	size_t readings, n_readings;     /* from here on in work->readings */
};

struct work {
	struct legacy *legacy;
	const struct rules_options *options;
	struct plan *plan;
	struct standing *rows;                /* one for each session */
	struct group *groups;
	size_t n_groups, *order;         /* order: what groups[].rows point into */
	size_t *by_id, *by_local;        /* sessions sorted so */
	size_t n_local;
	/* Of each child and each group of readings: under which session (NOBODY: none), by
	 * which rule (NULL: its own), and why none was found. */
	size_t *child_group, *readings_group;
	const char **child_rule, **readings_rule, **child_why, **readings_why;
	size_t *children, *readings;     /* sorted by group */
	const char **persons;            /* by source: whose phone; "" several persons'; NULL nobody's */
	size_t n_sources;
};

void work_open(struct work *work, struct legacy *legacy, const struct rules_options *options,
	       struct plan *plan);
void work_close(struct work *work);

size_t work_root(struct work *work, size_t row);
void work_unite(struct work *work, size_t a, size_t b, enum united by, const char *why);

const struct legacy_session *work_session(const struct work *work, size_t row);

/* The row with that id in that source, or NOBODY. */
size_t work_find(const struct work *work, int source, const char *id);

/* All rows of that local id: *n of them from the returned place in by_local on. */
const size_t *work_find_local(const struct work *work, const char *local_id, size_t *n);

/* The local id when it names one session: "<letters>_<13 digits>[_<up to 9 of base 36>]". */
const char *local_id_of(const char *text);
int64_t local_id_ms(const char *text);   /* those digits; MSG_NONE when it has none */

int is_uuid(const char *text);
int same_text(const char *a, const char *b);     /* both there, and equal */
int other_text(const char *a, const char *b);    /* both there, and not equal */
int compare_texts(const char *a, const char *b);         /* as strcmp(), NULL last */
int compare_numbers(int64_t a, int64_t b);
int64_t apart(int64_t a_us, int64_t b_us);       /* INT64_MAX when one is not there */

const char *follow_alias(const struct work *work, const char *id);

/* The steps, in this order; each leaves undecided what it cannot tell. */
void unite_by_id(struct work *work);             /* same_id.c */
void unite_by_start(struct work *work);          /* same_start.c */
void unite_empty_twins(struct work *work);       /* empty_twin.c */
void groups_make(struct work *work);             /* groups.c */
void find_homes(struct work *work);              /* homes.c: by what rows say */
void settle_groups(struct work *work);           /* settle.c */
void find_homes_by_time(struct work *work);      /* homes_by_time.c */
void tell_groups(struct work *work);             /* tell.c: the entries */

int is_running(const struct work *work, const struct group *group);       /* running.c */
int64_t silent_since(const struct group *group);
void leave_running(struct work *work, size_t from);      /* its entries, from that one on */

/* Of one group: clusters of copies, phones' rows to adopt. */
void tell_copies(struct work *work, const struct group *group);   /* copies.c */
int64_t planned_us(const struct legacy_session *session);        /* settle.c: how long at most */

/* Entries: room comes from the plan's texts. */
struct entry *plan_add(struct plan *plan, enum entry_kind kind, const char *rule,
		       enum legacy_table table, const char *session);
void entry_member(struct plan *plan, struct entry *entry, int source, const char *id);
void plan_sort(struct plan *plan);

/* Reports rows of sessions as undecided, and keeps later rules from them. */
void leave_rows(struct work *work, const char *rule, const size_t *rows, size_t n,
		const char *why);
extern const char *const united_names[];

#endif
