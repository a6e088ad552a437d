/*
 * two - several processes of ours in one test program, on real sockets in a folder of their own
 */
#ifndef TWO_H
#define TWO_H

#include <czmq.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "proto/link.h"

static char two_folder[] = "/tmp/test_link.XXXXXX";
static int two_n;  /* runs so far */
static void *two_zmq;

/* Until it holds or the time is over. */
#define await(condition, ms)                                                        \
	do {                                                                        \
		int64_t until_ = clock_mono_us() + (ms) * 1000LL;                   \
		while (!(condition) && clock_mono_us() < until_)                    \
			(void)zmq_poll(NULL, 0, 1);                                 \
		ok(clock_mono_us() < until_, "not within %d ms: " #condition, (ms)); \
	} while (0)

static int
two_begin(void)
{
	zsys_handler_set(NULL);
	two_zmq = zmq_ctx_new();
	return mkdtemp(two_folder) != NULL;
}

__attribute__((unused)) static void
two_end(void)
{
	char command[100];

	zmq_ctx_term(two_zmq);
	snprintf(command, sizeof(command), "rm -r %s", two_folder);
	if (system(command))
		puts("# the folder of the sockets stays");
}

/* From now on in a fresh run folder: a closed ipc socket takes its file away late. */
__attribute__((unused)) static void
two_run(void)
{
	char path[60];

	snprintf(path, sizeof(path), "%s/%d", two_folder, ++two_n);
	ok(mkdir(path, 0700) == 0, "%s", path);
}

/* With more settings than gateway/run. NULL and why. */
static struct process *
try_process(const char *name, const char *more, struct err *err)
{
	static struct process_manual manuals[50];
	static int n;
	struct process_manual *manual = &manuals[n++ % 50];
	static const struct conf_key keys[] = {{"instances", CONF_NUMBER, "1", 1, 64, NULL, ""}};
	char path[100];
	FILE *file;

	snprintf(path, sizeof(path), "%s/ihht.conf", two_folder);
	file = fopen(path, "w");
	if (!strstr(more, "gateway\n"))
		fprintf(file, "gateway\n    name = here\n    run = %d\n", two_n);
	fputs(more, file);
	fclose(file);
	*manual = (struct process_manual){name, "", keys, 1};
	return process_open_quietly(manual, path, err);
}

__attribute__((unused)) static struct process *
new_process(const char *name, const char *more)
{
	struct err err;
	struct process *p = try_process(name, more, &err);

	ok(p != NULL, "%s", err.text);
	if (!p)
		abort();
	return p;
}

__attribute__((unused)) static int
readable(void *socket, long ms)
{
	zmq_pollitem_t on = {.socket = socket, .events = ZMQ_POLLIN};

	return zmq_poll(&on, 1, ms) > 0;
}

/* A stranger's socket at a link of ours: connected, or bound when the name begins with @. */
__attribute__((unused)) static void *
raw_socket(int type, const char *link)
{
	char endpoint[100];
	void *socket = zmq_socket(two_zmq, type);
	int linger = 0, ms = 5000;

	zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
	zmq_setsockopt(socket, ZMQ_SNDTIMEO, &ms, sizeof(ms));
	snprintf(endpoint, sizeof(endpoint), "ipc://%s/%d/%s", two_folder, two_n, link + (*link == '@'));
	if ((*link == '@' ? zmq_bind : zmq_connect)(socket, endpoint) < 0)
		printf("# %s: %s\n", endpoint, zmq_strerror(errno));
	return socket;
}

/* What happens to a socket's connections, to be read with has_event(). */
__attribute__((unused)) static void *
watch_socket(void *socket)
{
	static int n;
	char name[40];
	void *watch = zmq_socket(two_zmq, ZMQ_PAIR);

	snprintf(name, sizeof(name), "inproc://watch-%d", n++);
	zmq_socket_monitor(socket, name, ZMQ_EVENT_ALL);
	zmq_connect(watch, name);
	return watch;
}

/* The watcher must not go first: libzmq's thread then waits for ever for somebody to tell. */
__attribute__((unused)) static void
close_watched(void *socket, void *watch)
{
	zmq_socket_monitor(socket, NULL, 0);
	zmq_close(watch);
	zmq_close(socket);
}

__attribute__((unused)) static int
has_event(void *watch, int wanted)
{
	unsigned char event[6], address[300];

	while (readable(watch, 5000)) {
		if (zmq_recv(watch, event, sizeof(event), 0) < 0 ||
		    zmq_recv(watch, address, sizeof(address), 0) < 0)
			return 0;
		if ((event[0] | event[1] << 8) & wanted)
			return 1;
	}
	return 0;
}

#endif
