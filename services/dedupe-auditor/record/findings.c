#include "services/dedupe-auditor/record/findings.h"

#include <stdio.h>
#include <string.h>

static const char *const certain_rules[] = {
	"same-local-id", "by-local-id", "by-alias", "copies", "sent-again", "recount", "settle",
};
#define N_CERTAIN (sizeof(certain_rules) / sizeof(certain_rules[0]))
#define MOST_RULES 24

static int
is_certain(const struct plan_file *file, const struct plan_block *b, int64_t before_us)
{
	size_t i, k;

	if (b->start_us == MSG_NONE || b->start_us >= before_us)
		return 0;
	for (i = b->entry; i < b->entry + b->n_entries; i++) {
		for (k = 0; k < N_CERTAIN; k++)
			if (!strcmp(certain_rules[k], file->plan.entries[i].rule))
				break;
		if (k == N_CERTAIN)
			return 0;
	}
	return 1;
}

static void
tell_rules(const struct plan_file *file, char *text, size_t size)
{
	const char *rules[MOST_RULES];
	int64_t counts[MOST_RULES];
	const struct entry *e;
	size_t n = 0, i, len = 0;

	for (e = file->plan.entries; e < file->plan.entries + file->plan.n; e++) {
		if (e->kind == ENTRY_LEAVE)
			continue;
		for (i = 0; i < n && strcmp(rules[i], e->rule) != 0; i++)
			;
		if (i == MOST_RULES)
			continue;
		if (i == n) {
			rules[n] = e->rule;
			counts[n++] = 0;
		}
		counts[i]++;
	}
	*text = 0;
	for (i = 0; i < n && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s=%lld", i ? " " : "", rules[i],
					(long long)counts[i]);
}

void
findings_count(const struct plan_file *file, int64_t before_us, struct findings *f)
{
	const struct entry *e;
	size_t i;

	*f = (struct findings){.n_sessions = (int64_t)file->n_blocks};
	for (i = 0; i < file->n_blocks; i++)
		f->n_certain += is_certain(file, &file->blocks[i], before_us);
	for (e = file->plan.entries; e < file->plan.entries + file->plan.n; e++)
		f->n_left += e->kind == ENTRY_LEAVE;
	tell_rules(file, f->rules, sizeof(f->rules));
}

int
findings_same(const struct findings *a, const struct findings *b)
{
	return a->n_sessions == b->n_sessions && a->n_certain == b->n_certain &&
	       a->n_left == b->n_left && !strcmp(a->rules, b->rules);
}

void
findings_keep_certain(struct plan_file *file, int64_t before_us)
{
	size_t i, n = 0;

	for (i = 0; i < file->n_blocks; i++)
		if (is_certain(file, &file->blocks[i], before_us))
			file->blocks[n++] = file->blocks[i];
	file->n_blocks = n;
}
