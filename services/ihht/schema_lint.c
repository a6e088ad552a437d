#include "services/ihht/schema_lint.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/err.h"

#define MAX_WORD   64
#define MAX_TABLES 100

struct token {
	char text[MAX_WORD];  /* lower case; a string is ' */
	int line, depth;      /* of parentheses, outside of them for ( and ) */
	int body;             /* in a function's or DO's $$ body */
};

struct table {
	char name[MAX_WORD], time[MAX_WORD];  /* time: its partition column, or "" */
	int line, reference, secured;
	const char *file;
};

struct lint {
	const char *file;
	struct token *tokens;
	size_t n, room;
	struct table tables[MAX_TABLES];
	size_t n_tables, n_complaints;
	int reference;        /* the next table is marked */
	const char *body;     /* the $tag$ that opened the body we are in, or NULL */
	FILE *to;
};

__attribute__((format(printf, 4, 5))) static void
complain(struct lint *l, int line, const char *rule, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fprintf(l->to, "%s:%d: %s: ", l->file, line, rule);
	vfprintf(l->to, format, args);
	fputc('\n', l->to);
	va_end(args);
	l->n_complaints++;
}

/* ---- words that may not be there at all */

static const struct {
	const char *word, *before, *rule, *why;
} banned[] = {
	{"serial", "", "no-sequences", "a sequence is one place all machines ask"},
	{"bigserial", "", "no-sequences", "a sequence is one place all machines ask"},
	{"smallserial", "", "no-sequences", "a sequence is one place all machines ask"},
	{"sequence", "create", "no-sequences", "a sequence is one place all machines ask"},
	{"identity", "as", "no-sequences", "a sequence is one place all machines ask"},
	{"nextval", "", "no-sequences", "a sequence is one place all machines ask"},
	{"trigger", "create", "no-triggers", "Citus and CockroachDB run them otherwise or not at all"},
	{"trigger", "constraint", "no-triggers", "Citus and CockroachDB run them otherwise or not at all"},
	{"rule", "create", "no-triggers", "Citus refuses rules"},
	{"deferrable", "", "no-deferrable", "YugabyteDB has no deferrable keys"},
	{"exclude", "", "no-exclusion", "YugabyteDB and CockroachDB have no exclusion constraints"},
	{"listen", "", "no-listen", "CockroachDB has no LISTEN; it is lost while nobody listens"},
	{"notify", "", "no-listen", "CockroachDB has no NOTIFY; it is lost while nobody listens"},
	{"pg_notify", "", "no-listen", "CockroachDB has no NOTIFY; it is lost while nobody listens"},
	{"txid_current", "", "no-xid", "a transaction number means nothing on another machine"},
	{"pg_current_xact_id", "", "no-xid", "a transaction number means nothing on another machine"},
	{"xmin", "", "no-xid", "a transaction number means nothing on another machine"},
	{"begin", ";", "no-transaction", "each file is run in one transaction already"},
	{"commit", ";", "no-transaction", "each file is run in one transaction already"},
	{"rollback", ";", "no-transaction", "each file is run in one transaction already"},
};

static const char *
word_at(const struct lint *l, size_t i)
{
	return i < l->n ? l->tokens[i].text : "";
}

static int
is(const struct lint *l, size_t i, const char *word)
{
	return !strcmp(word_at(l, i), word);
}

static void
check_banned(struct lint *l, size_t i)
{
	const char *before = i ? word_at(l, i - 1) : ";";
	size_t k;

	if (l->tokens[i].body && !strcmp(before, ";"))
		before = "";  /* BEGIN opens a block there */

	for (k = 0; k < sizeof(banned) / sizeof(banned[0]); k++)
		if (is(l, i, banned[k].word) &&
		    (!*banned[k].before || !strcmp(before, banned[k].before)))
			complain(l, l->tokens[i].line, banned[k].rule, "%s: %s", banned[k].word,
				 banned[k].why);
	if (!strncmp(word_at(l, i), "pg_advisory", 11) || !strncmp(word_at(l, i), "pg_try_advisory", 15))
		complain(l, l->tokens[i].line, "no-advisory-locks",
			 "%s: it locks on one machine only", word_at(l, i));
}

/* ---- tables and their keys */

/* "schema . name" or "name" at i: the bare name, and what follows it. */
static const char *
name_at(const struct lint *l, size_t i, size_t *after)
{
	if (is(l, i + 1, ".")) {
		*after = i + 3;
		return word_at(l, i + 2);
	}
	*after = i + 1;
	return word_at(l, i);
}

static struct table *
find_table(struct lint *l, const char *name)
{
	size_t i;

	for (i = 0; i < l->n_tables; i++)
		if (!strcmp(l->tables[i].name, name))
			return &l->tables[i];
	return NULL;
}

/* The end of the statement: its semicolon. */
static size_t
end_of(const struct lint *l, size_t i)
{
	while (i < l->n && !is(l, i, ";") && !is(l, i, "$$"))
		i++;
	return i;
}

