#include "services/ihht/schema_lint.h"

#include <stdlib.h>

#include "services/ihht/migrations.h"
#include "tests/unit/test.h"

static char *
lint(const char *sql)
{
	struct lint_file file = {"f.sql", sql};
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	(void)schema_lint(&file, 1, to);
	fclose(to);
	return text;
}

#define T  "CREATE TABLE t (user_id uuid, id uuid, x int, PRIMARY KEY (user_id, id));"
#define P  "CREATE TABLE p (user_id uuid, at timestamptz, PRIMARY KEY (user_id, at)) PARTITION BY RANGE (at);"
#define ON " ALTER TABLE t ENABLE ROW LEVEL SECURITY;"
#define PN " ALTER TABLE p ENABLE ROW LEVEL SECURITY;"

static const struct {
	const char *rule, *bad, *good;
} rules[] = {
	{"key-holds-user",
	 "CREATE TABLE t (user_id uuid, id uuid, PRIMARY KEY (id));" ON,
	 "CREATE TABLE t (user_id uuid, id uuid, PRIMARY KEY (user_id, id));" ON},
	{"key-holds-user",
	 "CREATE TABLE t (id uuid PRIMARY KEY, user_id uuid);" ON,
	 "CREATE TABLE t (user_id uuid PRIMARY KEY, id uuid);" ON},
	{"key-holds-user",
	 "CREATE TABLE IF NOT EXISTS public.t (user_id uuid, id uuid UNIQUE, x numeric(3,1));" ON,
	 "CREATE TABLE IF NOT EXISTS public.t (user_id uuid UNIQUE, id uuid, x numeric(3,1));" ON},
	{"key-holds-user",
	 "CREATE TABLE t (level int PRIMARY KEY);" ON,
	 "-- lint: reference table\nCREATE TABLE t (level int PRIMARY KEY);" ON},
	{"key-holds-user",
	 T ON "ALTER TABLE t ADD CONSTRAINT k UNIQUE (x);",
	 T ON "ALTER TABLE t ADD CONSTRAINT k UNIQUE (x, user_id);"},
	{"key-holds-user",
	 T ON "CREATE UNIQUE INDEX i ON public.t (x) WHERE user_id IS NULL;",
	 T ON "CREATE UNIQUE INDEX i ON public.t (user_id) WHERE x > 0; CREATE INDEX j ON t (x);"},
	{"key-holds-time",
	 "CREATE TABLE p (user_id uuid, at timestamptz, PRIMARY KEY (user_id)) PARTITION BY RANGE (at);" PN,
	 P PN},
	{"key-holds-time",
	 P PN "CREATE UNIQUE INDEX i ON p (user_id);",
	 P PN "CREATE UNIQUE INDEX i ON p (user_id, at);"},
	{"no-partitioned-fk",
	 P PN "CREATE TABLE t (user_id uuid, FOREIGN KEY (user_id, a) REFERENCES p (user_id, at));" ON,
	 P PN T ON},
	{"no-partitioned-fk",
	 T ON "CREATE TABLE p (user_id uuid, i uuid, at timestamptz, FOREIGN KEY (user_id, i) REFERENCES t (user_id, id)) PARTITION BY RANGE (at);" PN,
	 T ON P PN},
	{"fk-holds-user",
	 T ON "CREATE TABLE p (user_id uuid, i uuid REFERENCES t (id));" PN,
	 T ON "CREATE TABLE p (user_id uuid, i uuid, FOREIGN KEY (user_id, i) REFERENCES public.t (user_id, id));" PN},
	{"no-sequences", "CREATE TABLE t (user_id uuid PRIMARY KEY, n bigserial);" ON,
	 "CREATE TABLE t (user_id uuid PRIMARY KEY, n bigint);" ON},
	{"no-sequences", "CREATE TABLE t (user_id uuid PRIMARY KEY, n SERIAL);" ON,
	 "CREATE TABLE t (user_id uuid PRIMARY KEY, n_serial int);" ON},
	{"no-sequences", "CREATE SEQUENCE s;", "SELECT 'create sequence';"},
	{"no-sequences", "CREATE TABLE t (user_id uuid PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY);" ON,
	 "CREATE TABLE t (user_id uuid PRIMARY KEY, n int GENERATED ALWAYS AS (1) STORED);" ON},
	{"no-sequences", "SELECT nextval('s');", "SELECT 1; -- nextval"},
	{"no-triggers", "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();",
	 "/* CREATE TRIGGER g */ SELECT 1;"},
	{"no-triggers", "CREATE RULE r AS ON INSERT TO t DO NOTHING;", "CREATE ROLE r;"},
	{"no-advisory-locks", "SELECT pg_advisory_xact_lock(1);", "LOCK TABLE t IN EXCLUSIVE MODE;"},
	{"no-advisory-locks", "SELECT pg_try_advisory_lock(1);", "SELECT pg_sleep(1);"},
	{"no-listen", "LISTEN news;", "SELECT 'LISTEN';"},
	{"no-listen", "NOTIFY news;", "SELECT $$ it''s fine $$;"},
	{"no-listen", "DO $$ BEGIN PERFORM pg_notify('a', 'b'); END $$;", "DO $$ BEGIN NULL; END $$;"},
	{"no-deferrable", T ON "ALTER TABLE t ADD UNIQUE (user_id) DEFERRABLE;",
	 T ON "ALTER TABLE t ADD UNIQUE (user_id);"},
	{"no-exclusion", "CREATE TABLE t (user_id uuid PRIMARY KEY, EXCLUDE USING gist (x WITH &&));" ON,
	 "CREATE TABLE t (user_id uuid PRIMARY KEY, CHECK (x > 0));" ON},
	{"no-xid", "SELECT pg_current_xact_id();", "SELECT 1;"},
	{"no-transaction", "SELECT 1; COMMIT; SELECT 2;", "DO $$ DECLARE x int; BEGIN NULL; END $$;"},
	{"definer-search-path",
	 "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$;",
	 "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$ SELECT 1 $$;"},
	{"row-level-security", T, T ON},
};

