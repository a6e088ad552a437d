#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/ids.h"
#include "services/dedupe-auditor/change/guards.h"
#include "services/dedupe-auditor/change/link_index.h"
#include "services/dedupe-auditor/change/out_journal.h"
#include "services/dedupe-auditor/change/turn.h"
#include "services/dedupe-auditor/change/undo.h"
#include "services/dedupe-auditor/migrate/migrate.h"

/* A plan is named by its file or, when that is gone, by its id. */
int
migrate_plan_id(const char *name, ids_uuid id, struct err *err)
{
	struct plan_file file = {0};
	FILE *from;
	int r;

	if (access(name, F_OK) < 0 && ids_valid(name)) {
		(void)snprintf(id, sizeof(ids_uuid), "%s", name);
		return 0;
	}
	if (!(from = fopen(name, "r")))
		return err_set(err, errno, "%s: %s", name, strerror(errno));
	r = plan_file_read(&file, from, err);
	(void)fclose(from);
	if (r == 0)
		(void)snprintf(id, sizeof(ids_uuid), "%s", file.head.id);
	plan_file_clear(&file);
	return r < 0 ? err_in(err, "%s", name) : 0;
}

static void
tell(const struct migrate *m, const struct undo *u)
{
	json_t *o, *left = json_array();
	int i;

	if (!m->json) {
		printf("undone: %lld sessions, %lld rows\n", (long long)u->n_undone, (long long)u->n_rows);
		if (u->n_left)
			printf("left as they are now, because they were changed since: %lld rows\n",
			       (long long)u->n_left);
		for (i = 0; i < u->n_lines; i++)
			printf("  %s\n", u->lines[i]);
		if (u->n_refused)
			printf("refused: %lld sessions; the last: %s\n", (long long)u->n_refused, u->why);
		json_decref(left);
		return;
	}
	for (i = 0; i < u->n_lines; i++)
		json_array_append_new(left, json_string(u->lines[i]));
	o = json_pack("{s:I, s:I, s:I, s:o, s:I}", "undone", (json_int_t)u->n_undone, "rows",
		      (json_int_t)u->n_rows, "left", (json_int_t)u->n_left, "left_rows", left, "refused",
		      (json_int_t)u->n_refused);
	(void)json_dumpf(o, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	json_decref(o);
}

/* Duplicates will be back: their indexes go first. */
static int
carry_out(struct migrate *m, struct undo *undo, struct err *err)
{
	struct link_indexes indexes = {.pg = m->pg, .shape = &m->shape, .is_silent = m->json};
	struct quiet quiet = {0};
	int i, r = undo->n_entries ? guards_drop_indexes(m->pg, err) : 0;

	undo->quiet = &quiet;
	if (r == 0 && undo->n_entries) {
		shape_release(&m->shape);
		r = shape_read(&m->shape, m->pg, m->schema, err);
	}
	if (r == 0)
		r = quiet_open(&quiet, m->pg, &m->shape, err);
	for (i = 0; r == 0 && undo->n_entries && i < m->shape.n_tables; i++)
		r = sql_run(m->pg, NULL, err, "ANALYZE %s", m->shape.tables[i].archive);
	if (r == 0)
		r = link_indexes_make(&indexes, err);
	if (r == 0)
		r = undo_run(undo, err);
	link_indexes_drop(&indexes);
	if (r == 0)
		r = guards_drop_redirect(m->pg, err);
	quiet_close(&quiet);
	return r;
}

int
migrate_undo(struct migrate *m, struct err *err)
{
	ids_uuid plan;
	struct undo undo = {.pg = m->pg, .shape = &m->shape, .pause = &m->pause, .plan = plan,
			    .sessions = m->sessions, .n_sessions = m->n_sessions};
	int is_there, has_begun, r = migrate_plan_id(m->file, plan, err);
	struct err unsaid;

	if (r == 0)
		r = journal_is_there(m->pg, &is_there, err);
	if (r == 0 && !is_there)
		r = err_set(err, ENOENT, "nothing was ever applied here");
	if (r == 0)
		r = turn_take(m->pg, err);
	if (r == 0)
		r = migrate_begins(m, plan, err);
	has_begun = r == 0;
	if (r == 0)
		r = journal_open(m->pg, &m->shape, err);
	if (r == 0)
		r = undo_find(&undo, err);
	if (r == 0)
		r = carry_out(m, &undo, err);
	if (has_begun && migrate_ends(m, plan, r < 0 ? &unsaid : err, "sessions=%lld rows=%lld left=%lld refused=%lld "
				      "failed=%d", (long long)undo.n_undone, (long long)undo.n_rows,
				      (long long)undo.n_left, (long long)undo.n_refused, r < 0) < 0)
		r = -1;
	if (r == 0) {
		tell(m, &undo);
		r = undo.n_left || undo.n_refused ? MIGRATE_UNWELL : 0;
	}
	undo_release(&undo);
	return r;
}
