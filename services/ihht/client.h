/*
 * client - ask local-store and hear its answer
 *
 * A command and its reply may both be lost on the way (PUB is no ack), so the same command
 * with the same request id goes out every 300 ms until the reply is here; local-store treats
 * it as one.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "proto/link.h"

#define CLIENT_PATIENCE_US 5000000LL

struct client;
struct client *client_open(struct process *process, struct err *err);
void client_close(struct client **client);

/*
 * Sends a command and waits for its reply; msg gets a request id unless it has one.  `key`
 * is the device or session it is about.  0 and *reply, which may be a refusal (reply->ok 0);
 * -1 with EAGAIN when local-store does not answer, EINTR when `stop` (a file descriptor, or
 * -1) has become readable.
 */
int client_ask(struct client *client, const struct message *message, const char *key, void *msg,
	       int stop, struct reply *reply, struct err *err);

#endif
