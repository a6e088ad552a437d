#include "tests/simulate/net.h"

#include <stdlib.h>

#define HOP_US 2000

struct net {
	struct frame *heap;
	size_t n, room;
	uint64_t order;
	size_t waiting[N_PARTIES];
	int64_t last_us[N_PARTIES];    /* a link keeps the order of its frames */
	void *decoded;
	uint8_t *bytes;
	size_t most;
};

void
net_new(void)
{
	struct net *net = calloc(1, sizeof(*net));
	const struct message *m;
	size_t most = 0;
	int i;

	for (i = 0; (m = msg_at(i)); i++) {
		most = m->size > most ? m->size : most;
		net->most = m->max_bytes > net->most ? m->max_bytes : net->most;
	}
	net->decoded = malloc(most);
	net->bytes = malloc(net->most);
	world->net = net;
}

void
net_free(void)
{
	struct net *net = world->net;

	while (net->n)
		free(net->heap[--net->n].bytes);
	free(net->heap);
	free(net->decoded);
	free(net->bytes);
	free(net);
	world->net = NULL;
}

/* ---- the heap: the earliest is heap[0] */

static bool
before(const struct frame *a, const struct frame *b)
{
	return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void
swap(struct frame *a, struct frame *b)
{
	struct frame c = *a;

	*a = *b;
	*b = c;
}

static void
push(struct net *net, const struct frame *frame)
{
	size_t i;

	if (net->n == net->room) {
		net->room = net->room ? 2 * net->room : 1024;
		net->heap = realloc(net->heap, net->room * sizeof(*net->heap));
	}
	net->heap[i = net->n++] = *frame;
	for (; i && before(&net->heap[i], &net->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&net->heap[i], &net->heap[(i - 1) / 2]);
	net->waiting[frame->to]++;
}

static struct frame
pop(struct net *net)
{
	struct frame first = net->heap[0];
	size_t i = 0, least;

	net->heap[0] = net->heap[--net->n];
	for (;; i = least) {
		least = 2 * i + 1;
		if (least >= net->n)
			break;
		if (least + 1 < net->n && before(&net->heap[least + 1], &net->heap[least]))
			least++;
		if (!before(&net->heap[least], &net->heap[i]))
			break;
		swap(&net->heap[i], &net->heap[least]);
	}
	net->waiting[first.to]--;
	return first;
}

/* ---- frames */

static void
put(struct net *net, enum party to, const struct message *message, size_t len, int64_t due_us)
{
	struct frame frame = {due_us, net->order++, to, message, len, malloc(len)};

	memcpy(frame.bytes, net->bytes, len);
	push(net, &frame);
}

static size_t
encode(struct net *net, const struct message *message, const void *msg)
{
	struct msg_head head = {message->version, 1, 1};
	struct err err;
	size_t len;

	if (msg_encode(message, &head, msg, net->bytes, net->most, &len, &err) < 0)
		broken("what is sent keeps its limits: %s: %s", message->name, err.text);
	return len;
}

void
net_send_again(enum party to, const struct message *message, const void *msg, int64_t after_us)
{
	size_t len = encode(world->net, message, msg);

	put(world->net, to, message, len, world->mono_us + after_us);
}

void
net_send(enum party to, const struct message *message, const void *msg)
{
	struct net *net = world->net;
	int64_t due_us = world->mono_us + HOP_US;
	size_t len = encode(net, message, msg);

	if (one_in(world->weather.drop)) {
		world->n.frames_lost++;
		return;
	}
	if (one_in(world->weather.late)) {
		world->n.frames_late++;
		put(net, to, message, len, due_us + up_to(20 * SECOND_US));
		return;
	}
	if (due_us < net->last_us[to])
		due_us = net->last_us[to];
	net->last_us[to] = due_us;
	put(net, to, message, len, due_us);
	if (one_in(world->weather.twice)) {
		world->n.frames_twice++;
		put(net, to, message, len, due_us + up_to(5 * SECOND_US));
	}
}

size_t
net_waiting(enum party to)
{
	return world->net->waiting[to];
}

void
net_died(enum party to)
{
	struct net *net = world->net;
	struct frame *old = net->heap;
	size_t i, n = net->n;

	net->heap = NULL;
	net->n = net->room = net->waiting[to] = 0;
	for (i = 0; i < n; i++)
		if (old[i].to == to) {
			free(old[i].bytes);
		} else {
			net->waiting[old[i].to]--;
			push(net, &old[i]);
		}
	free(old);
}

int64_t
net_due_us(void)
{
	return world->net->n ? world->net->heap[0].due_us : INT64_MAX;
}

enum party
net_next(const struct message **message, const void **msg)
{
	struct net *net = world->net;
	struct frame frame = pop(net);
	struct msg_head head;
	struct err err;

	if (msg_decode(frame.message, frame.bytes, frame.len, &head, net->decoded, &err) < 0)
		broken("what was encoded is decoded: %s", err.text);
	free(frame.bytes);
	*message = frame.message;
	*msg = net->decoded;
	return frame.to;
}
