#include "services/dedupe-auditor/watch/watch.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#define RESTS 20                        /* at most 5 % of a core */
#define RETRY (30 * CLOCK_SECOND)       /* it is not there */

void
watch_init(struct watch *w, struct process *process, const char *config, const char *record_path,
	   struct record *record, struct link *alerts)
{
	const char *old = conf_find(process->conf, "postgres", "migrate");
	const char *slash = strrchr(record_path, '/');

	*w = (struct watch){.process = process, .record = record, .alerts = alerts, .on = old && *old};
	(void)snprintf(w->dir, sizeof(w->dir), "%.*s", slash ? (int)(slash - record_path) : 1,
		       slash ? record_path : ".");
	w->old = (struct old){.config = config, .dir = w->dir,
			      .repair = !strcmp(conf_text(process->conf, "old-repair"), "certain")};
}

/* Once when there is something, once when it is over. */
static void
tell(struct watch *w)
{
	const struct findings *f = &w->old.found;
	int found = f->n_sessions || f->n_left;
	struct alert alert;
	struct err err;

	if (found == w->alerted)
		return;
	msg_clear(&msg_alert, &alert);
	(void)snprintf(alert.name, sizeof(alert.name), "old_database_dirty");
	alert.level = found ? LEVEL_WARN : LEVEL_INFO;
	alert.at_us = clock_utc_us();
	(void)snprintf(alert.text, sizeof(alert.text), "the app's old database: %lld sessions to repair, "
		       "%lld cases to decide; `ihht audit` lists them", (long long)f->n_sessions,
		       (long long)f->n_left);
	if (link_send(w->alerts, &msg_alert, alert.name, &alert, &err) > 0)
		w->alerted = found;
}

void
watch_look(struct watch *w, struct pause *pause)
{
	int64_t began_us = clock_mono_us(), rest_us;
	struct err err;
	int r;

	if (!w->on || began_us < w->next_us)
		return;
	r = old_look(&w->old, w->record, pause, &err);
	rest_us = r > 0 ? 0 : conf_number(w->process->conf, "old-interval") * CLOCK_SECOND;
	if (r < 0)
		rest_us = RETRY;
	if (rest_us < RESTS * (clock_mono_us() - began_us))
		rest_us = RESTS * (clock_mono_us() - began_us);
	w->next_us = clock_mono_us() + rest_us;
	if (r == 0)
		tell(w);
	if (r < 0 && !pause->stopped && log_often(&w->away, clock_mono_us())) {
		log_warn("cannot_look_at_old", "why=\"%s\" before=%llu", err.text,
			 (unsigned long long)w->away.n);
		w->away.n = 0;
	}
}
