#include <string.h>

#include "services/http-api/mcp/tool.h"
#include "services/http-api/openapi/schemas.h"

#define DIALECT "https://json-schema.org/draft/2020-12/schema"

/* schemas.c names shapes as OpenAPI does; here they are the schema's own. */
static void
localize(json_t *schema)
{
	const char *name, *ref = json_string_value(json_object_get(schema, "$ref"));
	json_t *part;
	size_t i;

	if (ref && strncmp(ref, "#/$defs/", 8))
		json_object_set_new(schema, "$ref", json_sprintf("#/$defs/%s", strrchr(ref, '/') + 1));
	json_object_foreach(schema, name, part) {
		localize(part);
	}
	json_array_foreach(schema, i, part) {
		localize(part);
	}
}

static json_t *
input_schema(const struct tool *tool)
{
	json_t *properties = json_object(), *one, *o;
	const struct param *p;

	for (p = tool->params; p->name; p++) {
		one = schema_param(p);
		json_object_set_new(one, "description", json_string(p->meaning));
		if (p->kind == PARAM_FLAG && p->fallback)
			json_object_set_new(one, "default", json_false());
		json_object_set_new(properties, p->name, one);
	}
	o = json_pack("{s:s, s:s, s:o, s:b}", "$schema", DIALECT, "type", "object", "properties",
		      properties, "additionalProperties", 0);
	if (*tool->required)
		json_object_set_new(o, "required", json_pack("[s]", tool->required));
	return o;
}

static json_t *
output_schema(const struct tool *tool)
{
	json_t *defs = json_object(), *properties = tool->output(defs), *required = json_array(), *o, *one;
	const char *name;

	json_object_foreach(properties, name, one) {
		json_array_append_new(required, json_string(name));
	}
	o = json_pack("{s:s, s:s, s:o, s:o, s:b, s:o}", "$schema", DIALECT, "type", "object", "properties",
		      properties, "required", required, "additionalProperties", 0, "$defs", defs);
	localize(o);
	return o;
}

json_t *
tools_list(void)
{
	json_t *list = json_array();
	const struct tool *t;

	for (t = tools; t->name; t++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o, s:o, s:{s:b, s:b, s:b, s:b}}",
			"name", t->name, "title", t->title, "description", t->description, "inputSchema",
			input_schema(t), "outputSchema", output_schema(t), "annotations",
			"readOnlyHint", 1, "destructiveHint", 0, "idempotentHint", 1, "openWorldHint", 0));
	return list;
}
