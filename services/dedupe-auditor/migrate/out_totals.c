#include "services/dedupe-auditor/migrate/out_totals.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/change/link_index.h"

#define MOST_LINES 60

/* Entries of one kind, rule and table are one line. */
struct line {
	enum entry_kind kind;
	const char *rule;
	enum legacy_table table;
	const char *why;                 /* of LEAVE */
	int64_t n_entries, n_rows;
};

struct lines {
	struct line items[MOST_LINES];
	int n;
	int64_t n_more;                  /* entries that found no room */
};

static int
is_like(const struct line *line, const struct entry *e)
{
	if (line->kind != e->kind || line->table != e->table || strcmp(line->rule, e->rule) != 0)
		return 0;
	return e->kind != ENTRY_LEAVE || !strcmp(line->why, e->why ? e->why : "");
}

static void
count(struct lines *lines, const struct entry *e)
{
	int is_readings = e->table == LEGACY_READINGS, i;

	for (i = 0; i < lines->n && !is_like(&lines->items[i], e); i++)
		;
	if (i == lines->n) {
		if (lines->n == MOST_LINES) {
			lines->n_more++;
			return;
		}
		lines->items[lines->n++] = (struct line){.kind = e->kind, .rule = e->rule,
							 .table = e->table,
							 .why = e->why ? e->why : ""};
	}
	lines->items[i].n_entries++;
	lines->items[i].n_rows += is_readings ? e->n : e->kind == ENTRY_FOLD ? (int64_t)e->n_members - 1
							       : (int64_t)e->n_members;
}

static int
in_order(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind
	       : x->table != y->table ? (int)x->table - (int)y->table : strcmp(x->rule, y->rule);
}

static void
gather(struct lines *lines, const struct plan_file *file)
{
	size_t i;

	*lines = (struct lines){0};
	for (i = 0; i < file->plan.n; i++)
		count(lines, &file->plan.entries[i]);
	qsort(lines->items, (size_t)lines->n, sizeof(lines->items[0]), in_order);
}

static const char *
doing(const struct line *line)
{
	static const char *const words[ENTRY_KINDS] = {
		[ENTRY_MERGE] = "merged into another row", [ENTRY_ADOPT] = "go to their session",
		[ENTRY_FOLD] = "copies, folded", [ENTRY_SETTLE] = "status, start, end or person set right",
		[ENTRY_RECOMPUTE] = "figures made anew from the readings",
	};

	return line->kind == ENTRY_LEAVE ? line->why : words[line->kind];
}

static void
print_lines(FILE *to, const struct lines *lines, int left)
{
	const struct line *line;

	for (line = lines->items; line < lines->items + lines->n; line++)
		if ((line->kind == ENTRY_LEAVE) == left)
			(void)fprintf(to, "%9lld  %-26s %-18s %s\n", (long long)line->n_rows,
				      legacy_table_name(line->table), line->rule, doing(line));
}

static int
has_left(const struct lines *lines)
{
	return lines->n && lines->items[lines->n - 1].kind == ENTRY_LEAVE;
}

static void
tell_indexes(FILE *to, const struct shape *shape)
{
	const struct table *t;
	const struct column *c;

	for (t = shape->tables; t < shape->tables + shape->n_tables; t++)
		for (c = t->columns; c < t->columns + t->n_columns; c++)
			if (link_index_is_wanted(t, c))
				(void)fprintf(to, "index that is made meanwhile: %s (%s)\n", t->name,
					      c->quoted);
}

void
totals_page(FILE *to, const struct planner *p, const char *path)
{
	const struct plan_head *head = &p->file.head;
	struct lines lines;
	int i;

	gather(&lines, &p->file);
	(void)fprintf(to, "%s\n\n%-30s %12s %12s\n", head->database, "TABLE", "ROWS NOW", "AFTER");
	for (i = 0; i < head->n_tables; i++)
		(void)fprintf(to, "%-30s %12lld %12lld\n", head->tables[i].name,
			      (long long)head->tables[i].before, (long long)head->tables[i].after);
	if (*p->shape->ignored)
		(void)fprintf(to, "tables that are left alone, as nothing says what they are: %s\n",
			      p->shape->ignored);
	for (i = 0; i < p->shape->n_tables; i++)
		if (*p->shape->tables[i].triggers)
			(void)fprintf(to, "triggers on %s that will sleep meanwhile: %s\n",
				      p->shape->tables[i].name, p->shape->tables[i].triggers);
	tell_indexes(to, p->shape);
	if (p->file.n_blocks)
		(void)fprintf(to, "\n     ROWS  TABLE                      RULE               WHAT\n");
	print_lines(to, &lines, 0);
	if (has_left(&lines))
		(void)fprintf(to, "\nLeft as it is, for a person to decide:\n");
	print_lines(to, &lines, 1);
	if (lines.n_more)
		(void)fprintf(to, "%9lld  entries more of other kinds; the plan has them all\n",
			      (long long)lines.n_more);
	if (p->in.n_bad_times)
		(void)fprintf(to, "%9lld  values are no time; they are kept as they are\n",
			      (long long)p->in.n_bad_times);
	if (p->in.n_strays)
		(void)fprintf(to, "%9lld  readings name no session at all; they are left\n",
			      (long long)p->in.n_strays);
	(void)fprintf(to, "\n%zu session%s to repair.  Nothing was changed.\n", p->file.n_blocks,
		      p->file.n_blocks == 1 ? "" : "s");
	if (path)
		(void)fprintf(to, "The plan is %s: read it, edit it, then\n  ihht migrate apply %s\n", path,
			      path);
}

void
totals_json(FILE *to, const struct planner *p, const char *path)
{
	const struct plan_head *head = &p->file.head;
	json_t *o = json_object(), *tables = json_object(), *entries = json_array();
	struct lines lines;
	const struct line *line;
	int i;

	gather(&lines, &p->file);
	for (i = 0; i < head->n_tables; i++)
		json_object_set_new(tables, head->tables[i].name,
				    json_pack("{s:I, s:I, s:s}", "before",
					      (json_int_t)head->tables[i].before, "after",
					      (json_int_t)head->tables[i].after, "digest",
					      head->tables[i].digest));
	for (line = lines.items; line < lines.items + lines.n; line++)
		json_array_append_new(entries, json_pack(
			"{s:s, s:s, s:s, s:I, s:I, s:s}", "kind", entry_kind_text(line->kind), "rule",
			line->rule, "table", legacy_table_name(line->table), "entries",
			(json_int_t)line->n_entries, "rows", (json_int_t)line->n_rows, "what",
			doing(line)));
	json_object_set_new(o, "plan", json_string(head->id));
	json_object_set_new(o, "file", path ? json_string(path) : json_null());
	json_object_set_new(o, "sessions", json_integer((json_int_t)p->file.n_blocks));
	json_object_set_new(o, "tables", tables);
	json_object_set_new(o, "entries", entries);
	json_object_set_new(o, "bad_times", json_integer(p->in.n_bad_times));
	json_object_set_new(o, "readings_of_no_session", json_integer(p->in.n_strays));
	(void)json_dumpf(o, to, JSON_COMPACT);
	(void)fputc('\n', to);
	json_decref(o);
}
