/*
 * link - one row of links.def as a ZeroMQ socket that speaks messages.def
 *
 * Endpoints, in this order: links/<link> in ihht.conf, else ipc://<run>/<link>.  In
 * ihht.conf "@tcp://0.0.0.0:5700" binds, ">tcp://host:5700" connects, and without a sign the
 * binder of links.def binds.  The n-th instance of a binder has "-<n>" appended, or n - 1
 * added to its port.  tcp:// needs CURVE: links/key is this host's certificate (made by
 * `ihht keys`), links/peers the folder with the public ones of those it talks to.
 *
 * LINGER is 0 and IMMEDIATE 1: a frame is safe only when the other side has said so.
 */
#ifndef LINK_H
#define LINK_H

#include "proto/msg.h"
#include "proto/process.h"

enum link_pattern { PUSH_PULL, PUB_SUB };
enum link_end { LINK_OUT, LINK_IN };

struct link_row {
	const char *name, *from, *to, *binder, *meaning;
	enum link_pattern pattern;
	int hwm;
};

const struct link_row *link_row(size_t n);  /* NULL after the last */
const char *link_process(size_t n);         /* the n-th process, NULL after the last */
const char *link_promise(size_t n);         /* its promise */

/* Where the n-th instance of `binder` binds this link; -1 when it is too long for a socket. */
int link_endpoint(const struct process *process, const struct link_row *row, const char *binder,
		  int n, char *endpoint, size_t size, struct err *err);

struct link;
struct link *link_open(struct process *process, const char *name, enum link_end end,
		       struct err *err);
void link_close(struct link **link);

void *link_socket(const struct link *link);  /* for zmq_poll */

/* Only for SUB: messages whose topic begins so; "" is everything.  A link that has asked for
 * less than all of a message cannot tell a hole from what it did not ask for: n_missed stays. */
void link_subscribe(struct link *link, const char *prefix);

/* Only for PUB: 1 and the prefix somebody has just subscribed to, 0 when nobody new.  Call it
 * each turn: ZeroMQ keeps who came and went until it is read. */
int link_joined(struct link *link, char *prefix, size_t size);

/* The same with who goes: *left 1 when the last who wanted exactly this prefix has left. */
int link_audience(struct link *link, char *prefix, size_t size, int *left);

/*
 * The topic is <message>/<gateway>/<key>/.  1 sent, 0 would block (only PUSH: no reader, or
 * its queue is full), -1 and err.  n is the sender's count of this message; link_send()
 * gives the next one.
 */
int link_send(struct link *link, const struct message *message, const char *key,
	      const void *msg, struct err *err);

/* The same to another gateway's topic: receipts go back to where the bundle came from. */
int link_send_to(struct link *link, const struct message *message, const char *gateway,
		 const char *key, const void *msg, struct err *err);

struct link_frame {
	const struct message *message;
	const char *topic;
	const char *gateway;    /* second part of the topic */
	struct msg_head head;
	const void *msg;        /* borrowed until the next link_recv() */
};

/* 1 got, 0 nothing there, -1 and EBADMSG: a frame that is not ours was dropped. Counted. */
int link_recv(struct link *link, struct link_frame *frame, struct err *err);

/* As bytes, for recording: 1, 0 or -1.  Both are borrowed until the next call. */
int link_recv_raw(struct link *link, const char **topic, const uint8_t **body, size_t *len,
		  struct err *err);

/* What a reader can know of its senders: messages that never came (dense n per sender). */
struct link_counts {
	uint64_t n_sent, n_blocked, n_received, n_bad, n_missed;
};
const struct link_counts *link_counts(const struct link *link);

#endif
