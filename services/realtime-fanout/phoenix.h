/*
 * phoenix - the protocol of Supabase Realtime, as far as INSERTs on `readings` go
 *
 * A page that subscribes with @supabase/supabase-js to
 *
 *	.on("postgres_changes", {event: "INSERT", schema: "public", table: "readings",
 *	                         filter: "session_id=eq.<UUID>"}, ...)
 *
 * gets each live value of a session as the row it becomes.  Phoenix Channels, both serializers
 * (an object, or [join_ref, ref, topic, event, payload]): phx_join, access_token, heartbeat,
 * phx_leave; filters are column=op.value with eq, neq, lt, lte, gt, gte and in.  Broadcast
 * and presence are not there.
 *
 * Pure: texts in, texts out.  Format: what @supabase/realtime-js 2.109 and @supabase/phoenix
 * send and take.
 */
#ifndef PHOENIX_H
#define PHOENIX_H

#include <jansson.h>

#include "common/err.h"
#include "proto/msg.h"
#include "ring.h"
#include "text.h"

struct phoenix;
struct phoenix *phoenix_new(int arrays);  /* the second serializer; NULL: no memory */
void phoenix_free(struct phoenix **phoenix);

/* One message of the client.  token: to be checked before phoenix_act(), "" none; borrowed. */
struct phoenix_said {
	json_t *all;
	const char *join_ref, *ref, *topic, *event, *token;
	const json_t *payload;
};
/* 0 and *said, to be given to phoenix_act(); -1: not of this protocol. */
int phoenix_hear(const struct phoenix *phoenix, const char *bytes, size_t len,
		 struct phoenix_said *said, struct err *err);

/* Does it; `why` NULL: the client may see what its token says, else why not.  Takes *said. */
void phoenix_act(struct phoenix *phoenix, struct phoenix_said *said, const char *why);

/* All channels are told, and closed. */
void phoenix_end(struct phoenix *phoenix, const char *why);

int phoenix_listens(const struct phoenix *phoenix);  /* has a channel */
int phoenix_has(const struct phoenix *phoenix, const struct ring *rows, uint64_t next);

/* All channels are told how many rows they miss; *next: the one that will come next. */
void phoenix_skip(struct phoenix *phoenix, const struct ring *rows, uint64_t *next);

/* The next message into bytes, 0: there is none.  *next: the row it gets next. */
size_t phoenix_next(struct phoenix *phoenix, const struct ring *rows, uint64_t *next,
		    const struct rights *rights, char *bytes, size_t size);

/* The row that a value of a session becomes, as it is kept in the ring of rows. */
void phoenix_row(struct text *text, const struct sample *sample, const struct session *session,
		 int64_t utc_us);

#endif