/* Is `word` in the parentheses that open at i? */
static int
list_has(const struct lint *l, size_t i, const char *word)
{
	int depth = i < l->n ? l->tokens[i].depth : 0;

	for (i++; i < l->n && l->tokens[i].depth > depth; i++)
		if (is(l, i, word))
			return 1;
	return 0;
}

static void
check_key(struct lint *l, const struct table *t, size_t list, const char *what)
{
	int line = l->tokens[list < l->n ? list : l->n - 1].line;

	if (t && t->reference)
		return;
	if (!list_has(l, list, "user_id"))
		complain(l, line, "key-holds-user", "%s of %s must hold user_id: Citus spreads by it",
			 what, t ? t->name : "a table");
	if (t && *t->time && !list_has(l, list, t->time))
		complain(l, line, "key-holds-time",
			 "%s of %s must hold %s: a partition can only watch over its own rows", what,
			 t->name, t->time);
}

/* "name type PRIMARY KEY" or "... UNIQUE": the key is the column alone. */
static void
check_column_key(struct lint *l, const struct table *t, size_t i, const char *what)
{
	size_t first = i;

	while (first && !(l->tokens[first - 1].depth < l->tokens[i].depth) &&
	       !(is(l, first - 1, ",") && l->tokens[first - 1].depth == l->tokens[i].depth))
		first--;
	if (t->reference || is(l, first, "user_id"))
		return;
	complain(l, l->tokens[i].line, "key-holds-user",
		 "%s %s of %s must hold user_id: Citus spreads by it", what, word_at(l, first),
		 t->name);
}

static void
check_foreign_key(struct lint *l, struct table *t, size_t i)
{
	size_t after;
	struct table *to = find_table(l, name_at(l, i + 1, &after));

	if (to && to->reference)
		return;
	if (*t->time || (to && *to->time))
		complain(l, l->tokens[i].line, "no-partitioned-fk",
			 "%s: TimescaleDB has no foreign key to a hypertable, and one from it is not "
			 "checked when compressed", t->name);
	if (!is(l, after, "(") || !list_has(l, after, "user_id"))
		complain(l, l->tokens[i].line, "fk-holds-user",
			 "%s: a foreign key must hold user_id: Citus joins what lies together", t->name);
}

/* The keys between i and end: of CREATE TABLE's list, or of ALTER TABLE. */
static void
check_keys(struct lint *l, struct table *t, size_t i, size_t end)
{
	for (; i < end; i++) {
		if (is(l, i, "primary") && is(l, i + 1, "key")) {
			if (is(l, i + 2, "("))
				check_key(l, t, i + 2, "the primary key");
			else
				check_column_key(l, t, i, "the primary key");
		} else if (is(l, i, "unique")) {
			if (is(l, i + 1, "("))
				check_key(l, t, i + 1, "a unique key");
			else
				check_column_key(l, t, i, "the unique column");
		} else if (is(l, i, "references")) {
			check_foreign_key(l, t, i);
		}
	}
}

static void
take_table(struct lint *l, size_t i)
{
	size_t end = end_of(l, i), k;
	struct table *t;

	i += is(l, i, "if") ? 3 : 0;  /* if not exists */
	ASSERT(l->n_tables < MAX_TABLES);
	t = &l->tables[l->n_tables++];
	*t = (struct table){.line = l->tokens[i].line, .reference = l->reference, .file = l->file};
	l->reference = 0;
	(void)snprintf(t->name, sizeof(t->name), "%s", name_at(l, i, &i));
	for (k = i; k < end; k++)
		if (is(l, k, "partition") && is(l, k + 1, "by"))
			(void)snprintf(t->time, sizeof(t->time), "%s", word_at(l, k + 4));
	check_keys(l, t, i, end);
}

static void
take_alter(struct lint *l, size_t i)
{
	size_t end = end_of(l, i), after;
	struct table *t;

	i += is(l, i, "if") ? 2 : is(l, i, "only") ? 1 : 0;
	if (!(t = find_table(l, name_at(l, i, &after))))
		return;
	if (is(l, after, "enable") && is(l, after + 1, "row"))
		t->secured = 1;
	check_keys(l, t, after, end);
}

/* CREATE UNIQUE INDEX name ON table (...) */
static void
take_unique_index(struct lint *l, size_t i)
{
	size_t end = end_of(l, i), after;
	const struct table *t;

	while (i < end && !is(l, i, "on"))
		i++;
	t = find_table(l, name_at(l, i + 1, &after));
	while (after < end && !is(l, after, "("))
		after++;
	check_key(l, t, after, "a unique index");
}

