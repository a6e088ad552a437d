/*
 * compare - where the rows of one session differ
 *
 * Both sides come in the order of their key (timestamp, epoch, seq); what differs is kept
 * as ranges, few of them: the last one of a kind grows rather than a new one begin, so that
 * memory does not grow with the damage.  Pure.
 */
#ifndef COMPARE_H
#define COMPARE_H

#include "proto/digest.h"

enum difference {
	MISSING,  /* SQLite has it and a receipt for it, Postgres lacks it */
	EXTRA,    /* Postgres has it, SQLite does not */
	CHANGED,  /* both have the key, and another value */
	DOUBLED,  /* the same key twice on one side */
	N_DIFFERENCES
};
const char *difference_text(enum difference difference);

#define FINDING_RANGES  5
#define FINDING_RECORDS 4
#define FINDING_KEY     100

struct range {
	int64_t from_us, to_us;  /* both included */
	uint64_t count;          /* of the rows that differ, not of those in between */
	uint32_t columns;        /* CHANGED: see digest_column() */
};

struct finding {
	uint64_t n[N_DIFFERENCES], pending;
	struct range ranges[N_DIFFERENCES][FINDING_RANGES];
	unsigned n_ranges[N_DIFFERENCES], open;  /* a bit for each kind: the last range grows */

	/* records: session, surveys, events, ... */
	uint64_t n_records[N_DIFFERENCES], pending_records;
	struct {
		enum difference difference;
		char key[FINDING_KEY];
	} records[FINDING_RECORDS];
	unsigned n_record_notes;

	/* rows and records that Postgres will not take, and those people have dropped for that */
	uint64_t quarantined, dropped;

	/* rows that hold what cannot be there, and the first of them in words */
	uint64_t n_wrong;
	char wrong[180];

	struct row_key {
		int64_t taken_us, epoch, seq;
	} last;                  /* the last key dealt with, to see it twice */
	int has_last;
};

/*
 * The next step of the merge.  Either side may be NULL: it has no more rows of this
 * session.  Rows with an id beyond `synced` may be missing: they are on their way.
 * Returns which side to go on with, as bits.
 */
enum { TAKE_LOCAL = 1, TAKE_CLOUD = 2 };
int compare_step(struct finding *finding, int64_t synced, const struct row *local,
		 const struct row *cloud);

#define RECORD_SESSION "session"  /* the key of the session's own row */

/* A record (hlc says which state of it) in SQLite before Postgres was read, in Postgres, and
 * in SQLite after: only so a change under way is no difference.  hlc -1: not there. */
struct record_states {
	int64_t before, cloud, after;
	int settled;             /* `before` has its receipt */
	int quarantine;          /* `before` is in quarantine: 1 held, 2 dropped */
};
void compare_record(struct finding *finding, const char *key, const struct record_states *s);

/* So many rows of that span, which ones is not known. */
void finding_missing(struct finding *finding, uint64_t count, int64_t from_us, int64_t to_us);
void finding_wrong(struct finding *finding, const char *text);
int finding_differs(const struct finding *finding);

#endif
