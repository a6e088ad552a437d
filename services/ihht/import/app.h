/*
 * app - one import of the app's own database, between its files
 */
#ifndef APP_H
#define APP_H

#include "services/dedupe-auditor/rules/rules.h"
#include "services/ihht/client.h"
#include "services/ihht/import/in_app.h"
#include "services/ihht/verb.h"

#define APP_LANES 9      /* sessions at one time: a device's do not overlap */

struct app {
	struct ihht *me;
	const char *path, *user, *device;
	int abandoned, is_dry;
	struct in_app *in;
	struct client *client;            /* NULL: is_dry */
	struct legacy model;
	struct plan plan;
	int64_t now_us;

	/* the session that is being sent */
	const struct entry *session;      /* the one that adopts it; NULL: it could not be made */
	int64_t end_us;                   /* with readings that came a little later */

	int64_t lanes_us[APP_LANES];          /* until when each is taken */
	int64_t n_sessions, n_again, n_refused, n_bad, n_late, n_metrics, n_bad_times;
	int64_t n_added, n_seen;          /* readings */
	int64_t n_records, n_records_seen;
	char refused[400];                /* the first one */
	struct import piece;
};

/* app_send.c: carries out the plan; -1 local-store does not answer. */
int app_send(struct app *app, struct err *err);

/* app_tell.c: what became of it. */
void app_print(const struct app *app);
void app_print_json(const struct app *app);

#endif
