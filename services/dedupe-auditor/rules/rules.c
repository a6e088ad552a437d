#include "services/dedupe-auditor/rules/rules.h"

#include "services/dedupe-auditor/rules/groups.h"

void
rules_plan(struct legacy *legacy, const struct rules_options *options, struct plan *plan)
{
	struct work work;

	work_open(&work, legacy, options, plan);
	unite_by_id(&work);
	unite_by_start(&work);
	unite_empty_twins(&work);
	groups_make(&work);
	find_homes(&work);
	settle_groups(&work);
	find_homes_by_time(&work);
	tell_groups(&work);
	plan_sort(plan);
	work_close(&work);
}
