#include <string.h>

#include "services/http-api/mcp/resources.h"
#include "services/http-api/mcp/work.h"

static const char instructions[] =
	"Sessions of intermittent hypoxic-hyperoxic training: SpO2 and pulse from oximeters, with surveys, "
	"events and figures. Read only, with the rights of your token. Begin with list_sessions. Times are "
	"ISO 8601 in UTC; null is \"not measured\", never 0; a low SpO2 is what the training is for. Made-up "
	"(mock) data are left out unless include_mock is true. provenance says what a number rests on. "
	"No medical advice: the numbers are for the people who run the training.";

static void
initialize(struct mcp *me, struct ask *ask, int64_t now)
{
	struct work *w = ask->work;

	(void)me;
	(void)now;
	work_answer(ask, json_pack("{s:s, s:{s:{}, s:{}}, s:o, s:s}", "protocolVersion", w->rpc.version,
			      "capabilities", "tools", "resources", "serverInfo", rpc_server(),
			      "instructions", instructions), -1);
}

static void
discover(struct mcp *me, struct ask *ask, int64_t now)
{
	json_t *versions = json_array();
	size_t i;

	(void)me;
	(void)now;
	for (i = 0; i < RPC_VERSIONS; i++)
		json_array_append_new(versions, json_string(rpc_versions[i]));
	work_answer(ask, json_pack("{s:o, s:{s:{}, s:{}}, s:s}", "supportedVersions", versions, "capabilities",
			      "tools", "resources", "instructions", instructions), WORK_TTL_FIXED);
}

static void
ping(struct mcp *me, struct ask *ask, int64_t now)
{
	(void)me;
	(void)now;
	work_answer(ask, json_object(), -1);
}

/* Lists that have one page. */
static int
is_first_page(struct mcp *me, struct ask *ask)
{
	struct work *w = ask->work;
	struct rpc_error error;

	if (!json_object_get(w->rpc.params, "cursor"))
		return 1;
	(void)rpc_refuse(&error, 200, RPC_BAD_PARAMS, "cursor: this list has one page");
	work_refuse(me, ask, &error);
	return 0;
}

static void
list_tools(struct mcp *me, struct ask *ask, int64_t now)
{
	(void)now;
	if (is_first_page(me, ask))
		work_answer(ask, json_pack("{s:o}", "tools", tools_list()), WORK_TTL_FIXED);
}

static void
list_templates(struct mcp *me, struct ask *ask, int64_t now)
{
	(void)now;
	if (is_first_page(me, ask))
		work_answer(ask, json_pack("{s:o}", "resourceTemplates", resource_templates()), WORK_TTL_FIXED);
}

static void
call_tool(struct mcp *me, struct ask *ask, int64_t now)
{
	struct work *w = ask->work;
	const char *name = json_string_value(json_object_get(w->rpc.params, "name"));
	const struct tool *tool = name ? tool_find(name) : NULL;
	struct rpc_error error;

	if (tool) {
		me->n_calls[tool - tools]++;
		work_begin(me, ask, tool, json_object_get(w->rpc.params, "arguments"), now);
		return;
	}
	(void)rpc_refuse(&error, 200, RPC_BAD_PARAMS, "name: no such tool; tools/list has those "
			     "there are");
	work_refuse(me, ask, &error);
}

static void
list_latest(struct mcp *me, struct ask *ask, int64_t now)
{
	struct work *w = ask->work;
	json_t *cursor = json_object_get(w->rpc.params, "cursor");
	json_t *arguments = cursor ? json_pack("{s:O}", "cursor", cursor) : NULL;

	w->form = FORM_RESOURCES;
	work_begin(me, ask, &tool_resources, arguments, now);
	json_decref(arguments);
}

static void
read_resource(struct mcp *me, struct ask *ask, int64_t now)
{
	struct work *w = ask->work;
	const char *uri = json_string_value(json_object_get(w->rpc.params, "uri"));
	const char *session = uri ? resource_session(uri) : NULL;
	json_t *schema = uri ? resource_schema(uri) : NULL, *arguments;
	struct problem problem;

	w->form = FORM_RESOURCE;
	if (schema) {
		work_answer(ask, resource_contents(uri, schema), WORK_TTL_FIXED);
	} else if (session) {
		arguments = json_pack("{s:s}", "session_id", session);
		work_begin(me, ask, tool_find("get_session"), arguments, now);
		json_decref(arguments);
	} else {
		(void)problem_set(&problem, uri ? 404 : 400, "uri", "no such resource: session://ID, or schema:// and a "
				  "name of resources/list");
		work_give_up(me, ask, &problem);
	}
}

#define LEGACY 1
#define TODAY  2
static const struct {
	const char *name;
	int eras;
	void (*serve)(struct mcp *me, struct ask *ask, int64_t now);
} methods[] = {
	{"initialize", LEGACY, initialize},
	{"ping", LEGACY, ping},
	{"server/discover", TODAY, discover},
	{"tools/list", LEGACY | TODAY, list_tools},
	{"tools/call", LEGACY | TODAY, call_tool},
	{"resources/list", LEGACY | TODAY, list_latest},
	{"resources/templates/list", LEGACY | TODAY, list_templates},
	{"resources/read", LEGACY | TODAY, read_resource},
};

int
work_method(struct mcp *me, struct ask *ask, int64_t now)
{
	const struct work *w = ask->work;
	size_t i;

	for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (!strcmp(methods[i].name, w->rpc.method) &&
		    methods[i].eras & (w->rpc.is_modern ? TODAY : LEGACY)) {
			methods[i].serve(me, ask, now);
			return 1;
		}
	return 0;
}
