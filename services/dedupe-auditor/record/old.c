#include "services/dedupe-auditor/record/old.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "services/dedupe-auditor/record/child.h"

#define IN_USE_US (4 * 3600 * CLOCK_SECOND)      /* twice the app's longest session */

void
old_plan_path(const char *dir, char *path, size_t size)
{
	(void)snprintf(path, size, "%s/old.plan", dir);
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

static int
write_plan(const struct plan_file *file, const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
	int r;

	if (!to)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	r = plan_file_write(file, to);
	if (fclose(to) != 0 || r < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int
tell(struct record *record, const char *what, struct err *err, const char *text)
{
	return record_add(record, what, "%s", text) < 0
		       ? err_set(err, errno, "the audit log: %s", strerror(errno)) : 0;
}

/* Applies what is certain; the plan's id is what undo takes. */
static int
apply(struct old *old, struct plan_file *file, struct record *record, struct pause *pause,
      struct err *err)
{
	char path[500], said[200], text[700];
	char *const words[] = {(char *)"apply", path, (char *)"--backup-dir", (char *)old->dir, NULL};
	int64_t n = old->found.n_certain;
	int r;

	(void)snprintf(path, sizeof(path), "%s/old-certain.plan", old->dir);
	findings_keep_certain(file, clock_utc_us() - IN_USE_US);
	if (write_plan(file, path, err) < 0)
		return -1;
	(void)snprintf(text, sizeof(text), "plan=%s sessions=%lld", file->head.id, (long long)n);
	if (tell(record, "old_applying", err, text) < 0)
		return -1;
	pause->doing = "repairing the old database";
	r = migrate(old, words, pause, said, sizeof(said), err);
	(void)snprintf(text, sizeof(text), "plan=%s exit=%d undo=\"ihht migrate undo %s\"", file->head.id, r,
		       file->head.id);
	if (tell(record, "old_applied", err, text) < 0 || r < 0)
		return -1;
	if (r > 1)
		return err_set(err, EAGAIN, "migrate apply: %.*s", (int)strcspn(said, "\n"), said);
	old->n_applied += n;
	old->applied = old->found;
	return 1;
}

int
old_look(struct old *old, struct record *record, struct pause *pause, struct err *err)
{
	char path[500], part[520], text[500];
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
		findings_count(&file, clock_utc_us() - IN_USE_US, &old->found);
	if (r == 0 && (!old->n_looks++ || !findings_same(&before, &old->found))) {
		(void)snprintf(text, sizeof(text), "plan=%s sessions=%lld certain=%lld left=%lld%s%s",
			       file.head.id, (long long)old->found.n_sessions,
			       (long long)old->found.n_certain, (long long)old->found.n_left,
			       *old->found.rules ? " " : "", old->found.rules);
		r = tell(record, "old_looked", err, text);
	}
	/* what an apply left as it was, the next one would leave, too */
	if (r == 0 && old->repair && old->found.n_certain &&
	    !findings_same(&old->applied, &old->found))
		r = apply(old, &file, record, pause, err);
	plan_file_clear(&file);
	return r;
}
