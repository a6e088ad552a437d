/*
 * Worlds damaged in any mix, and repaired: a thousand seeds
 *
 * SEED=n runs that one and tells all of it; SEEDS=n as many.
 */
#include <stdlib.h>

#include "tests/unit/test.h"
#include "tests/world/world.h"

#define SEEDS 1000

static const struct world_size size = {.persons = 3, .sessions = 4, .readings = 12, .phones = 1};

static void
complain(void *arg, const char *text)
{
	(void)arg;
	ok(0, "%s", text);
}

static struct rules_options
options_of(const struct world *world)
{
	return (struct rules_options){
		.now_us = MSG_NONE, .abandon_us = MSG_NONE, .empty_twins = world->empty_twins,
		.alias_ids = world->aliases, .alias_into = world->aliases_into,
		.n_aliases = world->n_aliases,
	};
}

static void
plan_world(const struct world *world, struct legacy *legacy, struct plan *plan)
{
	struct rules_options options = options_of(world);

	world_model(world, legacy);
	rules_plan(legacy, &options, plan);
}

static uint64_t
count_rows(const struct rows *rows)
{
	return rows->n_sessions + rows->n_readings + rows->n_children;
}

/* How often each rule had its say. */
static struct {
	const char *rule;
	int n;
} said[] = {
	{"same-local-id", 0}, {"same-start", 0}, {"empty-twin", 0}, {"only-on-phone", 0},
	{"on-phone", 0}, {"by-local-id", 0}, {"survey-after-end", 0}, {"inside-span", 0},
	{"copies", 0}, {"sent-again", 0}, {"recount", 0}, {"settle", 0}, {"abandon", 0},
};

static void
count_rules(const struct plan *plan)
{
	size_t i, j;

	for (i = 0; i < plan->n; i++)
		for (j = 0; j < sizeof(said) / sizeof(said[0]); j++)
			said[j].n += !strcmp(said[j].rule, plan->entries[i].rule);
}

static void
try_seed(uint64_t seed, int tell)
{
	struct legacy first = {0}, second = {0};
	struct plan plan = {0}, again = {0};
	struct world world;
	uint64_t n_rows;
	int n;
	size_t i;

	world_make(&world, seed, &size);
	n_rows = count_rows(&world.now);
	plan_world(&world, &first, &plan);
	for (i = 0; tell && i < plan.n; i++)
		printf("# %s %s %s %s: %s ...\n", entry_kind_text(plan.entries[i].kind),
		       plan.entries[i].rule, legacy_table_name(plan.entries[i].table),
		       plan.entries[i].session ? plan.entries[i].session : "-",
		       plan.entries[i].n_members && plan.entries[i].members[0]
			       ? plan.entries[i].members[0] : "-");
	count_rules(&plan);
	(void)world_repair(&world, &plan);
	(void)world_judge(&world, &plan, complain, NULL);
	ok(count_rows(&world.now) >= n_rows, "seed %llu", (unsigned long long)seed);
	plan_world(&world, &second, &again);
	n = world_repair(&world, &again);
	ok(n == 0, "seed %llu: a second plan still has %d", (unsigned long long)seed, n);
	for (i = 0; n && i < again.n; i++)
		if (again.entries[i].kind != ENTRY_LEAVE)
			printf("# again: %s %s %s %s: %s\n", entry_kind_text(again.entries[i].kind),
			       again.entries[i].rule, legacy_table_name(again.entries[i].table),
			       again.entries[i].session, again.entries[i].why);
	plan_clear(&plan);
	plan_clear(&again);
	legacy_clear(&first);
	legacy_clear(&second);
	world_clear(&world);
}

TEST(the_truth_is_there_again_after_any_damage)
{
	const char *one = getenv("SEED"), *many = getenv("SEEDS");
	uint64_t seed;

	if (one)
		try_seed(strtoull(one, NULL, 10), 1);
	for (seed = 1; !one && seed <= (many ? strtoull(many, NULL, 10) : SEEDS); seed++) {
		try_seed(seed, 0);
		if (test_state.n_bad)
			break;
	}
}

TEST(every_rule_had_its_say)
{
	size_t i;

	if (getenv("SEED") || getenv("SEEDS"))
		SKIP("few seeds");
	for (i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		ok(said[i].n >= 50, "%s: %d times", said[i].rule, said[i].n);
}

int
main(void)
{
	RUN(the_truth_is_there_again_after_any_damage);
	RUN(every_rule_had_its_say);
	return test_done();
}
