#include "services/ihht/client.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "proto/ids.h"

#define AGAIN_US 300000

struct client {
	struct link *commands, *news;
};

struct client *
client_open(struct process *process, struct err *err)
{
	struct client *client = calloc(1, sizeof(*client));

	ASSERT(client);
	/* the ear before the mouth */
	if (!(client->news = link_open(process, "news", LINK_IN, err)) ||
	    !(client->commands = link_open(process, "commands", LINK_OUT, err))) {
		client_close(&client);
		return NULL;
	}
	link_subscribe(client->news, "reply/");
	return client;
}

void
client_close(struct client **client)
{
	if (!*client)
		return;
	link_close(&(*client)->commands);
	link_close(&(*client)->news);
	free(*client);
	*client = NULL;
}

/* Every command begins with its request_id. */
static const char *
identify(const struct message *message, void *msg)
{
	char *id = (char *)msg + message->fields[0].offset;

	ASSERT(!strcmp(message->fields[0].name, "request_id"));
	if (!*id)
		ids_random(id);
	return id;
}

/* 1 when our reply has come; other people's are none of our business. */
static int
hear(struct client *client, const char *request_id, struct reply *reply, struct err *err)
{
	struct link_frame frame;
	int r;

	while ((r = link_recv(client->news, &frame, err)) != 0) {
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r < 0 || frame.message != &msg_reply)
			continue;
		memcpy(reply, frame.msg, sizeof(*reply));
		if (!strcmp(reply->request_id, request_id))
			return 1;
	}
	return 0;
}

/* Until there is news, the link takes a command again (when blocked), or it is time. */
static int
wait_for_it(struct client *client, int stop, int blocked, int64_t until_us, struct err *err)
{
	enum { NEWS, COMMANDS, STOP, N };
	zmq_pollitem_t on[N] = {
		[NEWS] = {.socket = link_socket(client->news), .events = ZMQ_POLLIN},
		[COMMANDS] = {.socket = link_socket(client->commands),
			      .events = blocked ? ZMQ_POLLOUT : 0},
		[STOP] = {.fd = stop, .events = ZMQ_POLLIN},
	};

	if (zmq_poll(on, stop < 0 ? STOP : N, clock_until_ms(until_us, clock_mono_us(), 1000)) < 0 &&
	    errno != EINTR)
		return err_set(err, errno, "poll: %s", zmq_strerror(errno));
	if (on[STOP].revents)
		return err_set(err, EINTR, "asked to stop");
	return 0;
}

int
client_ask(struct client *client, const struct message *message, const char *key, void *msg,
	   int stop, struct reply *reply, struct err *err)
{
	const char *request_id = identify(message, msg);
	int64_t now = clock_mono_us(), deadline = now + CLIENT_PATIENCE_US, next = now;
	int sent = 0, heard;

	for (; now < deadline; now = clock_mono_us()) {
		if (now >= next || !sent) {
			if ((sent = link_send(client->commands, message, key, msg, err)) < 0)
				return -1;
			next = now + AGAIN_US;
		}
		if (wait_for_it(client, stop, !sent, next < deadline ? next : deadline, err) < 0)
			return -1;
		if ((heard = hear(client, request_id, reply, err)) != 0)
			return heard < 0 ? -1 : 0;
	}
	return err_set(err, EAGAIN, "local-store does not answer; start it, or see with "
		       "`ihht status` what it waits for, then ask again");
}
