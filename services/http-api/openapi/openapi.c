#include "services/http-api/openapi/openapi.h"

#include <stdlib.h>
#include <string.h>

#include "services/http-api/openapi/schemas.h"
#include "services/http-api/reads/catalog.h"

static const char about[] =
	"Ask and command. Times are ISO 8601 in UTC; null is \"not there\", never 0. Lists come in "
	"pages: give `next` of one as the cursor of the following request. An answer to a GET has "
	"an ETag, which If-None-Match may name. A command is answered when it is on disk; "
	"Idempotency-Key or request_id makes it safe to send again. Refusals are RFC 9457 problem "
	"documents.";

static void
set(json_t *object, const char *name, json_t *value)
{
	json_object_set_new(object, name, value);
}

/* ---- answers */

static json_t *
content(const char *type, json_t *schema)
{
	return json_pack("{s:{s:o}}", type, "schema", schema);
}

static json_t *
page_schema(const struct read *read)
{
	return json_pack("{s:s, s:{s:o, s:{s:[s,s], s:s}}, s:[s,s], s:b}", "type", "object",
		"properties", read->list, schema_list(schema_ref(read->shape->name)), "next", "type",
		"string", "null", "description", "cursor of the next page; null: this is the last",
		"required", read->list, "next", "additionalProperties", 0);
}

static json_t *
read_answer(const struct route *route, json_t *schemas)
{
	const struct read *read = route->read;
	json_t *schema;

	schema_add_shape(schemas, read->shape);
	schema = read->list ? page_schema(read) : schema_ref(read->shape->name);
	return json_pack("{s:{s:s, s:{s:{s:s, s:{s:s}}}, s:o}, s:{s:s}}", "200", "description", "OK",
		"headers", "ETag", "description", "for If-None-Match", "schema", "type", "string",
		"content", content("application/json", schema),
		"304", "description", "as If-None-Match has it");
}

static json_t *
answers(const struct route *route, json_t *schemas)
{
	const char *schema = route->kind == ROUTE_HEALTH ? "Health"
			   : route->kind == ROUTE_DOCTOR ? "Diagnosis" : route->kind == ROUTE_BATCH
			   ? "BatchDone" : route->kind == ROUTE_ME || route->kind == ROUTE_SIGN_IN
			   ? "Me" : route->kind == ROUTE_QUARANTINE ? "Quarantine"
			   : route->kind == ROUTE_AUDIT ? "Audit" : "Done";
	json_t *o;

	if (route->kind == ROUTE_READ)
		return read_answer(route, schemas);
	if (route->kind == ROUTE_METRICS)
		return json_pack("{s:{s:s, s:o}}", "200", "description", "OK", "content",
				 content("text/plain", json_pack("{s:s}", "type", "string")));
	if (route->kind == ROUTE_EXPORT)
		return json_pack("{s:{s:s, s:o}}", "200", "description", "A file, as long as it takes; cut "
				 "off: not all of it", "content", content("*/*", json_pack("{s:s, s:s}",
				 "type", "string", "format", "binary")));
	if (route->kind == ROUTE_DICTIONARY)
		return json_pack("{s:{s:s, s:o}}", "200", "description", "OK", "content",
				 content("application/csvm+json", json_pack("{s:s}", "type", "object")));
	o = json_pack("{s:{s:s, s:o}}", "200", "description", "OK", "content",
		      content("application/json",
			      route->kind == ROUTE_OPENAPI || route->kind == ROUTE_SIGN_OUT
			      ? json_pack("{s:s}", "type", "object") : schema_ref(schema)));
	if (route->message == &msg_session_start)
		set(o, "201", json_pack("{s:s, s:o}", "description", "Begun; Location says where",
					"content", content("application/json", schema_ref("Done"))));
	if (route->kind == ROUTE_HEALTH)
		set(o, "503", json_pack("{s:s, s:o}", "description", "down", "content",
					content("application/json", schema_ref("Health"))));
	return o;
}

static void
add_refusals(json_t *responses)
{
	static const char *const codes[] = {"4XX", "5XX"};
	size_t i;

	for (i = 0; i < 2; i++)
		set(responses, codes[i], json_pack("{s:s, s:o}", "description", "Refused, and why",
			"content", content("application/problem+json", schema_ref("Problem"))));
}

/* ---- questions */

static json_t *
parameter(const char *name, const char *in, int required, const char *meaning, json_t *schema)
{
	return json_pack("{s:s, s:s, s:b, s:s, s:o}", "name", name, "in", in, "required", required,
			 "description", meaning, "schema", schema);
}

