/*
 * peers - connections, each with a deadline for what it is doing now
 *
 * A time-out on silence does not stop a sender that trickles a byte a second; this does.
 */
#ifndef PEERS_H
#define PEERS_H

#include <stdint.h>
#include <sys/queue.h>

struct peer {
	LIST_ENTRY(peer) all;
	int fd;
	int64_t until_us;
};
LIST_HEAD(peers, peer);

struct peer *peer_new(struct peers *peers, int fd, int64_t until_us);  /* NULL: no memory */
void peer_free(struct peer **peer);

/* Shuts down what is late: whoever owns the descriptor sees that and closes it. */
void peers_end_late(struct peers *peers, int64_t now_us);

#endif
