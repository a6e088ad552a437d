/*
 * app - the app's own database, into sessions of local-store
 *
 *	in      a vitaliti.db, read-only; replies
 *	out     commands to local-store: session_start, session_stop, import, survey, event,
 *	        phase_stats
 *
 * The rules that repair the app's cloud database say what is one session, whose a row is and
 * what was told several times (services/dedupe-auditor/rules/rules.h).  All ids follow from
 * the rows: the same file again adds nothing.  What no rule can place is listed and left.
 */
#include "services/ihht/import/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define DEVICE "vitaliti-app"

static int
take_words(struct app *a, const struct verb *verb, int argc, char **argv)
{
	int i;

	a->device = DEVICE;
	for (i = 0; i < argc; i++) {
		if (!strcmp(argv[i], "--abandoned"))
			a->abandoned = 1;
		else if (!strcmp(argv[i], "--dry-run"))
			a->is_dry = 1;
		else if (!strcmp(argv[i], "--user") || !strcmp(argv[i], "--device")) {
			if (i + 1 == argc)
				return verb_usage(verb, "%s needs a value", argv[i]);
			*(argv[i][2] == 'u' ? &a->user : &a->device) = argv[i + 1];
			i++;
		} else if (argv[i][0] == '-')
			return verb_usage(verb, "%s: no such option", argv[i]);
		else if (a->path)
			return verb_usage(verb, "one FILE at a time");
		else
			a->path = argv[i];
	}
	if (!a->path)
		return verb_usage(verb, "needs a FILE");
	if (a->user && !ids_valid(a->user))
		return verb_usage(verb, "--user %s: must be a UUID in lower case", a->user);
	if (!*a->device || strlen(a->device) > 60)
		return verb_usage(verb, "--device must have 1 to 60 bytes");
	return 0;
}

/* The file's person, or the one that was said when the file says none. */
static int
find_user(struct app *a, ids_uuid found, struct err *err)
{
	int n = in_app_user(a->in, found, err);

	if (n < 0)
		return -1;
	if (n > 1)
		return err_set(err, EBADMSG, "it has readings of %d persons: it is nobody's own", n);
	if (n && !ids_valid(found))
		return err_set(err, EBADMSG, "its person's id is no UUID");
	if (n && a->user && strcmp(a->user, found) != 0)
		return err_set(err, EBADMSG, "its readings are of person %s, not of %s", found, a->user);
	if (!n && !a->user)
		return err_set(err, EBADMSG, "it does not say whose it is: --user does");
	a->user = n ? found : a->user;
	return 0;
}

static void
make_plan(struct app *a)
{
	struct rules_options options = {.now_us = a->now_us, .abandon_us = MSG_NONE};
	size_t i;

	for (i = 0; i < a->model.n_sessions; i++)
		a->model.sessions[i].user_id = legacy_text(&a->model, a->user);
	rules_plan(&a->model, &options, &a->plan);
}

int
import_app_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct app *a = calloc(1, sizeof(*a));
	ids_uuid user;
	struct err err;
	int code;

	ASSERT(a);
	a->me = me;
	a->now_us = clock_utc_us();
	if ((code = take_words(a, verb, argc, argv)) != 0) {
		free(a);
		return code;
	}
	if (!(a->in = in_app_open(a->path, &err)) || find_user(a, user, &err) < 0 ||
	    in_app_model(a->in, &a->model, &a->n_bad_times, &err) < 0) {
		(void)err_in(&err, "%s", a->path);
		code = verb_fail(verb, IHHT_UNWELL, &err);
	} else if (make_plan(a), !a->is_dry && !(a->client = client_open(me->process, &err))) {
		code = verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	} else if (app_send(a, &err) < 0) {
		code = verb_fail(verb, err.code == EAGAIN ? PROCESS_TRY_AGAIN : IHHT_UNWELL, &err);
	} else {
		me->json ? app_print_json(a) : app_print(a);
		code = a->n_refused ? IHHT_UNWELL : IHHT_OK;
	}
	client_close(&a->client);
	in_app_close(&a->in);
	plan_clear(&a->plan);
	legacy_clear(&a->model);
	free(a);
	return code;
}
