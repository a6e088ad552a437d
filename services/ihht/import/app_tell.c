/* What became of an import, for people and as JSON. */
#include "services/ihht/import/app.h"

#include <jansson.h>
#include <string.h>

#include "services/ihht/rows.h"

static void
print_left(const struct app *a)
{
	const struct entry *e;

	for (e = a->plan.entries; e < a->plan.entries + a->plan.n; e++)
		if (e->kind == ENTRY_LEAVE && strcmp(e->rule, "settle") != 0 &&
		    strcmp(e->rule, "abandon") != 0)
			printf("  left: %lld row%s of %s, %s under %s\n", (long long)e->n,
			       e->n == 1 ? "" : "s", legacy_table_name(e->table), e->why,
			       e->n_members && e->members[0] ? e->members[0] : "no id");
}

void
app_print(const struct app *a)
{
	printf("%s\n  person %s\n", a->path, a->user);
	if (a->is_dry)
		printf("  would import %lld sessions, %lld readings, %lld surveys, events and phases\n",
		       (long long)a->n_sessions, (long long)a->n_added, (long long)a->n_records);
	else
		printf("  sessions: %lld, %lld of them known already\n"
		       "  readings: %lld added, %lld known already\n"
		       "  surveys, events, phases: %lld added, %lld known already\n",
		       (long long)a->n_sessions, (long long)a->n_again, (long long)a->n_added,
		       (long long)a->n_seen, (long long)a->n_records, (long long)a->n_records_seen);
	if (a->n_metrics)
		printf("  not imported: %lld rows of cycle and adaptation metrics, which readings give\n",
		       (long long)a->n_metrics);
	if (a->n_late)
		printf("  left out: %lld readings outside their session's span\n", (long long)a->n_late);
	if (a->n_bad_times)
		printf("  left out: %lld values that are no time\n", (long long)a->n_bad_times);
	if (a->n_refused)
		printf("  refused: %lld, the first: %s\n", (long long)a->n_refused, a->refused);
	if (a->n_bad)
		printf("  left out: %lld rows of sessions that were refused\n", (long long)a->n_bad);
	print_left(a);
}

void
app_print_json(const struct app *a)
{
	json_t *left = json_array();
	const struct entry *e;

	for (e = a->plan.entries; e < a->plan.entries + a->plan.n; e++)
		if (e->kind == ENTRY_LEAVE)
			(void)json_array_append_new(left, json_pack("{ss ss sI ss}", "rule", e->rule, "table",
					legacy_table_name(e->table), "rows", (json_int_t)e->n, "why", e->why));
	rows_print_json(json_pack("{ss ss sb sI sI sI sI sI sI sI sI sI so}", "file", a->path, "user_id",
				  a->user, "dry_run", a->is_dry, "sessions", (json_int_t)a->n_sessions,
				  "sessions_seen", (json_int_t)a->n_again, "readings_added",
				  (json_int_t)a->n_added, "readings_seen", (json_int_t)a->n_seen,
				  "records_added", (json_int_t)a->n_records, "records_seen",
				  (json_int_t)a->n_records_seen, "outside", (json_int_t)a->n_late,
				  "refused", (json_int_t)a->n_refused, "bad_times",
				  (json_int_t)a->n_bad_times, "left", left));
}
