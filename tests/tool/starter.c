/*
 * starter - many sessions at once, for benchmarks
 *
 *	starter COUNT FORMAT [START_US]      as: starter 1000 mock-%03d
 *
 * Ends when local-store has answered all of them.  ihht.conf by $IHHT_CONF.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "proto/ids.h"
#include "proto/link.h"

static const struct process_manual manual = {"ihht", "starter", NULL, 0};

static void
send_start(struct link *commands, int n, const char *format, int64_t start_us)
{
	struct session_start start;
	struct err err;

	msg_clear(&msg_session_start, &start);
	ids_random(start.request_id);
	ids_random(start.user_id);
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(start.device_id, sizeof(start.device_id), format, n);
	start.start_us = start_us;
	while (link_send(commands, &msg_session_start, start.device_id, &start, &err) <= 0)
		usleep(1000);
}

static int
replies(struct link *news, long wait_ms)
{
	zmq_pollitem_t on = {.socket = link_socket(news), .events = ZMQ_POLLIN};
	struct link_frame frame;
	struct err err;
	int n = 0;

	zmq_poll(&on, 1, wait_ms);
	while (link_recv(news, &frame, &err) > 0)
		n += frame.message == &msg_reply;
	return n;
}

int
main(int argc, char **argv)
{
	struct err err = {0};
	struct process *process;
	struct link *news, *commands;
	int64_t start_us = argc > 3 ? atoll(argv[3]) : MSG_NONE;
	int count = argc > 2 ? atoi(argv[1]) : 0, asked = 1, answered = 1;

	process = process_open_quietly(&manual, NULL, &err);
	news = process ? link_open(process, "news", LINK_IN, &err) : NULL;
	commands = news ? link_open(process, "commands", LINK_OUT, &err) : NULL;
	if (!commands || count < 1) {
		fprintf(stderr, "starter: %s\n", count < 1 ? "COUNT FORMAT [START_US]" : err.text);
		return 2;
	}
	link_subscribe(news, "reply/");
	do  /* until the answer shows that news reach us */
		send_start(commands, 1, argv[2], start_us);
	while (!replies(news, 200));
	while (answered < count) {
		if (asked < count && asked - answered < 200)
			send_start(commands, ++asked, argv[2], start_us);
		answered += replies(news, asked < count && asked - answered < 200 ? 0 : 100);
	}
	link_close(&commands);
	link_close(&news);
	process_close(&process);
	return 0;
}