static json_t *
parameters(const struct route *route)
{
	json_t *list = json_array(), *text = json_pack("{s:s}", "type", "string");
	const struct param *p = route->params;

	if (strstr(route->path, "{id}"))
		json_array_append_new(list, parameter("id", "path", 1, "a session's UUID or local id",
						      json_pack("{s:s, s:s}", "type", "string",
								"pattern", "^[A-Za-z0-9_-]{1,64}$")));
	if (strstr(route->path, "{person}"))
		json_array_append_new(list, parameter("person", "path", 1, "a person's UUID",
						      json_pack("{s:s, s:s}", "type", "string",
								"format", "uuid")));
	for (; p && p->name; p++)
		json_array_append_new(list, parameter(p->name, "query", 0, p->meaning, schema_param(p)));
	if (route->kind == ROUTE_READ)
		json_array_append_new(list, parameter("If-None-Match", "header", 0,
						      "the ETag that the caller has", json_incref(text)));
	if (route->kind == ROUTE_COMMAND || route->kind == ROUTE_BATCH)
		json_array_append_new(list, parameter("Idempotency-Key", "header", 0,
			"the same key again is the same request; another request under it is refused",
			json_incref(text)));
	json_decref(text);
	return list;
}

static void
add_body(const struct route *route, json_t *operation, json_t *schemas)
{
	char name[64];

	if (route->kind == ROUTE_BATCH)
		strcpy(name, "Batch");
	else
		(void)snprintf(name, sizeof(name), "%c%s", route->name[0] - 'a' + 'A', route->name + 1);
	if (route->kind == ROUTE_COMMAND)
		schema_add_command(schemas, name, route->message, strchr(route->path, '{') != NULL,
				   route->phase != 0);
	set(operation, "requestBody", json_pack("{s:b, s:o}", "required", 1, "content",
		content("application/json", schema_ref(name))));
}

static const char *
tag_of(const struct route *route)
{
	return route->kind == ROUTE_READ || route->kind == ROUTE_EXPORT ? "read" : route->kind == ROUTE_COMMAND ? "command"
	     : route->kind == ROUTE_BATCH ? "sync" : "service";
}

static json_t *
operation(const struct route *route, json_t *schemas)
{
	json_t *responses = answers(route, schemas);
	json_t *o = json_pack("{s:s, s:s, s:[s], s:o, s:o}", "operationId", route->name, "summary",
			      route->summary, "tags", tag_of(route), "parameters", parameters(route),
			      "responses", responses);

	add_refusals(responses);
	set(o, "security", route->is_open ? json_pack("[{}]") : json_pack("[{s:[]}]", "token"));
	if (route->kind == ROUTE_COMMAND || route->kind == ROUTE_BATCH ||
	    route->kind == ROUTE_SIGN_IN)
		add_body(route, o, schemas);
	return o;
}

/* ---- what no table has */