/* A function with its owner's rights: whoever calls it must not choose what its names mean. */
static void
check_function(struct lint *l, size_t i)
{
	size_t end = end_of(l, i), k;
	int definer = 0, path = 0;

	for (k = i; k < end; k++) {
		definer |= is(l, k, "security") && is(l, k + 1, "definer");
		path |= is(l, k, "set") && is(l, k + 1, "search_path");
	}
	if (definer && !path)
		complain(l, l->tokens[i].line, "definer-search-path",
			 "a SECURITY DEFINER function must SET search_path");
}

/* ---- tokens */

static void
add_token(struct lint *l, const char *from, size_t len, int line, int depth)
{
	struct token *t;
	size_t i;

	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 1024;
		l->tokens = realloc(l->tokens, l->room * sizeof(*l->tokens));
		ASSERT(l->tokens);
	}
	t = &l->tokens[l->n++];
	for (i = 0; i < len && i < MAX_WORD - 1; i++)
		t->text[i] = (char)tolower((unsigned char)from[i]);
	t->text[i] = 0;
	t->line = line;
	t->depth = depth;
	t->body = l->body != NULL;
}

static size_t
word_len(const char *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p[n]) || p[n] == '_')
		n++;
	return n;
}

/* A $tag$; what is between two of them is read like the rest. */
static size_t
take_dollar(struct lint *l, const char *p)
{
	size_t n = 1 + word_len(p + 1);

	if (p[n] != '$' || isdigit((unsigned char)p[1]))
		return 0;
	if (!l->body)
		l->body = p;
	else if (!strncmp(l->body, p, n + 1))
		l->body = NULL;
	return n + 1;
}

static size_t
quoted_len(const char *p, int *line)
{
	size_t n = 1;

	for (; p[n] && (p[n] != *p || p[n + 1] == *p); n++) {
		*line += p[n] == '\n';
		n += p[n] == *p;
	}
	return p[n] ? n + 1 : n;
}

static size_t
comment_len(struct lint *l, const char *p, int *line)
{
	size_t n;

	if (p[1] == '-') {
		n = strcspn(p, "\n");
		if (!strncasecmp(p, "-- lint: reference table", 24))
			add_token(l, "\\reference", 10, *line, 0);
		return n;
	}
	for (n = 2; p[n] && (p[n] != '*' || p[n + 1] != '/'); n++)
		*line += p[n] == '\n';
	return p[n] ? n + 2 : n;
}

static void
tokenize(struct lint *l, const char *p)
{
	int line = 1, depth = 0;
	size_t n;

	for (; *p; p += n) {
		n = 1;
		if (*p == '\n')
			line++;
		else if ((*p == '-' && p[1] == '-') || (*p == '/' && p[1] == '*'))
			n = comment_len(l, p, &line);
		else if (*p == '\'')
			add_token(l, "'", 1, line, depth), n = quoted_len(p, &line);
		else if (*p == '"')
			n = quoted_len(p, &line), add_token(l, p + 1, n > 2 ? n - 2 : 0, line, depth);
		else if (*p == '$' && (n = take_dollar(l, p)))
			add_token(l, "$$", 2, line, depth);
		else if (*p == '(')
			add_token(l, p, n = 1, line, depth++);
		else if (*p == ')')
			add_token(l, p, n, line, --depth);
		else if ((n = word_len(p)))
			add_token(l, p, n, line, depth);
		else if (!isspace((unsigned char)*p))
			add_token(l, p, n = 1, line, depth);
		else
			n = 1;
	}
}

/* ---- a file, and what only all of them together tell */

static void
lint_one(struct lint *l, const struct lint_file *file)
{
	size_t i;

	l->file = file->name;
	l->n = 0;
	l->body = NULL;
	tokenize(l, file->sql);
	for (i = 0; i < l->n; i++) {
		check_banned(l, i);
		if (is(l, i, "\\reference"))
			l->reference = 1;
		else if (is(l, i, "create") && is(l, i + 1, "table"))
			take_table(l, i + 2);
		else if (is(l, i, "alter") && is(l, i + 1, "table"))
			take_alter(l, i + 2);
		else if (is(l, i, "create") && is(l, i + 1, "unique") && is(l, i + 2, "index"))
			take_unique_index(l, i + 3);
		else if (is(l, i, "create") && is(l, i + 1, "function"))
			check_function(l, i);
	}
}

size_t
schema_lint(const struct lint_file *files, size_t n, FILE *to)
{
	struct lint *l = calloc(1, sizeof(*l));
	size_t i, n_complaints;

	ASSERT(l);
	l->to = to;
	for (i = 0; i < n; i++)
		lint_one(l, &files[i]);
	for (i = 0; i < l->n_tables; i++)
		if (!l->tables[i].secured) {
			l->file = l->tables[i].file;
			complain(l, l->tables[i].line, "row-level-security",
				 "%s: ENABLE ROW LEVEL SECURITY is missing", l->tables[i].name);
		}
	n_complaints = l->n_complaints;
	free(l->tokens);
	free(l);
	return n_complaints;
}
