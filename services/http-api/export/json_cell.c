#include "services/http-api/export/json_cell.h"

#include <stdio.h>
#include <uuid/uuid.h>

static void
put_set(struct sink *sink, const struct column *column, int64_t bits)
{
	int i, n = 0;

	sink_text(sink, "[");
	for (i = 0; i < column->words->n; i++)
		if (bits >> i & 1) {
			sink_text(sink, n++ ? "," : "");
			sink_json(sink, column->words->texts[i]);
		}
	sink_text(sink, "]");
}

void
json_cell(struct sink *sink, const struct column *column, const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_NONE:
		sink_text(sink, "null");
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
		sink_put(sink, "\"", 1);
		sink_time(sink, cell->number);
		sink_put(sink, "\"", 1);
		break;
	case CELL_TEXT:
		sink_json(sink, cell->text);
		break;
	case CELL_SET:
		put_set(sink, column, cell->number);
		break;
	}
}

int
json_names(const char *names, const char *name)
{
	size_t n = strlen(name);
	const char *p = names;

	while ((p = strstr(p, name))) {
		if (p > names && p[-1] == ' ' && p[n] == ' ')
			return 1;
		p++;
	}
	return 0;
}

void
json_cells(struct sink *sink, const struct table *table, const struct session *session,
	   const void *row, const char *leave_out)
{
	const struct column *c;
	struct cell cell;

	for (c = table->columns; c < table->columns + table->n_columns; c++) {
		if ((c->of_session && table->message != &msg_session) || json_names(leave_out, c->name))
			continue;
		cell = table_cell(c, session, row);
		if (cell.kind == CELL_NONE)
			continue;
		sink_text(sink, ",\"");
		sink_text(sink, c->name);
		sink_put(sink, "\":", 2);
		json_cell(sink, c, &cell);
	}
}

void
json_part_id(const struct session *session, const char *part, ids_uuid id)
{
	uuid_t space, made;

	if (uuid_parse(session->id, space) < 0)
		uuid_clear(space);
	uuid_generate_sha1(made, space, part, strlen(part));
	uuid_unparse_lower(made, id);
}

void
json_reading_id(const struct session *session, const struct reading *reading, const char *part,
		ids_uuid id)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "reading %lld %lld %s", (long long)reading->epoch,
		       (long long)reading->seq, part);
	json_part_id(session, name, id);
}
