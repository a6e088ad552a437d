/*
 * alerts - what somebody should look at, now or as it comes
 *
 *	in      news (alert) from local-store, which tells whoever comes what stands
 *
 * --run is the hook to mail, pagers and bells: a command of your own for each alert that
 * begins, gets worse or ends.
 */
#include <czmq.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "proto/link.h"
#include "services/ihht/rows.h"
#include "services/ihht/verb.h"
#include "services/ihht/view.h"

#define LISTEN_US 1300000
#define RUN_S     "30"            /* a command that takes longer is ended */

struct listener {
	struct ihht *ihht;
	struct link *news;
	const char *command;      /* NULL: none */
	int is_follow;
	struct standing standing;
};

/* ---- telling */

static void
run_command(const struct listener *me, const struct alert *a)
{
	char *argv[] = {"timeout", RUN_S, "sh", "-c", (char *)(uintptr_t)me->command, NULL};
	extern char **environ;
	int status;
	pid_t pid;

	setenv("ALERT_NAME", a->name, 1);
	setenv("ALERT_LEVEL", words_text(&words_level, a->level), 1);
	setenv("ALERT_TEXT", a->text, 1);
	setenv("ALERT_GATEWAY", me->ihht->process->gateway, 1);
	if (posix_spawnp(&pid, "timeout", NULL, NULL, argv, environ) != 0) {
		fprintf(stderr, "ihht alerts: no command could be run\n");
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		fprintf(stderr, "ihht alerts: the command for %s has failed\n", a->name);
}

static void
tell(const struct listener *me, const struct alert *a)
{
	char at[CLOCK_TEXT];
	json_t *json;

	if (me->ihht->json) {
		json = view_alert_json(a);
		json_dumpf(json, stdout, JSON_COMPACT);
		json_decref(json);
		putchar('\n');
	} else {
		printf("%s %s %s: %s\n", clock_text(a->at_us, at), words_text(&words_level, a->level),
		       a->name, a->text);
	}
	fflush(stdout);
	if (me->command)
		run_command(me, a);
}

static int
tell_all(const struct listener *me)
{
	if (me->ihht->json)
		rows_print_json(view_alerts_json(&me->standing));
	else
		view_alerts(&me->standing);
	return me->standing.n ? IHHT_UNWELL : IHHT_OK;
}

/* ---- hearing */

/* While one lasts it is told every minute: only what is new is told on. */
static void
take(struct listener *me, const struct alert *a)
{
	int64_t before = standing_level(&me->standing, a->name);

	standing_take(&me->standing, a);
	if (me->is_follow && a->level != before)
		tell(me, a);
}

static int
hear(struct listener *me, int64_t until_us, struct err *err)
{
	zmq_pollitem_t on = {.socket = link_socket(me->news), .events = ZMQ_POLLIN};
	struct link_frame frame;
	int64_t now;
	int r;

	while ((now = clock_mono_us()) < until_us && !ferror(stdout)) {
		if (zmq_poll(&on, 1, clock_until_ms(until_us, now, 1000)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		while ((r = link_recv(me->news, &frame, err)) != 0) {
			if (r < 0 && err->code != EBADMSG)
				return -1;
			if (r > 0 && frame.message == &msg_alert)
				take(me, frame.msg);
		}
	}
	return 0;
}

int
alerts_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct listener *l = calloc(1, sizeof(*l));
	struct err err;
	int r;

	ASSERT(l);
	l->ihht = me;
	l->is_follow = argc > 0 && !strcmp(argv[0], "--follow");
	if (l->is_follow && argc == 3 && !strcmp(argv[1], "--run"))
		l->command = argv[2];
	if (argc != (l->command ? 3 : l->is_follow)) {
		free(l);
		return verb_usage(verb, "takes --follow, and with it --run and a command");
	}
	r = (l->news = link_open(me->process, "news", LINK_IN, &err)) ? 0 : -1;
	if (!r)
		link_subscribe(l->news, "alert/");
	if (!r)
		r = hear(l, l->is_follow ? INT64_MAX : clock_mono_us() + LISTEN_US, &err);
	if (!r && !l->is_follow)
		r = tell_all(l);
	link_close(&l->news);
	free(l);
	return r < 0 ? verb_fail(verb, PROCESS_TRY_AGAIN, &err) : r;
}
