/* Questions to a table of the shape, and its columns as SQL. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/plan/in_shape.h"

const struct column *
table_column(const struct table *t, const char *name)
{
	int i;

	for (i = 0; i < t->n_columns; i++)
		if (!strcmp(t->columns[i].name, name))
			return &t->columns[i];
	return NULL;
}

const struct column *
table_first_key(const struct table *t)
{
	int i;

	for (i = 0; i < t->n_columns && t->columns[i].key != 1; i++)
		;
	ASSERT(i < t->n_columns);        /* shape_read() saw to it */
	return &t->columns[i];
}

const struct column *
table_number_key(const struct table *t)
{
	const struct column *c, *key = NULL;

	for (c = t->columns; c < t->columns + t->n_columns; c++) {
		if (c->key > 1)
			return NULL;
		if (c->key)
			key = c;
	}
	return key && (!strcmp(key->type, "bigint") || !strcmp(key->type, "integer")) ? key : NULL;
}

static int
is_of(const struct column *c, enum columns_of which)
{
	return which == COLUMNS_ALL || (which == COLUMNS_KEY && c->key) ||
	       (which == COLUMNS_STORED && !c->is_generated);
}

char *
table_first_columns(const struct table *t, int n_first, enum columns_of which, const char *prefix)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	int i, n = 0;

	ASSERT(to);
	for (i = 0; i < t->n_columns && i < n_first; i++)
		if (is_of(&t->columns[i], which))
			(void)fprintf(to, "%s%s%s", n++ ? ", " : "", prefix, t->columns[i].quoted);
	ASSERT(fclose(to) == 0);
	return text;
}

char *
table_columns(const struct table *t, enum columns_of which, const char *prefix)
{
	return table_first_columns(t, t->n_columns, which, prefix);
}

char *
table_key_text(const struct table *t, const char *alias)
{
	char prefix[40], *columns, *text;

	(void)snprintf(prefix, sizeof(prefix), "%s.", alias);
	columns = table_columns(t, COLUMNS_KEY, prefix);
	ASSERT((strchr(columns, ',') ? asprintf(&text, "row(%s)::text", columns)
				    : asprintf(&text, "%s::text", columns)) > 0);
	free(columns);
	return text;
}

char *
table_same_key(const struct table *t, const char *a, const char *b, const char *session)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	const struct column *c;
	int n = 0;

	ASSERT(to);
	for (c = t->columns; c < t->columns + t->n_columns; c++) {
		if (!c->key)
			continue;
		(void)fprintf(to, "%s%s.%s = ", n++ ? " AND " : "", a, c->quoted);
		if (session && c->is_link)
			(void)fprintf(to, "coalesce(%s.%s, %s.%s::text)::%s", b, session, b, c->quoted, c->type);
		else
			(void)fprintf(to, "%s.%s", b, c->quoted);
	}
	ASSERT(fclose(to) == 0);
	return text;
}

int
table_place(const void *table, const char *name)
{
	const struct table *t = table;
	const struct column *c = table_column(t, name);

	return c && !c->is_generated ? (int)(c - t->columns) : -1;
}
