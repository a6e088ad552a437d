#include "services/dedupe-auditor/watch/old.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "services/dedupe-auditor/plan/certain.h"
#include "services/dedupe-auditor/watch/backups.h"
#include "services/dedupe-auditor/watch/child.h"

#define BACKUPS 5        /* of its own repairs that it keeps */

void
old_plan_path(const char *dir, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/audit.plan", dir);
}

static int
migrate(struct old *old, char *const words[], struct pause *pause, char *said, size_t size,
	struct err *err)
{
	char *argv[12] = {(char *)"dedupe-auditor", (char *)"migrate"};
	int n = 2;

	for (; *words; words++)
		argv[n++] = *words;
	if (old->config) {
		argv[n++] = (char *)"--config";
		argv[n++] = (char *)old->config;
	}
	return child_run(argv, pause, said, size, err);
}

static int
make_plan(struct old *old, const char *path, struct pause *pause, struct err *err)
{
	char *const words[] = {(char *)"plan", (char *)"--json", (char *)"--out", (char *)path, NULL};
	char said[200];
	int r;

	(void)unlink(path);
	pause->doing = "reading the old database";
	r = migrate(old, words, pause, said, sizeof(said), err);
	if (r > 1)
		return err_set(err, EAGAIN, "migrate plan: %.*s", (int)strcspn(said, "\n"), said);
	return r < 0 ? -1 : 0;
}

static int
read_plan(const char *path, struct plan_file *file, struct err *err)
{
	FILE *from = fopen(path, "r");
	int r;

	if (!from)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	r = plan_file_read(file, from, err);
	(void)fclose(from);
	return r < 0 ? err_in(err, "%s", path) : 0;
}

/* ---- has anything changed? */

/* The last line of what a child said, as JSON; NULL: see err. */
static json_t *
ask(struct old *old, char *const words[], struct pause *pause, struct err *err)
{
	char said[400], *end, *line;
	int r = migrate(old, words, pause, said, sizeof(said), err);
	json_t *o = NULL;

	if (r < 0)
		return NULL;
	if ((end = strrchr(said, '\n')))
		*end = 0;
	line = strrchr(said, '\n');
	line = line ? line + 1 : said;
	if (r <= 1)
		o = json_loads(line, 0, NULL);
	if (!o)
		(void)err_set(err, EAGAIN, "migrate %s: %s", words[0], line);
	return o;
}

/* 1 there is something to look at, 0, -1.  Time alone brings some of it: what was too young. */
static int
is_changed(struct old *old, struct pause *pause, struct err *err)
{
	char *const words[] = {(char *)"mark", (char *)"--json", NULL};
	const char *mark = "";
	int begun = 0, same;
	json_t *o;

	pause->doing = "asking for the mark of the old database";
	if (!(o = ask(old, words, pause, err)))
		return -1;
	(void)json_unpack(o, "{s:s, s:b}", "mark", &mark, "begun", &begun);
	same = !strcmp(mark, old->mark) && begun == old->is_begun;
	old->is_begun = begun;
	if (!same) {
		(void)snprintf(old->mark, sizeof(old->mark), "%s", mark);
		old->since_us = clock_mono_us();
		old->is_settled = 0;
	} else if (!old->is_settled && clock_mono_us() - old->since_us > CERTAIN_AFTER_US) {
		old->is_settled = 1;
		same = 0;
	}
	json_decref(o);
	return !same;
}

/* Applies what is certain; that is on record by whoever does it. */
static int
apply(struct old *old, struct record *record, struct pause *pause, struct err *err)
{
	char path[500];
	char *const words[] = {(char *)"apply", path, (char *)"--certain", (char *)"--backup-dir",
			       (char *)old->dir, (char *)"--json", NULL};
	json_int_t n = 0;
	json_t *o;

	old_plan_path(old->dir, path, sizeof(path));
	pause->doing = "repairing the old database";
	o = ask(old, words, pause, err);
	(void)record_follow(record, NULL);
	(void)backups_prune(old->dir, BACKUPS);
	if (!o)
		return -1;
	(void)json_unpack(o, "{s:I}", "applied", &n);
	json_decref(o);
	old->n_applied += n;
	old->applied = old->found;
	return n > 0;
}

static int
read_findings(struct old *old, struct record *record, struct pause *pause, struct err *err)
{
	char path[500], part[520];
	struct findings before = old->found;
	struct plan_file file = {0};
	int r;

	old_plan_path(old->dir, path, sizeof(path));
	(void)snprintf(part, sizeof(part), "%s.new", path);
	if (make_plan(old, part, pause, err) < 0)
		return -1;
	r = read_plan(part, &file, err);
	if (r == 0 && rename(part, path) < 0)
		r = err_set(err, errno, "%s: %s", path, strerror(errno));
	if (r == 0)
		findings_count(&file, clock_utc_us(), &old->found);
	if (r == 0 && (!old->n_looks++ || !findings_same(&before, &old->found)))
		r = record_add(record, err, "old_looked", "plan=%s sessions=%lld certain=%lld left=%lld%s%s",
			       file.head.id, (long long)old->found.n_sessions,
			       (long long)old->found.n_certain, (long long)old->found.n_left,
			       *old->found.rules ? " " : "", old->found.rules);
	plan_file_clear(&file);
	return r;
}

int
old_look(struct old *old, struct record *record, struct pause *pause, struct err *err)
{
	int r = is_changed(old, pause, err);

	if (r > 0 && (r = read_findings(old, record, pause, err)) < 0)
		*old->mark = 0;          /* look again, whatever the mark */
	/* what an apply left as it was, the next one would leave, too */
	if (r == 0 && old->repair && old->is_begun && old->found.n_certain &&
	    !findings_same(&old->applied, &old->found))
		r = apply(old, record, pause, err);
	return r;
}
