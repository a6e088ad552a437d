#include "services/dedupe-auditor/watch/backups.h"

#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"

struct dump {
	const char *path;
	struct timespec at;
};

static int
newest_first(const void *a, const void *b)
{
	const struct dump *x = a, *y = b;

	if (x->at.tv_sec != y->at.tv_sec)
		return x->at.tv_sec > y->at.tv_sec ? -1 : 1;
	return (x->at.tv_nsec < y->at.tv_nsec) - (x->at.tv_nsec > y->at.tv_nsec);
}

size_t
backups_prune(const char *dir, size_t keep)
{
	char pattern[600];
	struct dump *dumps;
	glob_t found = {0};
	struct stat st;
	size_t n = 0, n_gone = 0, i;

	(void)snprintf(pattern, sizeof(pattern), "%s/audit.plan.*.dump", dir);
	if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
		return 0;
	dumps = calloc(found.gl_pathc, sizeof(*dumps));
	ASSERT(dumps);
	for (i = 0; i < found.gl_pathc; i++)
		if (stat(found.gl_pathv[i], &st) == 0)
			dumps[n++] = (struct dump){found.gl_pathv[i], st.st_mtim};
	qsort(dumps, n, sizeof(*dumps), newest_first);
	for (i = keep; i < n; i++)
		n_gone += unlink(dumps[i].path) == 0;
	free(dumps);
	globfree(&found);
	return n_gone;
}
