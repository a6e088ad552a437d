/*
 * health - what the beats of all processes say, for GET /api/health and GET /metrics
 *
 * "ok": local-store and sync-worker are ready and Postgres answers.  "degraded": something of that is
 * not so, and `problems` says what; nothing recorded is lost by it.  "down": neither commands nor
 * reads would work (status 503).  `alerts` are those that stand: {"name","level","text","at_us"}.
 */
#ifndef HEALTH_H
#define HEALTH_H

#include "proto/msg.h"

#define HEALTH_FRESH_US 3000000  /* a process not heard for so long is away */
#define HEALTH_MOST     64       /* processes remembered */
#define HEALTH_EARLIER  3        /* beats before the last one, of each */
#define HEALTH_ALERTS   32       /* rules remembered */

struct health {
	struct {
		struct beat beat;
		struct beat earlier[HEALTH_EARLIER];  /* of the same run, oldest first */
		int64_t at_us;  /* clock_mono_us() */
	} seen[HEALTH_MOST];
	size_t n;
	struct alert alerts[HEALTH_ALERTS];  /* the last one of each rule; LEVEL_INFO: it is over */
	size_t n_alerts;
};

void health_alert(struct health *health, const struct alert *alert);
void health_beat(struct health *health, const struct beat *beat, int64_t now_us);

/* Its last beat is fresh. */
int health_has(const struct health *health, const char *process, int64_t now_us);

/* malloc'ed JSON and the HTTP status. */
char *health_text(const struct health *health, int postgres_up, int64_t now_us, int *status,
		  size_t *len);

#endif
