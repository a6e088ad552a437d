/*
 * in_store - values out of local-store's SQLite file, in the order in which they were stored
 *
 * Read only, a few rows at a time, each time by a statement that is done when it returns: the
 * writer never waits for us, and we wait for nobody.  On a host without the file nothing is found.
 */
#ifndef IN_STORE_H
#define IN_STORE_H

#include "common/err.h"
#include "place.h"
#include "proto/msg.h"

struct in_store;
struct in_store *in_store_new(const char *path);  /* borrowed; NULL: no memory */
void in_store_free(struct in_store **store);

/* 1 and the row's id; 0: it is not there (yet); -1: the store is not to be read, see err. */
int in_store_find(struct in_store *store, const struct place *place, int64_t *id, struct err *err);

struct kept_row {
	int64_t id, session_no;
	struct sample sample;
	struct session session;  /* id, user_id, device_id, end_us, and the phase the value was taken in */
};

/* Begins with the row after `id`; in_store_next() gives at most `most`.  0, or -1 and err. */
int in_store_seek(struct in_store *store, int64_t id, int64_t most, struct err *err);
/* 1 and a row, 0 the last was given, -1 and err. */
int in_store_next(struct in_store *store, struct kept_row *row, struct err *err);
void in_store_rest(struct in_store *store);  /* after a row that was not the last */

#endif
