/*
 * snapshot - what is so now, as a watcher may see it
 *
 * Many who come at once and may see all share one, and get from the ring what came since.
 */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "board.h"
#include "query.h"

struct snapshot {
	struct text text;  /* as an SSE event */
	uint32_t json_at, json_len;
	uint64_t seq;
	struct place seen;
	int64_t mono_us;
	int users;
};

/* query NULL: all.  *latest: the last one that was made for all, or NULL; another one may take its
 * place.  Given back with snapshot_leave(). */
struct snapshot *snapshot_get(struct snapshot **latest, const struct board *board,
			      const struct query *query, const struct rights *rights, uint64_t next,
			      int64_t mono_us);
void snapshot_leave(struct snapshot **snapshot);

#endif
