#include "services/dedupe-auditor/plan/plan_file.h"

#include <stdlib.h>

#include "tests/unit/test.h"

#define ID "0f5e1c5e-2f0b-4f6e-9d0f-3b0b6a0e7c11"
#define A  "00000001-0000-4000-8000-000000000000"
#define B  "00000002-0000-4000-8000-000000000000"

/* What plan_file_write() makes of a plan with that body. */
static char *
whole(const char *body)
{
	struct plan_file file = {.head = {.id = ID, .made_us = 1754042400000000, .database = "old \"one\"",
					  .identity = "9f", .schema = "public"}};
	size_t size;
	char *text = NULL;
	FILE *to = open_memstream(&text, &size);

	file.head.phones[file.head.n_phones++] = (struct plan_phone){"/a b/vitaliti.db", "77", NULL};
	file.head.tables[file.head.n_tables++] = (struct plan_table){"readings", 12, 9, "-5", "12"};
	is_int(plan_file_write(&file, to), 0);
	(void)fputs(body, to);
	(void)fclose(to);
	return text;
}

static int
reads(char *text, struct plan_file *file, struct err *err)
{
	FILE *from = fmemopen(text, strlen(text), "r");
	int r = plan_file_read(file, from, err);

	(void)fclose(from);
	return r;
}

static const char body[] =
	"\nsession " A " user \"two words\" start 2025-08-01T10:00:00.000000Z\n"
	"  saw " A " ab12cd34\n"
	"  saw " B " 00112233\n"
	"  merge same-local-id " B "\n"
	"  adopt by-local-id readings \"IHHT_1:\\\"x\\\"\"\n"
	"  adopt on-phone session_surveys 1:5 1:6\n"
	"  fold copies session_adaptive_events 4 +5 1:77\n"
	"  fold sent-again readings\n"
	"  settle settle status=completed end_time=2025-08-01T10:40:00.000000Z user_id=-\n"
	"  recompute recount\n"
	"\nleft same-start - sessions " A " " B "\n";

TEST(what_is_written_is_read)
{
	char *text = whole(body), *again = NULL;
	struct plan_file file = {0};
	struct err err = {0};
	const struct entry *e;
	size_t size;
	FILE *to;

	ok(reads(text, &file, &err) == 0, "%s", err.text);
	is_int(file.n_blocks, 1);
	is_int(file.plan.n, 8);
	is_str(file.head.database, "old \"one\"");
	is_str(file.head.phones[0].path, "/a b/vitaliti.db");
	ok(file.head.phones[0].device_id == NULL);
	is_int(file.head.tables[0].after, 9);
	is_str(file.blocks[0].user_id, "two words");
	is_int(file.blocks[0].start_us, 1754042400000000);
	is_int(file.blocks[0].n_entries, 7);
	is_int(file.blocks[0].n_saw, 2);
	e = file.plan.entries;
	is_int(e[0].kind, ENTRY_MERGE);
	is_str(e[0].session, A);
	is_str(e[0].members[0], B);
	is_str(e[1].members[0], "IHHT_1:\"x\"");
	is_int(e[2].source, 1);
	is_int(e[2].n_members, 2);
	is_int(e[3].keep, 1);
	is_int(e[3].sources[2], 1);
	is_int(e[5].settled.which, SETTLE_STATUS | SETTLE_END | SETTLE_USER);
	ok(e[5].settled.user_id == NULL);
	is_int(e[7].kind, ENTRY_LEAVE);
	to = open_memstream(&again, &size);
	is_int(plan_file_write(&file, to), 0);
	(void)fclose(to);
	plan_file_clear(&file);
	file = (struct plan_file){0};
	ok(reads(again, &file, &err) == 0, "%s", err.text);
	is_int(file.plan.n, 8);
	plan_file_clear(&file);
	free(text);
	free(again);
}

