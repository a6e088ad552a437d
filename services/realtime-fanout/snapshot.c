#include "snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

void
snapshot_leave(struct snapshot **snapshot)
{
	if (*snapshot && --(*snapshot)->users == 0) {
		text_free(&(*snapshot)->text);
		free(*snapshot);
	}
	*snapshot = NULL;
}

static struct snapshot *
make(const struct board *board, const struct query *query, const struct rights *rights,
     int64_t mono_us)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	struct query_pick pick;
	const char *json;

	ASSERT(s);
	pick.pick = (struct state_pick){.rights = rights};
	if (query)
		query_pick(query, rights, &pick);
	board_snapshot(board, &pick.pick, clock_utc_us(), mono_us, &s->text, &s->seq, &s->seen);
	json = memchr(s->text.bytes, '{', s->text.len);
	s->json_at = (uint32_t)(json - s->text.bytes);
	s->json_len = (uint32_t)s->text.len - s->json_at - 2;
	s->mono_us = mono_us;
	s->users = 1;
	return s;
}

static int
is_good(const struct snapshot *s, const struct ring *ring, uint64_t next, int64_t mono_us)
{
	return s && mono_us - s->mono_us <= CLOCK_SECOND && s->seq + 1 >= ring_first(ring) &&
	       s->seq + 1 >= next;
}

struct snapshot *
snapshot_get(struct snapshot **latest, const struct board *board, const struct query *query,
	     const struct rights *rights, uint64_t next, int64_t mono_us)
{
	if ((query && query_filters(query)) || !rights->all)
		return make(board, query, rights, mono_us);
	if (!is_good(*latest, board->ring, next, mono_us)) {
		snapshot_leave(latest);
		*latest = make(board, query, rights, mono_us);
	}
	(*latest)->users++;
	return *latest;
}
