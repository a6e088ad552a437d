/*
 * status - each process, each link, and how far Postgres is behind
 *
 * Heard on the links `beats` (each process speaks once a second) and `news` (alerts that stand
 * are told to whoever comes), and read from the SQLite file; asks nobody, so it works whatever
 * is down.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "services/ihht/verb.h"
#include "services/ihht/view.h"

#define LISTEN_US 1300000  /* a beat a second, and some */

static int
take_alerts(struct view *v, struct link *news, struct err *err)
{
	struct link_frame frame;
	int r;

	while ((r = link_recv(news, &frame, err)) != 0)
		if (r > 0 && frame.message == &msg_alert)
			standing_take(&v->standing, frame.msg);
		else if (r < 0 && err->code != EBADMSG)
			return -1;
	return 0;
}

static int
show(struct ihht *me, struct view *v, struct link *beats, struct link *news, struct err *err)
{
	if (beats_listen(beats, v->beats, clock_mono_us() + LISTEN_US, NULL, err) < 0 ||
	    take_alerts(v, news, err) < 0)
		return -1;
	v->now_us = clock_mono_us();
	v->has_store = lag_read(me->process, &v->lag, &v->no_store) == 0;
	(me->json ? view_json : view_text)(v);
	fflush(stdout);
	return beats_well(v->beats, &v->expected, v->now_us) ? IHHT_OK : IHHT_UNWELL;
}

static int
watch(struct ihht *me, struct view *v, struct link *beats, struct link *news, struct err *err)
{
	while (!ferror(stdout)) {
		if (isatty(STDOUT_FILENO) && !me->json)
			fputs("\033[H\033[2J", stdout);
		if (show(me, v, beats, news, err) < 0)
			return -1;
	}
	return IHHT_OK;
}

static int
wait_ready(struct view *v, struct link *link, double seconds, struct err *err)
{
	int64_t start = clock_mono_us();
	const struct heard *h;
	char n[24];
	size_t i;

	if (beats_listen(link, v->beats, start + (int64_t)(seconds * 1e6), &v->expected, err) < 0)
		return -1;
	v->now_us = clock_mono_us();
	if (beats_well(v->beats, &v->expected, v->now_us)) {
		printf("ready: all %zu processes, after %.1f s\n", v->expected.n,
		       (double)(v->now_us - start) / 1e6);
		return IHHT_OK;
	}
	for (i = 0; i < v->expected.n; i++) {
		h = beats_of(v->beats, v->expected.all[i].name, v->expected.all[i].instance, v->now_us);
		if (h && h->beat.state == PROCESS_READY)
			continue;
		fprintf(stderr, "not ready after %g s: %s%s: %s%s%s\n", seconds,
			v->expected.all[i].name,
			view_instance(v->process, v->expected.all[i].name, v->expected.all[i].instance, n),
			h ? words_text(&words_process_state, h->beat.state) : "silent",
			h && *h->beat.why ? ", " : "", h ? h->beat.why : "");
	}
	return IHHT_UNWELL;
}

static int
run(struct ihht *me, struct view *v, int argc, char **argv, double seconds, struct err *err)
{
	struct link *beats, *news;
	int r;

	if (beats_expect(me->process, &v->expected, err) < 0)
		return -1;
	beats = link_open(me->process, "beats", LINK_IN, err);
	news = beats ? link_open(me->process, "news", LINK_IN, err) : NULL;
	if (!news) {
		link_close(&beats);
		return -1;
	}
	link_subscribe(beats, "beat/");
	link_subscribe(news, "alert/");
	if (argc && !strcmp(argv[0], "--wait"))
		r = wait_ready(v, beats, seconds, err);
	else if (argc)
		r = watch(me, v, beats, news, err);
	else
		r = show(me, v, beats, news, err);
	link_close(&news);
	link_close(&beats);
	return r;
}

int
status_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct view v = {.process = me->process, .beats = calloc(1, sizeof(*v.beats))};
	double seconds = 60;
	struct err err;
	char *end;
	int r;

	ASSERT(v.beats);
	if (argc == 2 && !strcmp(argv[0], "--wait")) {
		seconds = strtod(argv[1], &end);
		argc = *end || !(seconds > 0 && seconds <= 86400) ? 3 : 1;
	}
	if (argc > 1 || (argc && strcmp(argv[0], "--wait") && strcmp(argv[0], "--watch"))) {
		free(v.beats);
		return verb_usage(verb, "takes --watch, or --wait and up to how many seconds");
	}
	r = run(me, &v, argc, argv, seconds, &err);
	free(v.beats);
	if (r < 0)
		return verb_fail(verb, err.code == EINVAL ? PROCESS_FIX_CONFIG : PROCESS_TRY_AGAIN, &err);
	return r;
}
