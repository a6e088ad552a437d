#include "services/dedupe-auditor/watch/findings.h"

#include <stdio.h>
#include <string.h>

#include "services/dedupe-auditor/plan/certain.h"

#define MOST_RULES 24

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
findings_count(const struct plan_file *file, int64_t now_us, struct findings *f)
{
	const struct entry *e;
	size_t i;

	*f = (struct findings){.n_sessions = (int64_t)file->n_blocks};
	for (i = 0; i < file->n_blocks; i++)
		f->n_certain += plan_is_certain(file, &file->blocks[i], now_us);
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
