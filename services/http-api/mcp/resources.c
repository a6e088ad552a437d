#include "services/http-api/mcp/resources.h"

#include <stdlib.h>
#include <string.h>

#include "proto/msg_json.h"
#include "services/http-api/export/tables.h"
#include "services/http-api/figures/figures.h"

#define SESSION "session://"
#define SCHEMA  "schema://"
#define JSON    "application/json"

static json_t *
described(const char *name, const char *meaning)
{
	return json_pack("{s:s+, s:s+, s:s, s:s}", "uri", SCHEMA, name, "name", "schema of ", name,
			 "description", meaning, "mimeType", JSON);
}

json_t *
resources_of_schema(void)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < N_TABLES; i++)
		json_array_append_new(list, described(tables[i].name, tables[i].meaning));
	json_array_append_new(list, described("figures", "what is computed from readings"));
	return list;
}

json_t *
resource_of_session(const json_t *session)
{
	const char *id = json_string_value(json_object_get(session, "id"));
	const char *start = json_string_value(json_object_get(session, "start_time"));

	return json_pack("{s:s+, s:s, s:o, s:s}", "uri", SESSION, id, "name",
			 json_string_value(json_object_get(session, "local_session_id")), "description",
			 json_sprintf("session of %.16s UTC, %s", start,
				      json_string_value(json_object_get(session, "status"))),
			 "mimeType", JSON);
}

json_t *
resource_templates(void)
{
	return json_pack("[{s:s, s:s, s:s, s:s}]", "uriTemplate", SESSION "{id}", "name", "session",
			 "description", "a session by its UUID or local id, as get_session gives it",
			 "mimeType", JSON);
}

const char *
resource_session(const char *uri)
{
	return !strncmp(uri, SESSION, strlen(SESSION)) ? uri + strlen(SESSION) : NULL;
}

/* ---- schema:// */

static const char *
type_of(enum cell_kind kind)
{
	static const char *const types[] = {
		[CELL_NONE] = "null", [CELL_INT] = "integer", [CELL_REAL] = "number",
		[CELL_BOOL] = "boolean", [CELL_TIME] = "time", [CELL_TEXT] = "text",
		[CELL_SET] = "words with + between"};

	return types[kind];
}

static json_t *
list_columns(const struct table *table)
{
	const struct column *c;
	json_t *list = json_array(), *o;

	for (c = table->columns; c < table->columns + table->n_columns; c++) {
		o = json_pack("{s:s, s:s, s:s}", "name", c->name, "type", type_of(c->kind), "meaning",
			      c->meaning);
		if (*c->unit)
			json_object_set_new(o, "unit", json_string(c->unit));
		if (c->words && c->kind != CELL_BOOL)
			json_object_set_new(o, "words", words_json(c->words));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *
list_figures(const struct figure *f)
{
	json_t *list = json_array();

	for (; f->name; f++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", f->name, "type",
			f->is_count ? "integer" : "number", "unit", f->unit, "meaning", f->meaning));
	return list;
}

json_t *
resource_schema(const char *uri)
{
	const char *name = !strncmp(uri, SCHEMA, strlen(SCHEMA)) ? uri + strlen(SCHEMA) : "";
	const struct table *table = table_find(name);

	if (!strcmp(name, "figures"))
		return json_pack("{s:o, s:o}", "session", list_figures(session_figure_list), "phase",
				 list_figures(phase_figure_list));
	return table ? json_pack("{s:s, s:s, s:s, s:o}", "table", table->name, "meaning", table->meaning,
				 "key", table->key, "columns", list_columns(table)) : NULL;
}

json_t *
resource_contents(const char *uri, json_t *what)
{
	char *text = json_dumps(what, JSON_COMPACT | JSON_REAL_PRECISION(12));
	json_t *o = json_pack("{s:[{s:s, s:s, s:s}]}", "contents", "uri", uri, "mimeType", JSON, "text",
			      text);

	free(text);
	json_decref(what);
	return o;
}