TEST(each_wrong_line_is_named)
{
	static const struct {
		const char *from, *to, *says;
	} rows[] = {
		{"ihht migration plan 1", "ihht migration plan 2", "line 1: not a migration plan"},
		{"made 2025", "made 2024", "the head of this plan was changed"},
		{"table readings 12", "table readings 11", "the head of this plan was changed"},
		{"phone 1", "phone 2", "phones are numbered"},
		{"id 0f", "di 0f", "no word of a plan's head"},
		{"seal ", "sael ", "no word of a plan's head"},
		{"user ", "usre ", "the word user is missing"},
		{"start 2025-08-01T10", "start 2025-88-01T10", "start is no time"},
		{"merge same", "marge same", "\"marge\": no such kind of entry"},
		{"same-local-id " B, "same-local-id", "no id is left"},
		{"same-local-id " B, "same-local-id " A, "only other sessions"},
		{"same-local-id " B, "same-local-id 1:" B, "only other sessions"},
		{"same-local-id " B, "same-local-id " B " " B, "stands in two places"},
		{"1:5 1:6", "2:5 1:6", "no phone of this plan"},
		{"1:5 1:6", "1:5 6", "come from one place"},
		{"1:5 1:6", "1: 1:6", "an id is missing"},
		{"session_surveys", "surveys", "\"surveys\": no such table"},
		{"4 +5 1:77", "+4", "a fold needs two ids"},
		{"status=completed", "status=-", "is no status"},
		{"status=completed end_time=2025-08-01T10:40:00.000000Z user_id=-", "", "nothing is left"},
		{"end_time=2025", "end_time=x2025", "is no time"},
		{"user_id=-", "email=-", "email is not settled"},
		{"recompute recount", "recompute", "rule is missing"},
		{"recompute recount", "\nsession " A " user - start -", "stands in two places"},
		{"saw " A " ab12cd34", "saw " A, "digest is missing"},
		{"  saw " A " ab12cd34\n", "", A ": its saw line is gone"},
		{"  saw " B " 00112233\n", "", B ": its saw line is gone"},
		{"\"IHHT_1:", "IHHT_1:\\", "no phone of this plan"},
		{"\"IHHT_1:\\\"x\\\"\"", "\"IHHT", "not a quoted text"},
		{"\"IHHT_1:\\\"x\\\"\"", "\"IHHT\\", "not a quoted text"},
	};
	char *text, *at, *edited;
	struct plan_file file;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		text = whole(body);
		at = strstr(text, rows[i].from);
		if (!ok(at != NULL, "%s", rows[i].from))
			continue;
		(void)asprintf(&edited, "%.*s%s%s", (int)(at - text), text, rows[i].to,
			       at + strlen(rows[i].from));
		file = (struct plan_file){0};
		err = (struct err){0};
		ok(reads(edited, &file, &err) < 0, "%s", rows[i].to);
		has_str(err.text, rows[i].says);
		plan_file_clear(&file);
		free(text);
		free(edited);
	}
}

TEST(half_a_plan_is_none)
{
	char *text = whole(body);
	struct plan_file file;
	struct err err;
	size_t n, sealed = (size_t)(strstr(text, "seal ") - text);
	char half[4096];
	int accepted = 0;

	for (n = 1; n < sealed; n++) {
		(void)snprintf(half, sizeof(half), "%.*s", (int)n, text);
		file = (struct plan_file){0};
		accepted += reads(half, &file, &err) == 0;
		plan_file_clear(&file);
	}
	is_int(accepted, 0);
	free(text);
}

TEST(lines_and_sessions_may_be_taken_out)
{
	char *text = whole("session " A " user - start -\n");
	struct plan_file file = {0};
	struct err err = {0};

	ok(reads(text, &file, &err) == 0, "%s", err.text);
	is_int(file.n_blocks, 1);
	is_int(file.blocks[0].n_entries, 0);
	ok(file.blocks[0].user_id == NULL);
	plan_file_clear(&file);
	free(text);
	text = whole("");
	file = (struct plan_file){0};
	ok(reads(text, &file, &err) == 0, "%s", err.text);
	is_int(file.n_blocks, 0);
	plan_file_clear(&file);
	free(text);
}

int
main(void)
{
	RUN(what_is_written_is_read);
	RUN(each_wrong_line_is_named);
	RUN(half_a_plan_is_none);
	RUN(lines_and_sessions_may_be_taken_out);
	return test_done();
}
