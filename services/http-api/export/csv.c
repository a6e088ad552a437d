/*
 * csv - one table as RFC 4180: a line of names, CRLF, quotes where they are needed
 *
 * NULL is an empty field, text is never empty.  A text that a spreadsheet would take for a
 * formula gets a ' in front (docs/export.md); numbers are never touched.
 */
#include "services/http-api/export/export.h"

/* Most text: words, ids. */
static int
is_plain(const char *text)
{
	if (strchr("=+-@", *text))
		return 0;
	while (*text >= ' ' && *text < 0x7f && *text != '"' && *text != ',')
		text++;
	return !*text;
}

static void
put_text(struct sink *sink, const char *text)
{
	int quoted = text[strcspn(text, "\",\r\n")] != 0;
	size_t n;

	if (is_plain(text)) {
		sink_text(sink, text);
		return;
	}
	if (quoted)
		sink_put(sink, "\"", 1);
	if (strchr("=+-@\t\r", *text))
		sink_put(sink, "'", 1);
	for (; *text; text += n ? n : 1) {
		n = sink_utf8(text);
		if (!n || ((unsigned char)*text < 0x20 && !strchr("\t\r\n", *text)) || *text == 0x7f)
			sink_text(sink, SINK_NO_CHARACTER);
		else if (*text == '"')
			sink_put(sink, "\"\"", 2);
		else
			sink_put(sink, text, n);
	}
	if (quoted)
		sink_put(sink, "\"", 1);
}

static void
put_cell(struct sink *sink, const struct column *column, const struct cell *cell)
{
	char set[TABLE_SET];

	switch (cell->kind) {
	case CELL_NONE:
		break;
	case CELL_INT:
		sink_int(sink, cell->number);
		break;
	case CELL_REAL:
		sink_real(sink, cell->real);
		break;
	case CELL_BOOL:
		sink_text(sink, cell->number ? "true" : "false");
		break;
	case CELL_TIME:
		sink_time(sink, cell->number);
		break;
	case CELL_TEXT:
		put_text(sink, cell->text);
		break;
	case CELL_SET:
		sink_text(sink, table_set(column, cell->number, set));
		break;
	}
}

static void
put_row(struct export *x, const void *row)
{
	struct cell cell;
	int i;

	for (i = 0; i < x->table->n_columns; i++) {
		if (i)
			sink_put(x->sink, ",", 1);
		cell = table_cell(&x->table->columns[i], &x->session, row);
		put_cell(x->sink, &x->table->columns[i], &cell);
	}
	sink_put(x->sink, "\r\n", 2);
}

static void
begin(struct export *x)
{
	int i;

	for (i = 0; i < x->table->n_columns; i++) {
		if (i)
			sink_put(x->sink, ",", 1);
		sink_text(x->sink, x->table->columns[i].name);
	}
	sink_put(x->sink, "\r\n", 2);
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
nothing(struct export *x)
{
	(void)x;
}

const struct format format_csv = {
	.name = "csv", .suffix = ".csv", .type = "text/csv; charset=utf-8; header=present",
	.purpose = "a table as text, with a data dictionary beside it (CSVW)", .shape = SHAPE_TABLES,
	.begin = begin, .session = session, .row = row, .session_end = nothing, .end = nothing};
