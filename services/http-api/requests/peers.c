#include "services/http-api/requests/peers.h"

#include <stdlib.h>
#include <sys/socket.h>

struct peer *
peer_new(struct peers *peers, int fd, int64_t until_us)
{
	struct peer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->fd = fd;
	peer->until_us = until_us;
	LIST_INSERT_HEAD(peers, peer, all);
	return peer;
}

void
peer_free(struct peer **peer)
{
	if (!*peer)
		return;
	LIST_REMOVE(*peer, all);
	free(*peer);
	*peer = NULL;
}

void
peers_end_late(struct peers *peers, int64_t now_us)
{
	struct peer *peer;

	LIST_FOREACH(peer, peers, all) {
		if (peer->until_us > now_us)
			continue;
		(void)shutdown(peer->fd, SHUT_RDWR);
		peer->until_us = INT64_MAX;
	}
}
