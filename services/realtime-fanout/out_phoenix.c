/*
 * out_phoenix - Supabase's own client at /realtime/v1/websocket; see phoenix.h
 *
 * As with Supabase the connection itself needs no person's token, only an apikey that is not looked
 * at unless it is one; who subscribes needs one, and has a while to bring it.
 */
#include <string.h>

#include "common/clock.h"
#include "fanout.h"

#define PATIENCE_US (20 * CLOCK_SECOND)

static void
first_rights(struct fanout *me, struct lws *wsi, struct rights *rights)
{
	struct err err;

	if (out_token(me, wsi) && out_rights(me, me->token, rights, &err) == 0)
		return;
	*rights = (struct rights){.until_us = clock_utc_us() + PATIENCE_US};
}

int
out_phoenix_begin(struct fanout *me, struct lws *wsi, struct connection *connection)
{
	struct query query;
	struct rights rights;
	int arrays;

	query_init(&query);
	arrays = lws_get_urlarg_by_name(wsi, "vsn=2", me->token, sizeof(me->token)) != NULL;
	first_rights(me, wsi, &rights);
	connection->watcher = clients_add(&me->clients, CLIENT_PHOENIX, wsi, &query, &rights,
					  clock_mono_us());
	if (!connection->watcher)
		return -1;
	connection->watcher->phoenix = phoenix_new(arrays);
	return connection->watcher->phoenix ? 0 : -1;
}

static int
trust(struct fanout *me, struct watcher *w, const struct phoenix_said *said, struct err *err)
{
	struct rights rights;

	if (*said->token && out_rights(me, said->token, &rights, err) == 0) {
		rights_release(&w->rights);
		w->rights = rights;
		return 0;
	}
	if (*said->token)
		return -1;
	if (w->rights.all || w->rights.n)
		return 0;
	return err_set(err, 0, "a token of a person is needed");
}

int
out_phoenix_hear(struct fanout *me, struct connection *connection, struct err *err)
{
	struct watcher *w = connection->watcher;
	struct phoenix_said said;
	struct err why;

	if (phoenix_hear(w->phoenix, connection->said, connection->said_len, &said, err) < 0)
		return -1;
	if (!phoenix_listens(w->phoenix))
		w->next = ring_next(me->clients.board->rows);  /* what came before is not asked for */
	phoenix_act(w->phoenix, &said, trust(me, w, &said, &why) == 0 ? NULL : why.text);
	out_offer(me, w);
	return 0;
}
