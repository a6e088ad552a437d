/*
 * dictionary - what the columns of the CSV files mean, as CSV on the Web (W3C, 2015) says it
 *
 * Tools that know CSVW read csv-metadata.json by its name beside the files; people read it too.
 */
#include "services/http-api/export/export.h"

static const char *
datatype(enum cell_kind kind)
{
	switch (kind) {
	case CELL_INT:
		return "\"integer\"";
	case CELL_REAL:
		return "\"double\"";
	case CELL_BOOL:
		return "{\"base\":\"boolean\",\"format\":\"true|false\"}";
	case CELL_TIME:
		return "\"dateTimeStamp\"";
	case CELL_NONE:
	case CELL_TEXT:
	case CELL_SET:
		break;
	}
	return "\"string\"";
}

/* {"base":"string","format":"a|b"}: the words there are. */
static void
put_words(struct sink *sink, const struct words *words)
{
	int i, n = 0;

	sink_text(sink, "{\"base\":\"string\",\"format\":\"");
	for (i = 0; i < words->n; i++)
		if (*words->texts[i]) {
			sink_text(sink, n++ ? "|" : "");
			sink_text(sink, words->texts[i]);
		}
	sink_text(sink, "\"}");
}

static void
put_column(struct sink *sink, const struct column *column)
{
	sink_text(sink, "{\"name\":");
	sink_json(sink, column->name);
	sink_text(sink, ",\"titles\":");
	sink_json(sink, column->name);
	sink_text(sink, ",\"datatype\":");
	if (column->words && column->kind != CELL_BOOL)
		put_words(sink, column->words);
	else
		sink_text(sink, datatype(column->kind));
	if (column->kind == CELL_SET)
		sink_text(sink, ",\"separator\":\"+\"");
	sink_text(sink, ",\"dc:description\":");
	sink_json(sink, column->meaning);
	if (*column->unit) {
		sink_text(sink, ",\"schema:unitCode\":");
		sink_json(sink, column->unit);
	}
	sink_text(sink, "}");
}

static void
put_key(struct sink *sink, const char *key)
{
	size_t n;

	sink_text(sink, ",\"primaryKey\":[");
	for (; *key; key += n + (key[n] == ' ')) {
		n = strcspn(key, " ");
		sink_put(sink, "\"", 1);
		sink_put(sink, key, n);
		sink_text(sink, key[n] ? "\"," : "\"");
	}
	sink_text(sink, "]");
}

static void
put_table(struct sink *sink, const struct table *table)
{
	int i;

	sink_text(sink, "{\"url\":\"");
	sink_text(sink, table->name);
	sink_text(sink, ".csv\",\"dc:description\":");
	sink_json(sink, table->meaning);
	sink_text(sink, ",\"tableSchema\":{\"columns\":[");
	for (i = 0; i < table->n_columns; i++) {
		sink_text(sink, i ? ",\n" : "\n");
		put_column(sink, &table->columns[i]);
	}
	sink_text(sink, "]");
	if (*table->key)
		put_key(sink, table->key);
	sink_text(sink, "}}");
}

void
export_dictionary(struct sink *sink, const struct export_about *about)
{
	int i;

	sink_text(sink, "{\"@context\":[\"http://www.w3.org/ns/csvw\",{\"@language\":\"en\"}],\n"
		  "\"dc:title\":\"IHHT sessions\",\"dc:source\":");
	sink_json(sink, about->source);
	sink_text(sink, ",\"dc:created\":\"");
	sink_time(sink, about->at_us);
	sink_text(sink, about->mock ? "\",\"dc:description\":\"mock data are in it\""
				    : "\",\"dc:description\":\"no mock data\"");
	sink_text(sink, ",\n\"dialect\":{\"header\":true,\"lineTerminators\":[\"\\r\\n\"]},\"tables\":[\n");
	for (i = 0; i < N_TABLES; i++) {
		sink_text(sink, i ? ",\n" : "");
		put_table(sink, &tables[i]);
	}
	sink_text(sink, "]}\n");
}
