#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/change/apply.h"
#include "services/dedupe-auditor/change/backup.h"
#include "services/dedupe-auditor/change/guards.h"
#include "services/dedupe-auditor/change/link_index.h"
#include "services/dedupe-auditor/change/turn.h"
#include "services/dedupe-auditor/migrate/migrate.h"

static int
read_plan(const char *path, const struct shape *shape, struct plan_file *file, struct err *err)
{
	FILE *from = fopen(path, "r");
	int r;

	if (!from)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	r = plan_file_read(file, from, err);
	(void)fclose(from);
	if (r < 0)
		return err_in(err, "%s", path);
	if (strcmp(file->head.identity, shape->identity) != 0)
		return err_set(err, EINVAL, "%s was made for another database (%s); plan again for this one",
			       path, file->head.database);
	if (strcmp(file->head.schema, shape->schema) != 0)
		return err_set(err, EINVAL, "%s was made for schema %s: say --schema %s", path,
			       file->head.schema, file->head.schema);
	return 0;
}

/* Once for a plan, before its first change. */
static int
back_up(struct migrate *m, const struct plan_file *file, struct err *err)
{
	struct backup backup = {.pg = m->pg, .conninfo = m->conninfo, .shape = &m->shape,
				.plan = file->head.id, .beside = m->file, .dir = m->backup_dir};
	char *there;
	int r;

	if (journal_plan(m->pg, file, &there, err) < 0)
		return -1;
	if (there) {
		free(there);
		return 0;
	}
	r = backup_take(&backup, err);
	if (r == 0)
		r = journal_backup(m->pg, file->head.id, backup.path, err);
	if (r == 0 && !m->json)
		printf("backup: %s, %lld rows, %.1f MB, restored and compared\n", backup.path,
		       (long long)backup.rows, (double)backup.bytes / 1e6);
	return r;
}

static void
tell(const struct migrate *m, const struct apply *a, const struct guards *g)
{
	json_t *o;
	int i;

	if (m->json) {
		o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:i, s:i}", "applied", (json_int_t)a->n_applied,
			      "rows", (json_int_t)a->n_rows, "before", (json_int_t)a->n_before, "refused",
			      (json_int_t)a->n_refused, "left", (json_int_t)a->n_left, "guards",
			      g->n_made + g->n_there, "guards_refused", g->n_refused);
		(void)json_dumpf(o, stdout, JSON_COMPACT);
		(void)fputc('\n', stdout);
		json_decref(o);
		return;
	}
	printf("applied: %lld sessions, %lld rows", (long long)a->n_applied, (long long)a->n_rows);
	if (a->n_before)
		printf("; %lld sessions were done before", (long long)a->n_before);
	printf("\n");
	if (a->n_left)
		printf("left for later: %lld sessions of this plan\n", (long long)a->n_left);
	if (a->n_refused)
		printf("refused: %lld sessions, as they were; the last: %s\n"
		       "  (all: SELECT session, why FROM ihht_migration.entries WHERE state = 'refused')\n",
		       (long long)a->n_refused, a->why);
	for (i = 0; i < g->n_lines; i++)
		printf("%s\n", g->lines[i]);
}

/* From the first thing made in the database on. */
static int
carry_out(struct migrate *m, struct apply *apply, struct guards *guards, struct err *err)
{
	struct link_indexes indexes = {.pg = m->pg, .shape = &m->shape, .is_silent = m->json};
	struct quiet quiet = {0};
	int r = journal_open(m->pg, &m->shape, err);

	apply->quiet = &quiet;
	if (r == 0 && apply->file->n_blocks)
		r = back_up(m, apply->file, err);
	if (r == 0)
		r = guards_redirect(m->pg, &m->shape, err);
	if (r == 0)
		r = quiet_open(&quiet, m->pg, &m->shape, err);
	if (r == 0)
		r = link_indexes_make(&indexes, err);
	if (r == 0)
		r = apply_run(apply, err);
	/* while some of what was wanted is not done, nothing unique can be asked for */
	if (r == 0 && !apply->n_left && !apply->n_refused)
		r = guards_make(guards, m->pg, &m->shape, err);
	link_indexes_drop(&indexes);
	quiet_close(&quiet);
	return r;
}

int
migrate_apply(struct migrate *m, struct err *err)
{
	struct plan_file file = {0};
	struct guards guards = {0};
	struct phones phones = {0};
	struct apply apply = {.pg = m->pg, .shape = &m->shape, .file = &file, .phones = &phones,
			      .pause = &m->pause, .most = m->most, .user_id = m->user_id,
			      .since_us = m->since_us, .certain = m->certain};
	struct err unsaid;
	int r = read_plan(m->file, &m->shape, &file, err), has_begun;

	if (r == 0)
		r = phones_open(&phones, &file.head, err);
	if (r == 0)
		r = turn_take(m->pg, err);
	if (r == 0)
		r = migrate_begins(m, file.head.id, err);
	has_begun = r == 0;
	if (has_begun)
		r = carry_out(m, &apply, &guards, err);
	if (has_begun && migrate_ends(m, file.head.id, r < 0 ? &unsaid : err, "sessions=%lld rows=%lld refused=%lld "
				      "left=%lld indexes=%d failed=%d undo=\"ihht migrate undo %s\"",
				      (long long)apply.n_applied, (long long)apply.n_rows,
				      (long long)apply.n_refused, (long long)apply.n_left, guards.n_made, r < 0,
				      file.head.id) < 0)
		r = -1;
	if (r == 0) {
		tell(m, &apply, &guards);
		r = apply.n_refused || guards.n_refused ? MIGRATE_UNWELL : 0;
	}
	guards_release(&guards);
	phones_close(&phones);
	plan_file_clear(&file);
	return r;
}
