/*
 * net - frames on their way
 *
 * What is sent is encoded and decoded as on the wire.  Frames for one that dies are lost with
 * it.  In bad weather a frame is dropped, comes twice, or late and so out of order.
 */
#ifndef NET_H
#define NET_H

#include "tests/simulate/world.h"

enum party { INGEST, KEEPER, WORKER, LAST_WORKER = WORKER + N_WORKERS - 1, CLIENT, N_PARTIES };

struct frame {
	int64_t due_us;
	uint64_t order;                /* of those due together the one sent first */
	enum party to;
	const struct message *message;
	size_t len;
	uint8_t *bytes;
};

void net_new(void);
void net_free(void);

void net_send(enum party to, const struct message *message, const void *msg);
void net_send_again(enum party to, const struct message *message, const void *msg,
		    int64_t after_us);           /* whoever got it holds on to it */
size_t net_waiting(enum party to);
void net_died(enum party to);

int64_t net_due_us(void);

/* The next frame, decoded; valid until the next call. */
enum party net_next(const struct message **message, const void **msg);

#endif
