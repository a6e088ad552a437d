/*
 * recall - readings that have left, back in the store
 *
 * Who is to add to a session, or to send it again, must find all of it: what has left of the
 * span in question comes back first, in the same transaction, and stays as long as what has
 * just been synced.  A file that is gone or damaged is told, and the session goes on without.
 */
#ifndef RECALL_H
#define RECALL_H

#include "proto/archive.h"
#include "services/local-store/lifecycle.h"

/* All parts that touch the span: how many readings came back; -1 the store has failed. */
int recall_span(struct lifecycle *life, struct entry *entry, int64_t from_us, int64_t to_us,
		int64_t now_us, struct err *err);

/* The same for where these rows are to go. */
int recall_rows(struct lifecycle *life, const struct kept *rows, size_t n, int64_t now_us, struct err *err);

/* Totals of what has left: each reading is given to `take`.  A part under way comes back. */
int recall_each(struct lifecycle *life, struct entry *entry,
		void (*take)(void *arg, const struct reading *reading), void *arg, struct err *err);

/* A reading came back from elsewhere: it is not gone any more, should it have been. */
int recall_returned(struct lifecycle *life, struct entry *entry, const struct reading *reading,
		    struct err *err);

/* The file of a part, unpacked and the one that was written: 1; 0 it is not, and why. */
int recall_read(const char *folder, const struct session *session, const struct part *part,
		struct archive *archive, struct err *err);

#endif
