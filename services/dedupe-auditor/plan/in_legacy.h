/*
 * in_legacy - the old cloud database and the app's SQLite files, read into the rules' model
 *
 * Reads only.  Sessions and their children are held; readings are streamed, one session's at a
 * time.  The app's files are opened read-only; their columns are found by name, too.
 */
#ifndef IN_LEGACY_H
#define IN_LEGACY_H

#include <sqlite3.h>

#include "services/dedupe-auditor/pause.h"
#include "services/dedupe-auditor/plan/in_shape.h"
#include "services/dedupe-auditor/plan/moments.h"

/* How a row looked when it was read, so that a decision about it can be known to be old. */
struct seen {
	const char *id;                  /* of a session in the cloud; held by the model */
	char digest[9];
};

struct table_count {
	int64_t rows;
	char digest[40];                 /* of all columns but those that name a session */
	char upto[24];                   /* the largest key, where that is a number; "" */
};

#define LEGACY_PHONES 100

struct in_legacy {
	struct legacy model;
	struct seen *seen;               /* by id */
	size_t n_seen;
	struct table_count counts[SHAPE_TABLES];  /* of the cloud, in the shape's order */
	struct {
		char sha256[65];
	} phones[LEGACY_PHONES];         /* of the files as they were read */
	int64_t n_bad_times;             /* values that are no time; kept, but no rule sees them */
	int64_t n_strays;                /* readings that name no session at all */
};

/* All of it in one moment: the caller has begun a transaction that is REPEATABLE READ. */
int legacy_read_cloud(struct in_legacy *in, PGconn *pg, const struct shape *shape,
		      struct pause *pause, struct err *err);
/* `source` is from 1; the shape is the cloud's. */
int legacy_read_phone(struct in_legacy *in, const char *path, int source,
		      const struct shape *shape, struct pause *pause, struct err *err);
/* The row of a phone's readings that stands; -1 when it has no time. */
int phone_moment(struct moments *moments, sqlite3_stmt *rows);
int phone_sha256(const char *path, char sha256[65], struct err *err);
const char *legacy_seen(const struct in_legacy *in, const char *id);  /* "" when it is not there */
void in_legacy_clear(struct in_legacy *in);

/* Count and digest of a table's rows as one SELECT, to be compared across transactions.
 * `from` is what to read ("public.readings", say, and a WHERE); gives a text to free. */
char *legacy_digest_sql(const struct table *table, const char *from);

#endif
