/*
 * phones - rows of the app's SQLite files, as the cloud's tables would hold them
 *
 * A row becomes a JSON object of the cloud's columns, each in its type: seconds, milliseconds
 * and text become timestamps, 0 and 1 booleans, lists in text arrays.  What the phone does not
 * say is not in it.
 */
#ifndef PHONES_H
#define PHONES_H

#include <sqlite3.h>

#include "services/dedupe-auditor/plan/in_shape.h"
#include "services/dedupe-auditor/plan/plan_file.h"

struct phones {
	sqlite3 *files[PLAN_PHONES];
	const struct plan_head *head;
};

/* -1 when a file is gone or is not the one the plan was made from. */
int phones_open(struct phones *phones, const struct plan_head *head, struct err *err);
void phones_close(struct phones *phones);

/* For whom a row is; texts may be NULL. */
struct phone_home {
	const char *session, *user_id, *device_id;       /* in the cloud */
	const struct settled *settled;   /* of a session; NULL for its children */
};

/* The row with that id (of readings: all that name it) goes to put() as JSON; its key is unique
 * in that file.  1 found, 0 not, -1 and err. */
int phones_rows(struct phones *phones, int source, const struct table *table, const char *id,
		const struct phone_home *home,
		void (*put)(void *arg, const char *key, const char *json), void *arg,
		struct err *err);

#endif
