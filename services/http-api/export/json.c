/*
 * json - one document: sessions with all that hangs on them, under the API's names
 *
 *	{"made_at": ..., "source": ..., "sessions": [{..., "surveys": [...], ..., "readings": [...]}]}
 *
 * Every table is there, empty or not.  Provenance that stands in the session is not repeated
 * in its rows.
 */
#include "services/http-api/export/export.h"
#include "services/http-api/export/json_cell.h"

struct state {
	int table;    /* whose array is open: an index of `tables` */
	int64_t n;    /* rows in it */
};

/* Without the braces. */
static void
put_fields(struct export *x, const struct table *table, const void *row)
{
	const struct column *column;
	struct cell cell;
	int i, n = 0;

	for (i = 0; i < table->n_columns; i++) {
		column = &table->columns[i];
		if (column->of_session && table->message != &msg_session)
			continue;
		sink_text(x->sink, n++ ? ",\"" : "\"");
		sink_text(x->sink, column->name);
		sink_put(x->sink, "\":", 2);
		cell = table_cell(column, &x->session, row);
		json_cell(x->sink, column, &cell);
	}
}

static void
begin(struct export *x)
{
	sink_text(x->sink, "{\"made_at\":\"");
	sink_time(x->sink, x->about.at_us);
	sink_text(x->sink, "\",\"source\":");
	sink_json(x->sink, x->about.source);
	sink_text(x->sink, x->about.mock ? ",\"mock\":true,\"sessions\":[" : ",\"mock\":false,\"sessions\":[");
}

static void
session(struct export *x)
{
	struct state *s = x->state;

	sink_text(x->sink, x->n_sessions > 1 ? ",\n{" : "\n{");
	put_fields(x, &tables[0], &x->session);
	s->table = 0;
}

/* The arrays up to that of `table`; past the last: all are closed. */
static void
open_array(struct export *x, int table)
{
	struct state *s = x->state;

	ASSERT(table >= s->table);
	for (; s->table < table; s->n = 0) {
		sink_text(x->sink, s->table ? "]" : "");
		if (++s->table < N_TABLES) {
			sink_text(x->sink, ",\"");
			sink_text(x->sink, tables[s->table].name);
			sink_text(x->sink, "\":[");
		}
	}
}

static void
row(struct export *x, const struct table *table, const void *row)
{
	struct state *s = x->state;

	open_array(x, (int)(table - tables));
	sink_text(x->sink, s->n++ ? ",\n{" : "\n{");
	put_fields(x, table, row);
	sink_put(x->sink, "}", 1);
}

static void
session_end(struct export *x)
{
	open_array(x, N_TABLES);
	sink_put(x->sink, "}", 1);
}

static void
end(struct export *x)
{
	sink_text(x->sink, "]}\n");
}

const struct format format_json = {
	.name = "json", .suffix = ".json", .type = "application/json",
	.purpose = "one document, under the API's names", .shape = SHAPE_WHOLE,
	.state_size = sizeof(struct state), .begin = begin, .session = session, .row = row,
	.session_end = session_end, .end = end};
