#include "services/zmq-sniffer/senders.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>

struct senders {
	void *watched;  /* the link's socket */
	zsock_t *pair;  /* its monitor's events */
	const char *link;
	int n;          /* connected now */
	int said;       /* what was said last: -1 nothing, 0 nobody, 1 somebody */
};

struct senders *
senders_open(void *socket, const char *link, struct err *err)
{
	struct senders *s = calloc(1, sizeof(*s));
	char endpoint[64];

	ASSERT(s);
	s->watched = socket;
	s->link = link;
	s->said = -1;
	(void)snprintf(endpoint, sizeof(endpoint), "inproc://senders-%s", link);
	if (zmq_socket_monitor(socket, endpoint,
			       ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED) < 0 ||
	    !(s->pair = zsock_new(ZMQ_PAIR)) || zsock_connect(s->pair, "%s", endpoint) < 0) {
		err_set(err, errno, "%s: no monitor: %s", link, zmq_strerror(errno));
		senders_close(&s);
	}
	return s;
}

void
senders_close(struct senders **senders)
{
	if (!*senders)
		return;
	(void)zmq_socket_monitor((*senders)->watched, NULL, 0);
	zsock_destroy(&(*senders)->pair);
	free(*senders);
	*senders = NULL;
}

void *
senders_socket(const struct senders *senders)
{
	return zsock_resolve(senders->pair);
}

/* An event is its number (u16), a value (u32), and then the endpoint. */
static void
take(struct senders *s)
{
	uint8_t event[6];
	char endpoint[300];
	uint16_t what;

	while (zmq_recv(senders_socket(s), event, sizeof(event), ZMQ_DONTWAIT) == sizeof(event)) {
		(void)zmq_recv(senders_socket(s), endpoint, sizeof(endpoint), ZMQ_DONTWAIT);
		memcpy(&what, event, sizeof(what));
		s->n += what == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? 1 : -1;
	}
	s->n = s->n < 0 ? 0 : s->n;
}

void
senders_look(struct senders *senders, int waited)
{
	int here;

	take(senders);
	here = senders->n > 0;
	if (here == senders->said || (!here && senders->said < 0 && !waited))
		return;
	if (!here)
		fprintf(stderr, "zmq-sniffer: %s has no sender; waiting for one\n", senders->link);
	else if (senders->said == 0)
		fprintf(stderr, "zmq-sniffer: %s has a sender\n", senders->link);
	senders->said = here;
}
