/*
 * target - the session that a recording goes into
 *
 * Either one that is there, or one made from the recording's span, whose id is computed from
 * person, device and start: the same file again means the same session.
 */
#ifndef TARGET_H
#define TARGET_H

#include <sqlite3.h>

#include "proto/ids.h"
#include "services/ihht/import/recorded.h"

struct target {
	ids_uuid session_id, user_id;
	char local_session_id[65], device_id[65];
	int64_t start_us, end_us;  /* end: MSG_NONE while it runs */
	int is_made;               /* from the recording: session_start has to be told */
};

/* The session the person named, by its id.  -1: there is none. */
int target_named(sqlite3 *db, const char *session_id, struct target *target, struct err *err);

/*
 * That of the recording's own span.  One of the same person and device that it begins in is
 * continued.  `db` may be NULL: nothing is stored yet.
 */
int target_made(sqlite3 *db, const char *user_id, const struct recorded *recorded,
		struct target *target, struct err *err);

/* -1: this recording is in the store already, at another time or in another session. */
int target_check(sqlite3 *db, const struct target *target, const struct recorded *recorded,
		 struct err *err);

/* Whether that session spans the row. */
int target_holds(const struct target *target, const struct recorded_row *row);

#endif
