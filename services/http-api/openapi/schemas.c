#include "services/http-api/openapi/schemas.h"

#include <stdlib.h>
#include <string.h>

#include "services/http-api/figures/figures.h"

static void
set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

static json_t *
described(json_t *schema, const char *meaning)
{
	if (*meaning)
		set(schema, "description", json_string(meaning));
	return schema;
}

json_t *
schema_ref(const char *name)
{
	return json_pack("{s:s+}", "$ref", "#/components/schemas/", name);
}

json_t *
schema_list(json_t *items)
{
	return json_pack("{s:s, s:o}", "type", "array", "items", items);
}

json_t *
schema_words(const struct words *words, int with_null)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < words->n; i++)
		if (*words->texts[i])
			json_array_append_new(list, json_string(words->texts[i]));
	if (!with_null)
		return json_pack("{s:s, s:o}", "type", "string", "enum", list);
	json_array_append_new(list, json_null());
	return json_pack("{s:[s,s], s:o}", "type", "string", "null", "enum", list);
}

static json_t *
plain(const char *type, const char *format, int with_null)
{
	json_t *o = with_null ? json_pack("{s:[s,s]}", "type", type, "null")
			      : json_pack("{s:s}", "type", type);

	if (format)
		set(o, "format", json_string(format));
	return o;
}

/* ---- what comes out */

static json_t *
or_null(json_t *schema)
{
	return json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
}

static json_t *
column_schema(const struct column *c)
{
	int may_be_null = !c->never_null;

	switch (c->kind) {
	case COLUMN_TEXT:
		return plain("string", NULL, may_be_null);
	case COLUMN_UUID:
		return plain("string", "uuid", may_be_null);
	case COLUMN_TIME:
		return plain("string", "date-time", may_be_null);
	case COLUMN_INT:
		return plain("integer", NULL, may_be_null);
	case COLUMN_REAL:
		return plain("number", NULL, may_be_null);
	case COLUMN_BOOL:
		return plain("boolean", NULL, may_be_null);
	case COLUMN_WORD:
		return schema_words(c->words, 1);
	case COLUMN_WORDS:
		return or_null(schema_list(schema_words(c->words, 0)));
	case COLUMN_ROW:
		return or_null(schema_ref(c->shape->name));
	case COLUMN_COMPUTED:
		return schema_ref(c->shape->name);
	case COLUMN_ROWS:
	case COLUMN_COMPUTED_LIST:
		return schema_list(schema_ref(c->shape->name));
	case COLUMN_ANY:
		break;
	}
	return json_object();
}

static void
add_figures(const struct figure *f, json_t *properties, json_t *required)
{
	json_t *schema;

	for (; f && f->name; f++) {
		schema = plain(f->is_count ? "integer" : "number", NULL, 1);
		set(schema, "description", *f->unit ? json_sprintf("%s; %s", f->meaning, f->unit)
						     : json_string(f->meaning));
		set(properties, f->name, schema);
		json_array_append_new(required, json_string(f->name));
	}
}

void
schema_add_shape(json_t *schemas, const struct shape *shape)
{
	json_t *properties = json_object(), *required = json_array();
	const struct column *c;

	if (json_object_get(schemas, shape->name)) {
		json_decref(properties);
		json_decref(required);
		return;
	}
	for (c = shape->columns; c->name; c++) {
		set(properties, c->name, described(column_schema(c), c->meaning));
		json_array_append_new(required, json_string(c->name));
		if (c->shape)
			schema_add_shape(schemas, c->shape);
	}
	add_figures(shape->figures, properties, required);
	set(schemas, shape->name, json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties",
		properties, "required", required, "additionalProperties", 0));
}

/* ---- what goes in */

static json_t *
limits(const char *type, int64_t min, int64_t max)
{
	json_t *o = plain(type, NULL, 0);

	set(o, "minimum", json_integer((json_int_t)min));
	if (max < MSG_COUNT)
		set(o, "maximum", json_integer((json_int_t)max));
	return o;
}

static int
is_time(const struct msg_field *f)
{
	size_t n = strlen(f->name);

	return n > 3 && !strcmp(f->name + n - 3, "_us");
}

static json_t *
field_schema(const struct msg_field *f)
{
	json_t *o;

	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		if (is_time(f))
			return json_pack("{s:[{s:s, s:s}, {s:s, s:s}]}", "oneOf", "type", "integer",
					 "description", "us since 1970", "type", "string", "format",
					 "date-time");
		return limits("integer", f->min, f->max);
	case MSG_REAL:
		return limits("number", f->min, f->max);
	case MSG_WORD:
		return schema_words(f->words, 0);
	case MSG_SET:
		return schema_list(schema_words(f->words, 0));
	case MSG_UUID:
		return plain("string", "uuid", 0);
	case MSG_STR:
		if (!strcmp(f->name, "additional_data"))
			return json_pack("{s:[s,s], s:b}", "type", "object", "string",
					 "additionalProperties", 1);
		o = plain("string", NULL, 0);
		set(o, "minLength", json_integer((json_int_t)f->min));
		set(o, "maxLength", json_integer((json_int_t)f->max));
		return o;
	case MSG_BIN:
		break;
	}
	return plain("string", "byte", 0);
}

static int
is_needed(const struct msg_field *f)
{
	if (!strcmp(f->name, "request_id"))
		return 0;
	return (f->kind == MSG_INT && f->max < MSG_COUNT) ||
	       (f->kind == MSG_INT && is_time(f)) ||
	       ((f->kind == MSG_STR || f->kind == MSG_UUID) && f->min > 0);
}

void
schema_add_command(json_t *schemas, const char *name, const struct message *m, int has_session,
		   int has_phase)
{
	json_t *properties = json_object(), *required = json_array(), *o;
	const struct msg_field *f;

	for (f = m->fields; f < m->fields + m->n_fields; f++) {
		if (!strcmp(f->name, "hlc") || (has_session && !strcmp(f->name, "session_id")) ||
		    (has_phase && !strcmp(f->name, "phase")))
			continue;
		set(properties, f->name, described(field_schema(f), f->meaning));
		if (is_needed(f))
			json_array_append_new(required, json_string(f->name));
	}
	o = json_pack("{s:s, s:s, s:o, s:b}", "type", "object", "description", m->meaning, "properties",
		      properties, "additionalProperties", 0);
	if (json_array_size(required))
		json_object_set(o, "required", required);
	json_decref(required);
	set(schemas, name, o);
}

json_t *
schema_param(const struct param *p)
{
	json_t *o;

	switch (p->kind) {
	case PARAM_NUMBER:
		o = limits("integer", p->min, p->max);
		if (p->fallback)
			set(o, "default", json_integer(strtoll(p->fallback, NULL, 10)));
		return o;
	case PARAM_UUID:
		return plain("string", "uuid", 0);
	case PARAM_WORD:
		return schema_words(p->words, 0);
	case PARAM_FLAG:
		return plain("boolean", NULL, 0);
	case PARAM_TEXT:
		return json_pack("{s:s, s:I, s:I}", "type", "string", "minLength", (json_int_t)p->min,
				 "maxLength", (json_int_t)p->max);
	case PARAM_SESSIONS:
		return json_pack("{s:s, s:{s:s, s:i, s:i}, s:I, s:I}", "type", "array", "items", "type",
				 "string", "minLength", 1, "maxLength", 64, "minItems",
				 (json_int_t)p->min, "maxItems", (json_int_t)p->max);
	case PARAM_TIME:
	case PARAM_CURSOR:
		break;
	}
	return plain("string", NULL, 0);
}
