#include "services/dedupe-auditor/watch/findings.h"

#include "tests/unit/test.h"

#define HOUR 3600000000LL

static struct plan_file file;

static void
block(const char *session, int64_t start_us)
{
	plan_file_block(&file, session, NULL, start_us);
}

static void
entry(enum entry_kind kind, const char *rule)
{
	struct entry *e = plan_file_entry(&file);

	*e = (struct entry){.kind = kind, .rule = rule, .why = ""};
	if (kind != ENTRY_LEAVE)
		file.blocks[file.n_blocks - 1].n_entries++;
}

TEST(what_ids_and_equal_values_show_is_certain)
{
	static const struct {
		const char *rule;
		int certain;
	} rows[] = {
		{"same-local-id", 1}, {"by-local-id", 1}, {"by-alias", 1}, {"copies", 1},
		{"sent-again", 1}, {"recount", 1}, {"settle", 1},
		{"same-start", 0}, {"empty-twin", 0}, {"inside-span", 0}, {"survey-after-end", 0},
		{"abandon", 0}, {"only-on-phone", 0}, {"a rule of later", 0},
	};
	struct findings found;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		block("a", HOUR);
		entry(ENTRY_MERGE, rows[i].rule);
		findings_count(&file, 6 * HOUR, &found);
		ok(found.n_sessions == 1 && found.n_certain == rows[i].certain, "%s", rows[i].rule);
		plan_file_clear(&file);
	}
}

TEST(one_uncertain_line_keeps_its_whole_session)
{
	struct findings found;

	block("a", HOUR);
	entry(ENTRY_MERGE, "same-local-id");
	entry(ENTRY_ADOPT, "inside-span");
	entry(ENTRY_RECOMPUTE, "recount");
	block("b", HOUR);
	entry(ENTRY_FOLD, "copies");
	entry(ENTRY_LEAVE, "same-start");
	findings_count(&file, 6 * HOUR, &found);
	is_int(found.n_sessions, 2);
	is_int(found.n_certain, 1);
	is_int(found.n_left, 1);
	is_str(found.rules, "same-local-id=1 inside-span=1 recount=1 copies=1");
	plan_file_clear(&file);
}

TEST(a_session_that_may_be_in_use_waits)
{
	struct findings found;

	block("a", 2 * HOUR);
	entry(ENTRY_FOLD, "copies");
	block("b", MSG_NONE);
	entry(ENTRY_FOLD, "copies");
	findings_count(&file, 6 * HOUR, &found);
	is_int(found.n_certain, 0);
	plan_file_clear(&file);
}

int
main(void)
{
	RUN(what_ids_and_equal_values_show_is_certain);
	RUN(one_uncertain_line_keeps_its_whole_session);
	RUN(a_session_that_may_be_in_use_waits);
	return test_done();
}
