/*
 * view - what `ihht status` has seen, as tables for people or as JSON
 */
#ifndef VIEW_H
#define VIEW_H

#include <jansson.h>

#include "proto/standing.h"
#include "services/ihht/beats.h"
#include "services/ihht/lag.h"

struct view {
	struct process *process;
	struct expected expected;
	struct beats *beats;
	struct standing standing;
	struct lag lag;
	int has_store;
	struct err no_store;
	int64_t now_us;
};

void view_text(const struct view *view);
void view_json(const struct view *view);

/* The alerts that stand, as a table or as JSON; one of them as JSON.  Gives what it makes. */
void view_alerts(const struct standing *standing);
json_t *view_alerts_json(const struct standing *standing);
json_t *view_alert_json(const struct alert *alert);

/* "12s", "3m05s", "2h10m", "4d03h" */
const char *view_span(int64_t us, char text[32]);

/* "-2", where there may be several of that process. */
const char *view_instance(const struct process *process, const char *name, int64_t instance,
			  char text[24]);

#endif
