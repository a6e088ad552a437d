/* What the lines of a plan must say together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/plan/plan_file.h"
#include "services/dedupe-auditor/plan/plan_text.h"

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One session stands in one place, or two entries would pull at it. */
static int
check_sessions(const struct plan_file *file, struct err *err)
{
	size_t room = file->n_blocks + 1, n = 0, i, j;
	const struct entry *entries = file->plan.entries;
	const char **ids;
	int r = 0;

	for (i = 0; i < file->plan.n; i++)
		room += entries[i].kind == ENTRY_MERGE ? entries[i].n_members : 0;
	ids = calloc(room, sizeof(*ids));
	ASSERT(ids);
	for (i = 0; i < file->n_blocks; i++)
		ids[n++] = file->blocks[i].session;
	for (i = 0; i < file->plan.n; i++)
		for (j = 0; entries[i].kind == ENTRY_MERGE && j < entries[i].n_members; j++)
			ids[n++] = entries[i].members[j];
	if (n)
		qsort(ids, n, sizeof(*ids), by_text);
	for (i = 1; r == 0 && i < n; i++)
		if (!strcmp(ids[i - 1], ids[i]))
			r = err_set(err, EINVAL, "session %.60s stands in two places of the plan", ids[i]);
	free(ids);
	return r;
}

static int
is_seen(const struct plan_file *file, const struct plan_block *b, const char *id)
{
	size_t i;

	for (i = b->saw; i < b->saw + b->n_saw; i++)
		if (!strcmp(file->saw[i].id, id))
			return 1;
	return 0;
}

/* Does a phone's row become the session's? */
static int
is_new(const struct plan_file *file, const struct plan_block *b)
{
	const struct entry *e = file->plan.entries + b->entry, *end = e + b->n_entries;

	while (e < end && !(e->kind == ENTRY_ADOPT && e->table == LEGACY_SESSIONS))
		e++;
	return e < end;
}

/* A row whose saw line is gone might have become anything since. */
static int
check_seen(const struct plan_file *file, const struct plan_block *b, struct err *err)
{
	const struct entry *e = file->plan.entries + b->entry, *end = e + b->n_entries;
	const char *unseen = is_seen(file, b, b->session) || is_new(file, b) || e == end ? NULL : b->session;
	size_t i;

	for (; !unseen && e < end; e++)
		for (i = 0; e->kind == ENTRY_MERGE && i < e->n_members; i++)
			if (!is_seen(file, b, e->members[i]))
				unseen = e->members[i];
	return unseen ? err_set(err, EINVAL, "session %.60s: its saw line is gone, and with it how its row "
				"looked; take the whole session out, or plan again", unseen) : 0;
}

int
plan_check(const struct plan_file *file, struct err *err)
{
	size_t i;

	for (i = 0; i < file->n_blocks; i++)
		if (check_seen(file, &file->blocks[i], err) < 0)
			return -1;
	return check_sessions(file, err);
}
