#include "proto/link.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>

#include "proto/link_where.h"

#define MAX_TOPIC   256
#define MAX_MESSAGES 64
#define MAX_SENDERS 64

/* The last count of one message from one sender, to see a hole. */
struct sender {
	int64_t run, n;
	int message;
};

struct link {
	const struct link_row *row;
	zsock_t *sock;
	void *socket;             /* libzmq's, inside sock */
	char gateway[80];
	int64_t run;
	int64_t *n_sent;          /* per message */
	char carries[MAX_MESSAGES];       /* whether that message travels here */
	int sees_all;             /* no narrow subscription: a missing count is a loss */
	struct sender senders[MAX_SENDERS];
	unsigned next_sender;
	struct link_counts counts;
	uint8_t *frame;           /* to encode into */
	void *msg;                /* decoded into */
	size_t max_bytes;
	char topic[MAX_TOPIC], from[MAX_TOPIC];
	zmq_msg_t head, body;     /* the parts last received */
};

/* ---- open and close */

/* Buffers as large as the largest message that travels on this link. */
static int
reserve(struct link *link)
{
	const struct message *m;
	size_t size = 0;
	int i;

	for (i = 0; (m = msg_at(i)); i++) {
		if (!strstr(m->links, link->row->name))
			continue;
		ASSERT(i < MAX_MESSAGES);
		link->carries[i] = 1;
		if (m->size > size)
			size = m->size;
		if (m->max_bytes > link->max_bytes)
			link->max_bytes = m->max_bytes;
	}
	link->frame = malloc(link->max_bytes);
	link->msg = malloc(size);
	link->n_sent = calloc((size_t)i, sizeof(*link->n_sent));
	return link->frame && link->msg && link->n_sent ? 0 : -1;
}

static int
socket_type(enum link_pattern pattern, enum link_end end)
{
	if (pattern == PUSH_PULL)
		return end == LINK_OUT ? ZMQ_PUSH : ZMQ_PULL;
	return end == LINK_OUT ? ZMQ_XPUB : ZMQ_SUB;
}

static void
set_options(zsock_t *sock, int type, int hwm, size_t max_bytes)
{
	/* a little too large is counted and named; far too large is cut off at the door */
	zsock_set_maxmsgsize(sock, (int)(2 * max_bytes + 65536));
	zsock_set_linger(sock, 0);
	zsock_set_sndhwm(sock, hwm);
	zsock_set_rcvhwm(sock, hwm);
	zsock_set_tcp_keepalive(sock, 1);
	zsock_set_tcp_keepalive_idle(sock, 10);
	zsock_set_reconnect_ivl(sock, 50);
	zsock_set_reconnect_ivl_max(sock, 1000);
	if (type == ZMQ_PUSH)
		zsock_set_immediate(sock, 1);
	if (type == ZMQ_XPUB)
		zsock_set_xpub_verbose(sock, 1);
}

struct link *
link_open(struct process *process, const char *name, enum link_end end, struct err *err)
{
	const struct link_row *row = link_row_of(name);
	struct link *link = calloc(1, sizeof(*link));
	int type;

	ASSERT(row);
	zsys_handler_set(NULL);
	if (!link || (link->row = row, reserve(link)) < 0) {
		err_set(err, ENOMEM, "out of memory");
		goto fail;
	}
	(void)snprintf(link->gateway, sizeof(link->gateway), "%s", process->gateway);
	link->run = process->run;
	link->sees_all = 1;
	zmq_msg_init(&link->head);
	zmq_msg_init(&link->body);
	type = socket_type(row->pattern, end);
	if (!(link->sock = zsock_new(type))) {
		err_set(err, errno, "%s: no socket: %s", name, zmq_strerror(errno));
		goto fail;
	}
	link->socket = zsock_resolve(link->sock);
	set_options(link->sock, type, row->hwm, link->max_bytes);
	if (where_attach(link->sock, row, process, end, err) < 0)
		goto fail;
	return link;
fail:
	link_close(&link);
	return NULL;
}

void
link_close(struct link **link)
{
	if (!*link)
		return;
	zsock_destroy(&(*link)->sock);
	if ((*link)->gateway[0]) {
		zmq_msg_close(&(*link)->head);
		zmq_msg_close(&(*link)->body);
	}
	free((*link)->frame);
	free((*link)->msg);
	free((*link)->n_sent);
	free(*link);
	*link = NULL;
}

void *
link_socket(const struct link *link)
{
	return link->socket;
}

const struct link_counts *
link_counts(const struct link *link)
{
	return &link->counts;
}

void
link_subscribe(struct link *link, const char *prefix)
{
	const char *slash = strchr(prefix, '/');

	link->sees_all &= slash ? !slash[1] : !*prefix;
	zsock_set_subscribe(link->sock, prefix);
}

int
link_audience(struct link *link, char *prefix, size_t size, int *left)
{
	char event[MAX_TOPIC];
	int n;

	do
		n = zmq_recv(link_socket(link), event, sizeof(event) - 1, ZMQ_DONTWAIT);
	while (n > 0 && event[0] != 0 && event[0] != 1);
	if (n <= 0)
		return 0;
	if ((size_t)n >= sizeof(event))
		n = sizeof(event) - 1;
	(void)snprintf(prefix, size, "%.*s", n - 1, event + 1);
	*left = event[0] == 0;
	return 1;
}

int
link_joined(struct link *link, char *prefix, size_t size)
{
	int left;

	while (link_audience(link, prefix, size, &left))
		if (!left)
			return 1;
	return 0;
}