static const char fixed_schemas[] =
	"{\"Problem\": {\"type\": \"object\", \"required\": [\"type\", \"title\", \"status\"], \"properties\": {"
	"\"type\": {\"type\": \"string\"}, \"title\": {\"type\": \"string\"}, \"status\": {\"type\": \"integer\"},"
	"\"detail\": {\"type\": \"string\"}, \"field\": {\"type\": \"string\", \"description\": \"which was wrong\"},"
	"\"allowed\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}, \"description\": \"what it may be\"},"
	"\"row\": {\"type\": \"integer\", \"description\": \"of a batch, from 1\"},"
	"\"allow\": {\"type\": \"string\", \"description\": \"methods that would be right\"}}},"
	"\"Done\": {\"type\": \"object\", \"required\": [\"request_id\", \"session_id\", \"added\", \"seen\", \"text\"],"
	"\"properties\": {\"request_id\": {\"type\": \"string\", \"format\": \"uuid\"},"
	"\"session_id\": {\"type\": \"string\"}, \"added\": {\"type\": \"integer\", \"description\": \"new\"},"
	"\"seen\": {\"type\": \"integer\", \"description\": \"known already\"}, \"text\": {\"type\": \"string\"}},"
	"\"additionalProperties\": false},"
	"\"Health\": {\"type\": \"object\", \"required\": [\"status\", \"postgres\", \"problems\", \"processes\"],"
	"\"properties\": {\"status\": {\"type\": \"string\", \"enum\": [\"ok\", \"degraded\", \"down\"]},"
	"\"postgres\": {\"type\": \"boolean\"}, \"problems\": {\"type\": \"array\", \"items\": {\"type\": \"string\"}},"
	"\"processes\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"additionalProperties\": true}}}},"
	"\"Diagnosis\": {\"type\": \"object\", \"required\": [\"first_broken\", \"hops\"], \"additionalProperties\": false,"
	"\"properties\": {\"first_broken\": {\"type\": [\"string\", \"null\"], \"description\": \"null: none is\"},"
	"\"hops\": {\"type\": \"array\", \"items\": {\"type\": \"object\", \"required\": [\"hop\", \"state\", \"evidence\","
	"\"cure\"], \"additionalProperties\": false, \"properties\": {\"hop\": {\"type\": \"string\", \"enum\": [\"device\","
	"\"spool\", \"store\", \"worker\", \"postgres\", \"watcher\"]}, \"state\": {\"type\": \"string\", \"enum\": [\"ok\","
	"\"note\", \"broken\", \"hidden\"], \"description\": \"hidden: not known, as one before it is broken\"},"
	"\"evidence\": {\"type\": \"string\"}, \"cure\": {\"type\": \"string\"}}}}}},"
	"\"Me\": {\"type\": \"object\", \"required\": [\"user_id\", \"role\", \"people\", \"expires\"],"
	"\"properties\": {\"user_id\": {\"type\": [\"string\", \"null\"]}, \"role\": {\"type\": \"string\","
	"\"enum\": [\"person\", \"coach\", \"admin\"]}, \"people\": {\"type\": \"array\", \"items\":"
	"{\"type\": \"string\"}, \"description\": \"whom a coach looks after\"}, \"expires\":"
	"{\"type\": \"string\", \"format\": \"date-time\"}}, \"additionalProperties\": false},"
	"\"SignIn\": {\"type\": \"object\", \"required\": [\"token\"], \"properties\":"
	"{\"token\": {\"type\": \"string\"}}},"
	"\"Batch\": {\"type\": \"object\", \"required\": [\"type\", \"data\"], \"additionalProperties\": false,"
	"\"properties\": {\"type\": {\"type\": \"string\", \"enum\": [\"readings\", \"session\", \"session_survey\","
	"\"intra_session_response\", \"adaptive_event\", \"phase_stats\", \"progression\"]},"
	"\"data\": {\"description\": \"rows as the app has them\", \"oneOf\": ["
	"{\"type\": \"object\", \"additionalProperties\": true},"
	"{\"type\": \"array\", \"items\": {\"type\": \"object\", \"additionalProperties\": true}}]},"
	"\"sessionId\": {\"type\": [\"string\", \"null\"], \"description\": \"UUID or local id\"},"
	"\"outcomes\": {\"type\": \"boolean\", \"description\": \"tell what became of each row\"}}},"
	"\"BatchRow\": {\"type\": \"object\", \"required\": [\"row\"], \"additionalProperties\": false, \"properties\":"
	"{\"row\": {\"type\": \"integer\", \"description\": \"from 1\"}, \"outcome\": {\"type\": \"string\","
	"\"enum\": [\"taken\", \"quarantined\"]}, \"field\": {\"type\": \"string\"}, \"why\": {\"type\": \"string\"}}},"
	"\"Quarantine\": {\"type\": \"object\", \"required\": [\"quarantine\", \"misfits\"], \"properties\": {"
	"\"quarantine\": {\"type\": \"array\", \"description\": \"Postgres would not take them\", \"items\":"
	"{\"type\": \"object\", \"additionalProperties\": true}}, \"misfits\": {\"type\": \"array\","
	"\"description\": \"of a batch, not to be read\", \"items\": {\"type\": \"object\","
	"\"additionalProperties\": true}}}},"
	"\"Audit\": {\"type\": \"object\", \"required\": [\"audit\"], \"properties\": {\"audit\": {\"type\": \"array\","
	"\"items\": {\"type\": \"object\", \"required\": [\"entry\", \"at\", \"what\", \"found\", \"sha256\"],"
	"\"additionalProperties\": true}}}},"
	"\"BatchDone\": {\"type\": \"object\", \"additionalProperties\": false, \"properties\": {"
	"\"synced\": {\"type\": \"integer\", \"description\": \"rows that were new\"},"
	"\"status\": {\"type\": \"string\", \"const\": \"already_synced\"},"
	"\"quarantined\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/components/schemas/BatchRow\"}},"
	"\"rows\": {\"type\": \"array\", \"items\": {\"$ref\": \"#/components/schemas/BatchRow\"}}}}}";

static json_t *
head(const char *gateway)
{
	return json_pack("{s:s, s:{s:s, s:s, s:s, s:{s:s, s:s}}, s:[{s:s, s:s}], s:[{s:s, s:s},{s:s, s:s},"
		"{s:s, s:s},{s:s, s:s}]}",
		"openapi", "3.1.0", "info", "title", "IHHT data pipeline", "version", VERSION,
		"description", about, "license", "name", "Apache-2.0", "identifier", "Apache-2.0",
		"servers", "url", "/", "description", gateway,
		"tags", "name", "read", "description", "what was recorded",
		"name", "command", "description", "what is to be recorded; works without a network",
		"name", "sync", "description", "rows of another store",
		"name", "service", "description", "how it goes");
}

char *
openapi_text(const char *gateway)
{
	json_t *o = head(gateway), *paths = json_object(), *path, *schemas;
	const struct route *r;
	char method[8], *text;
	size_t i;

	schemas = json_loads(fixed_schemas, 0, NULL);
	ASSERT(o && schemas);
	for (r = routes; r->method; r++) {
		if (r->kind == ROUTE_MCP || r->kind == ROUTE_MCP_TOKENS)
			continue;  /* of another protocol, which describes itself */
		if (!(path = json_object_get(paths, r->path))) {
			set(paths, r->path, json_object());
			path = json_object_get(paths, r->path);
		}
		for (i = 0; i <= strlen(r->method); i++)
			method[i] = r->method[i] ? (char)(r->method[i] - 'A' + 'a') : 0;
		set(path, method, operation(r, schemas));
	}
	set(o, "paths", paths);
	set(o, "components", json_pack("{s:o, s:{s:{s:s, s:s, s:s}}}", "schemas", schemas,
				       "securitySchemes", "token", "type", "http", "scheme", "bearer",
				       "bearerFormat", "JWT"));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return text;
}
