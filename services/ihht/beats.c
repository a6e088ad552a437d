#include "services/ihht/beats.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>

#include "common/clock.h"

static const char *
known_name(const char *text, size_t len)
{
	const char *name;
	size_t i;

	for (i = 0; (name = link_process(i)); i++)
		if (strlen(name) == len && !strncmp(name, text, len))
			return name;
	return NULL;
}

int
beats_expect(const struct process *process, struct expected *expected, struct err *err)
{
	const char *p = conf_text(process->conf, "processes"), *name;
	size_t len;
	int i, n;

	expected->n = 0;
	for (p += strspn(p, " "); *p; p += len, p += strspn(p, " ")) {
		len = strcspn(p, " ");
		if (!(name = known_name(p, len)))
			return err_set(err, EINVAL, "ihht/processes: %.*s: no such process; see "
				       "docs/reference.md", (int)len, p);
		n = process_instances(process, name);
		for (i = 1; i <= n && expected->n < BEATS_MAX; i++) {
			expected->all[expected->n].name = name;
			expected->all[expected->n++].instance = i;
		}
	}
	return 0;
}

void
beats_take(struct beats *beats, const struct beat *beat, int64_t now_us)
{
	struct heard *h = beats->heard;

	while (h < beats->heard + beats->n &&
	       (h->beat.instance != beat->instance || strcmp(h->beat.process, beat->process)))
		h++;
	if (h == beats->heard + BEATS_MAX)
		return;
	beats->n += h == beats->heard + beats->n;
	h->beat = *beat;
	h->at_us = now_us;
}

const struct heard *
beats_of(const struct beats *beats, const char *name, int instance, int64_t now_us)
{
	const struct heard *h;

	for (h = beats->heard; h < beats->heard + beats->n; h++)
		if (h->beat.instance == instance && !strcmp(h->beat.process, name))
			return now_us - h->at_us <= BEATS_OLD_US ? h : NULL;
	return NULL;
}

int
beats_well(const struct beats *beats, const struct expected *expected, int64_t now_us)
{
	const struct heard *h;
	size_t i;

	for (i = 0; i < expected->n; i++) {
		h = beats_of(beats, expected->all[i].name, expected->all[i].instance, now_us);
		if (!h || h->beat.state != PROCESS_READY)
			return 0;
	}
	return 1;
}

static int
take_all(struct link *link, struct beats *beats, int64_t now_us, struct err *err)
{
	struct link_frame frame;
	int r;

	while ((r = link_recv(link, &frame, err)) != 0)
		if (r > 0)
			beats_take(beats, frame.msg, now_us);
		else if (err->code != EBADMSG)
			return -1;
	return 0;
}

int
beats_listen(struct link *link, struct beats *beats, int64_t until_us,
	     const struct expected *expected, struct err *err)
{
	zmq_pollitem_t on = {.socket = link_socket(link), .events = ZMQ_POLLIN};
	int64_t now;

	while ((now = clock_mono_us()) < until_us) {
		if (expected && beats_well(beats, expected, now))
			break;
		if (zmq_poll(&on, 1, clock_until_ms(until_us, now, 1000)) < 0 && errno != EINTR)
			return err_set(err, errno, "poll: %s", zmq_strerror(errno));
		if (take_all(link, beats, clock_mono_us(), err) < 0)
			return -1;
	}
	return 0;
}