TEST(each_rule_refuses_its_bad_sample_and_takes_its_good_one)
{
	char want[60], *text;
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		snprintf(want, sizeof(want), ": %s: ", rules[i].rule);
		text = lint(rules[i].bad);
		ok(strstr(text, want), "%s: not found in: %s\n# %s", rules[i].rule, rules[i].bad, text);
		free(text);
		text = lint(rules[i].good);
		ok(!*text, "%s: %s", rules[i].good, text);
		free(text);
	}
}

TEST(a_complaint_names_file_and_line)
{
	char *text = lint("-- one\nSELECT 'a\nb';\n/* x\n*/ CREATE SEQUENCE s;\n");

	is_str(text, "f.sql:5: no-sequences: sequence: a sequence is one place all machines ask\n");
	free(text);
}

TEST(a_table_may_be_secured_in_a_later_file)
{
	struct lint_file files[] = {{"1.sql", T}, {"2.sql", ON}};
	FILE *to = fopen("/dev/null", "w");

	is_int(schema_lint(files, 2, to), 0);
	is_int(schema_lint(files, 1, to), 1);
	fclose(to);
}

TEST(no_text_however_torn_breaks_it)
{
	static const char *const texts[] = {"", "'", "\"", "$", "$$", "$1", "/*", "--", "(", ")", ")))",
		"CREATE TABLE", "CREATE TABLE t", "CREATE TABLE t (", "CREATE UNIQUE INDEX", "ALTER TABLE",
		"CREATE TABLE t (x int PRIMARY KEY", "REFERENCES", "CREATE TABLE t (a REFERENCES", "$x$ $y$"};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(lint(texts[i]));
	ok(1);
}

TEST(our_own_schema_keeps_the_rules)
{
	struct lint_file files[100];
	struct migrations m;
	struct err err;
	size_t i;

	if (!ok(migrations_load("deploy/postgres", &m, &err) == 0, "%s", err.text))
		return;
	for (i = 0; i < m.n && i < 100; i++)
		files[i] = (struct lint_file){m.items[i].name, m.items[i].sql};
	is_int(schema_lint(files, m.n, stdout), 0);
	migrations_release(&m);
}

int
main(void)
{
	RUN(each_rule_refuses_its_bad_sample_and_takes_its_good_one);
	RUN(a_complaint_names_file_and_line);
	RUN(a_table_may_be_secured_in_a_later_file);
	RUN(no_text_however_torn_breaks_it);
	RUN(our_own_schema_keeps_the_rules);
	return test_done();
}