/* ---- send */

/* <message>/<gateway>/<key>/, without the pace of printf; the length, 0 when it does not fit. */
static size_t
make_topic(const char *message, const char *gateway, const char *key, char topic[MAX_TOPIC])
{
	const char *parts[] = {message, gateway, key};
	size_t i, n, len = 0;

	for (i = 0; i < 3; i++, len += n + 1) {
		n = strlen(parts[i]);
		if (n + 1 > MAX_TOPIC - len)
			return 0;
		memcpy(topic + len, parts[i], n);
		topic[len + n] = '/';
	}
	return len;
}

int
link_send_to(struct link *link, const struct message *message, const char *gateway,
	     const char *key, const void *msg, struct err *err)
{
	int64_t *n = &link->n_sent[message->index];
	struct msg_head head = {message->version, link->run, *n + 1};
	char topic[MAX_TOPIC];
	size_t len, topic_len;

	if (msg_encode(message, &head, msg, link->frame, link->max_bytes, &len, err) < 0)
		return -1;
	topic_len = make_topic(message->name, gateway, key, topic);
	ASSERT(topic_len);
	if (zmq_send(link->socket, topic, topic_len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
		if (errno != EAGAIN && errno != EINTR)
			return err_set(err, errno, "%s: %s", link->row->name, zmq_strerror(errno));
		link->counts.n_blocked++;
		return 0;
	}
	/* a multipart message is accepted whole: the second part cannot block */
	if (zmq_send(link->socket, link->frame, len, 0) < 0)
		return err_set(err, errno, "%s: %s", link->row->name, zmq_strerror(errno));
	++*n;
	link->counts.n_sent++;
	return 1;
}

int
link_send(struct link *link, const struct message *message, const char *key, const void *msg,
	  struct err *err)
{
	return link_send_to(link, message, link->gateway, key, msg, err);
}

/* ---- receive */

/* Takes the rest of a message that has more parts than it should. */
static void
drop_rest(struct link *link)
{
	zmq_msg_t part;

	zmq_msg_init(&part);
	while (zsock_rcvmore(link->sock))
		if (zmq_msg_recv(&part, link->socket, 0) < 0)
			break;
	zmq_msg_close(&part);
}

static int
bad_frame(struct link *link, const char *why, struct err *err)
{
	link->counts.n_bad++;
	drop_rest(link);
	return err_set(err, EBADMSG, "%s: %s", link->row->name, why);
}

int
link_recv_raw(struct link *link, const char **topic, const uint8_t **body, size_t *len,
	      struct err *err)
{
	size_t n;

	if (zmq_msg_recv(&link->head, link->socket, ZMQ_DONTWAIT) < 0)
		return errno == EAGAIN || errno == EINTR
			       ? 0
			       : err_set(err, errno, "%s: %s", link->row->name, zmq_strerror(errno));
	n = zmq_msg_size(&link->head);
	if (n >= sizeof(link->topic) || !zmq_msg_more(&link->head))
		return bad_frame(link, "not a topic and a body", err);
	memcpy(link->topic, zmq_msg_data(&link->head), n);
	link->topic[n] = 0;
	if (zmq_msg_recv(&link->body, link->socket, 0) < 0)
		return err_set(err, errno, "%s: %s", link->row->name, zmq_strerror(errno));
	if (zmq_msg_more(&link->body))
		return bad_frame(link, "more than a topic and a body", err);
	*topic = link->topic;
	*body = zmq_msg_data(&link->body);
	*len = zmq_msg_size(&link->body);
	return 1;
}

/* Counts what is missing between this frame and the last of its kind from its sender. */
static void
watch_for_holes(struct link *link, const struct message *message, const struct msg_head *head)
{
	struct sender *s;

	for (s = link->senders; s < link->senders + MAX_SENDERS; s++)
		if (s->run == head->run && s->message == message->index) {
			if (head->n > s->n + 1)
				link->counts.n_missed += (uint64_t)(head->n - s->n - 1);
			s->n = head->n;
			return;
		}
	s = &link->senders[link->next_sender++ % MAX_SENDERS];
	*s = (struct sender){head->run, head->n, message->index};
}

static void
name_sender(struct link *link, const char *gateway)
{
	size_t n = strcspn(gateway, "/");

	n = n < sizeof(link->from) ? n : sizeof(link->from) - 1;
	memcpy(link->from, gateway, n);
	link->from[n] = 0;
}

int
link_recv(struct link *link, struct link_frame *frame, struct err *err)
{
	const char *slash;
	const uint8_t *body;
	size_t len;
	int r = link_recv_raw(link, &frame->topic, &body, &len, err);

	if (r <= 0)
		return r;
	slash = strchr(frame->topic, '/');
	frame->message = slash ? msg_find(frame->topic, (size_t)(slash - frame->topic)) : NULL;
	if (!frame->message || !link->carries[frame->message->index])
		return bad_frame(link, "a message that does not travel here", err);
	name_sender(link, slash + 1);
	frame->gateway = link->from;
	if (msg_decode(frame->message, body, len, &frame->head, link->msg, err) < 0) {
		link->counts.n_bad++;
		return err_in(err, "%s", link->row->name);
	}
	link->counts.n_received++;
	if (link->row->pattern == PUB_SUB && link->sees_all)
		watch_for_holes(link, frame->message, &frame->head);
	frame->msg = link->msg;
	return 1;
}
