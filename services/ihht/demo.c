/*
 * demo - plays the people and the app around mock oximeters
 *
 *	in      the clock; replies (news) from local-store
 *	out     commands to local-store
 *
 * The mock and the demo do not talk: both follow proto/schedule.h.  See player.h.
 */
#include <czmq.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/sig.h"
#include "services/ihht/player.h"
#include "services/ihht/verb.h"

#define TICK_MS 250

struct demo {
	struct stage stage;
	struct player *players;
	size_t n_players;
};

/* A setting of ble-ingest's, with its default: the mock is what is played for. */
static int64_t
number_of(const struct process *process, const char *name, int64_t fallback)
{
	const char *value = conf_find(process->conf, "ble-ingest", name);

	return value && atoll(value) > 0 ? atoll(value) : fallback;
}

static void
cast_players(struct demo *me, const struct process *process)
{
	unsigned i;

	me->stage.schedule.altitude_s = number_of(process, "altitude-seconds", 420);
	me->stage.schedule.recovery_s = number_of(process, "recovery-seconds", 180);
	me->n_players = (size_t)number_of(process, "devices", 3);
	me->players = calloc(me->n_players, sizeof(*me->players));
	ASSERT(me->players);
	for (i = 0; i < me->n_players; i++)
		player_init(&me->players[i], i);
}

static int
loop(struct demo *me, struct err *err)
{
	zmq_pollitem_t on = {.fd = me->stage.signals, .events = ZMQ_POLLIN};
	size_t i;
	int r;

	while (!on.revents) {
		/* without an answer the others would get none either */
		for (i = 0, r = 1; i < me->n_players && r == 1; i++)
			r = player_play(&me->stage, &me->players[i], err);
		if (r < 0)
			return err->code == EINTR ? 0 : -1;
		if (zmq_poll(&on, 1, TICK_MS) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
	}
	return 0;
}

int
demo_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct demo demo = {0};
	struct err err;
	int code = IHHT_OK;

	(void)argv;
	if (argc)
		return verb_usage(verb, "takes no arguments");
	log_open("ihht-demo");
	cast_players(&demo, me->process);
	if ((demo.stage.signals = sig_open(&err)) < 0 || !(demo.stage.client = client_open(me->process, &err)))
		code = PROCESS_TRY_AGAIN;
	else {
		log_info("ready", "devices=%zu", demo.n_players);
		code = loop(&demo, &err) < 0 ? PROCESS_TRY_AGAIN : IHHT_OK;
	}
	if (code)
		log_error("stopped", "why=\"%s\"", err.text);
	else
		log_info("stopped", "sessions=%llu told=%llu refused=%llu unanswered=%llu",
			 (unsigned long long)demo.stage.n_sessions, (unsigned long long)demo.stage.n_told,
			 (unsigned long long)demo.stage.n_refused, (unsigned long long)demo.stage.n_unanswered);
	client_close(&demo.stage.client);
	free(demo.players);
	return code;
}
