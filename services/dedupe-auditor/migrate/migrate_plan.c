#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "services/dedupe-auditor/change/progress.h"
#include "services/dedupe-auditor/migrate/migrate.h"
#include "services/dedupe-auditor/migrate/out_totals.h"

#define PLAN_NAME "migration.plan"

struct watch {
	struct migrate *migrate;
	struct progress progress;
};

static int
watch_wait(void *arg, int fd)
{
	struct watch *watch = arg;

	(void)fd;
	watch->progress.what = watch->migrate->pause.doing;
	progress_say(&watch->progress, (int64_t)watch->migrate->pause.n_rows, 0, "rows read");
	return 0;
}

/* Whole or not at all; a plan that is there may have been edited by hand. */
static int
write_plan(const struct plan_file *file, const char *path, struct err *err)
{
	char *part;
	FILE *to;
	int r;

	if (access(path, F_OK) == 0)
		return err_set(err, EEXIST, "%s is there already; --out names another file", path);
	ASSERT(asprintf(&part, "%s.part", path) > 0);
	(void)umask(077);        /* ids of people */
	if (!(to = fopen(part, "w"))) {
		r = err_set(err, errno, "%s: %s", part, strerror(errno));
	} else {
		r = plan_file_write(file, to);
		if (fsync(fileno(to)) < 0)
			r = -1;
		if (fclose(to) != 0 || r < 0 || rename(part, path) < 0)
			r = err_set(err, errno, "%s: %s", path, strerror(errno));
	}
	free(part);
	return r;
}

/* The plan may be applied from another folder. */
static int
find_phones(struct migrate *m, char *paths[], struct err *err)
{
	int i;

	for (i = 0; i < m->n_phones; i++)
		if (!(paths[i] = realpath(m->phones[i], NULL)))
			return err_set(err, errno, "%s: %s", m->phones[i], strerror(errno));
	return 0;
}

int
migrate_plan(struct migrate *m, struct err *err)
{
	const char *path = m->out ? m->out : PLAN_NAME;
	char *phones[sizeof(m->phones) / sizeof(m->phones[0])] = {NULL};
	struct watch watch = {.migrate = m};
	struct planner planner = {
		.pg = m->pg, .shape = &m->shape, .pause = &m->pause, .phones = phones,
		.n_phones = m->n_phones, .empty_twins = m->empty_twins, .now_us = clock_utc_us(),
		.abandon_us = m->abandon_us};
	int i, r;

	if (access(path, F_OK) == 0)
		return err_set(err, EEXIST, "%s is there already; --out names another file", path);
	if (find_phones(m, phones, err) < 0)
		return -1;
	progress_open(&watch.progress, "plan");
	m->pause = (struct pause){.wait = watch_wait, .arg = &watch};
	r = planner_run(&planner, err);
	progress_close(&watch.progress);
	if (r == 0)
		r = write_plan(&planner.file, path, err);
	if (r == 0 && m->json)
		totals_json(stdout, &planner, path);
	else if (r == 0)
		totals_page(stdout, &planner, path);
	planner_release(&planner);
	for (i = 0; i < m->n_phones; i++)
		free(phones[i]);
	return r;
}
