/*
 * parquet - one table as Apache Parquet: typed, packed, the columns apart
 *
 * "PAR1", row groups, the footer with schema and places, its length, "PAR1".  A row group is
 * full at 32768 rows or 8 MB, which bounds what is held.  Times are TIMESTAMP (UTC, us), so
 * that DuckDB, Arrow, Spark and pandas read them as times.  The data dictionary is in the
 * footer: key_value_metadata, `ihht:COLUMN`.
 * (Debian 12 has no library that writes it.)
 */
#include <stdio.h>
#include <stdlib.h>

#include "services/http-api/export/chunk.h"
#include "services/http-api/export/export.h"

#define GROUP_ROWS  32768
#define GROUP_BYTES 8000000
#define MAGIC       "PAR1"

enum { CONVERTED_UTF8 = 0, CONVERTED_TIMESTAMP_MICROS = 10, REPETITION_OPTIONAL = 1 };

struct state {
	struct chunk *chunks;      /* a column each */
	int64_t n, n_all;          /* rows of this group; of the file */
	size_t n_groups;
	struct bytes groups;       /* RowGroup structs, encoded */
};

static void
begin(struct export *x)
{
	struct state *s = x->state;
	int i;

	s->chunks = calloc((size_t)x->table->n_columns, sizeof(*s->chunks));
	ASSERT(s->chunks);
	for (i = 0; i < x->table->n_columns; i++)
		chunk_init(&s->chunks[i], &x->table->columns[i]);
	sink_text(x->sink, MAGIC);
}

static void
put_group(struct export *x)
{
	struct state *s = x->state;
	int64_t bytes = 0;
	struct thrift t;
	int i;

	if (!s->n)
		return;
	thrift_begin(&t, &s->groups);  /* RowGroup */
	thrift_list(&t, 1, THRIFT_STRUCT, (size_t)x->table->n_columns);
	for (i = 0; i < x->table->n_columns; i++)
		bytes += chunk_put(&s->chunks[i], x->sink, &t);
	thrift_i64(&t, 2, bytes);
	thrift_i64(&t, 3, s->n);
	thrift_stop(&t);
	s->n_groups++;
	s->n_all += s->n;
	s->n = 0;
}

static void
put_row(struct export *x, const void *row)
{
	struct state *s = x->state;
	size_t bytes = 0;
	struct cell cell;
	int i;

	for (i = 0; i < x->table->n_columns; i++) {
		cell = table_cell(&x->table->columns[i], &x->session, row);
		chunk_add(&s->chunks[i], &cell);
		bytes += chunk_bytes(&s->chunks[i]);
	}
	if (++s->n == GROUP_ROWS || bytes > GROUP_BYTES)
		put_group(x);
}

static void
session(struct export *x)
{
	if (x->table->message == &msg_session)
		put_row(x, &x->session);
}

static void
row(struct export *x, const struct table *table, const void *row)
{
	(void)table;
	put_row(x, row);
}

static void
session_end(struct export *x)
{
	(void)x;
}

/* ---- the footer */

static void
put_logical_type(struct thrift *t, enum cell_kind kind)
{
	thrift_struct(t, 10);
	if (kind == CELL_TIME) {
		thrift_struct(t, 8);
		thrift_true(t, 1);   /* isAdjustedToUTC */
		thrift_struct(t, 2);
		thrift_struct(t, 2); /* MICROS */
		thrift_stop(t);
		thrift_stop(t);
	} else {
		thrift_struct(t, 1); /* STRING */
	}
	thrift_stop(t);
	thrift_stop(t);
}

static void
put_schema(struct thrift *t, const struct table *table)
{
	const struct column *c;
	enum parquet_type type;

	thrift_list(t, 2, THRIFT_STRUCT, (size_t)table->n_columns + 1);
	thrift_element(t);
	thrift_text(t, 4, table->name);
	thrift_i32(t, 5, table->n_columns);
	thrift_stop(t);
	for (c = table->columns; c < table->columns + table->n_columns; c++) {
		type = chunk_type(c->kind);
		thrift_element(t);
		thrift_i32(t, 1, type);
		thrift_i32(t, 3, REPETITION_OPTIONAL);
		thrift_text(t, 4, c->name);
		if (type == PARQUET_BYTE_ARRAY || c->kind == CELL_TIME) {
			thrift_i32(t, 6, c->kind == CELL_TIME ? CONVERTED_TIMESTAMP_MICROS : CONVERTED_UTF8);
			put_logical_type(t, c->kind);
		}
		thrift_stop(t);
	}
}

static void
put_note(struct thrift *t, const char *key, const char *value)
{
	thrift_element(t);
	thrift_text(t, 1, key);
	thrift_text(t, 2, value);
	thrift_stop(t);
}

static void
put_notes(struct thrift *t, const struct export *x)
{
	const struct column *c;
	char key[80], value[300];

	thrift_list(t, 5, THRIFT_STRUCT, (size_t)x->table->n_columns + 2);
	put_note(t, "ihht.source", x->about.source);
	put_note(t, "ihht.mock", x->about.mock ? "included" : "left out");
	for (c = x->table->columns; c < x->table->columns + x->table->n_columns; c++) {
		(void)snprintf(key, sizeof(key), "ihht:%s", c->name);
		(void)snprintf(value, sizeof(value), "%s%s%s", c->meaning, *c->unit ? "; unit " : "", c->unit);
		put_note(t, key, value);
	}
}

/* So that readers trust least and most. */
static void
put_orders(struct thrift *t, const struct table *table)
{
	int i;

	thrift_list(t, 7, THRIFT_STRUCT, (size_t)table->n_columns);
	for (i = 0; i < table->n_columns; i++) {
		thrift_element(t);
		thrift_struct(t, 1);
		thrift_stop(t);
		thrift_stop(t);
	}
}

static void
end(struct export *x)
{
	struct state *s = x->state;
	struct bytes footer = {0};
	struct thrift t;
	uint32_t len;

	put_group(x);
	thrift_begin(&t, &footer);
	thrift_i32(&t, 1, 1);
	put_schema(&t, x->table);
	thrift_i64(&t, 3, s->n_all);
	thrift_list(&t, 4, THRIFT_STRUCT, s->n_groups);
	bytes_add(&footer, s->groups.at, s->groups.n);
	put_notes(&t, x);
	thrift_text(&t, 6, "ihht version " VERSION);
	put_orders(&t, x->table);
	thrift_stop(&t);
	len = (uint32_t)footer.n;
	sink_put(x->sink, footer.at, footer.n);
	sink_put(x->sink, &len, sizeof(len));
	sink_text(x->sink, MAGIC);
	bytes_release(&footer);
}

static void
release(struct export *x)
{
	struct state *s = x->state;
	int i;

	for (i = 0; i < x->table->n_columns; i++)
		chunk_release(&s->chunks[i]);
	free(s->chunks);
	bytes_release(&s->groups);
}

const struct format format_parquet = {
	.name = "parquet", .suffix = ".parquet", .type = "application/vnd.apache.parquet",
	.purpose = "a table, typed and packed, for DuckDB, pandas, Spark", .shape = SHAPE_TABLES,
	.state_size = sizeof(struct state), .begin = begin, .session = session, .row = row,
	.session_end = session_end, .end = end, .release = release};
