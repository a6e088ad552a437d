#include "services/dedupe-auditor/plan/certain.h"

#include <string.h>

static const char *const certain_rules[] = {
	"same-local-id", "by-local-id", "by-alias", "copies", "sent-again", "recount", "settle",
};
#define N_CERTAIN (sizeof(certain_rules) / sizeof(certain_rules[0]))

int
plan_is_certain(const struct plan_file *file, const struct plan_block *b, int64_t now_us)
{
	size_t i, k;

	if (b->start_us == MSG_NONE || b->start_us >= now_us - CERTAIN_AFTER_US)
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
