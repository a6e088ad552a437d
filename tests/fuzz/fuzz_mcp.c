/*
 * Any bytes as the headers and the body of POST /mcp: refused with a status, a code and words, or a
 * request whose headers say what its body says.  Of a call the arguments are refused by name,
 * or become questions whose values SQL can be given.
 *
 * Input: three lines for MCP-Protocol-Version, Mcp-Method, Mcp-Name ("-": not there), then the body.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/http-api/mcp/resources.h"
#include "services/http-api/mcp/rpc.h"
#include "services/http-api/mcp/tool.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_steps(struct call *call)
{
	static struct reads *reads;
	struct problem problem = {0};
	struct query query;
	struct ask ask;
	size_t i;

	reads = reads ? reads : reads_new();
	for (i = 0; i < TOOL_STEPS && call->tool->steps[i].read; i++)
		if (step_query(call, i, reads, &ask, &query, &problem) < 0)
			ASSERT(problem.status >= 400 && problem.status < 500 && problem.detail[0]);
		else
			ASSERT(query.sql && query.n <= READS_PARAMS);
}

static void
try_call(const struct rpc *rpc)
{
	const char *name = json_string_value(json_object_get(rpc->params, "name"));
	struct caller caller = {.role = ACCESS_PERSON, .user_id = "3ebd7d88-dfdd-55f6-aacf-2ea5aef85bf0",
				.claims = (char *)"{}"};
	struct call call = {.tool = name ? tool_find(name) : NULL, .caller = &caller};
	struct problem problem = {0};

	if (!call.tool)
		return;
	if (arguments_read(call.tool->params, call.tool->required,
			   json_object_get(rpc->params, "arguments"), &call.arguments, &problem) < 0) {
		ASSERT(problem.status == 400 && problem.detail[0]);
		return;
	}
	if (!call.tool->prepare || call.tool->prepare(&call, &problem) == 0)
		try_steps(&call);
}

static const char *
line(char **at)
{
	char *begin = *at, *end = begin + strcspn(begin, "\n");

	*at = end + (*end != 0);
	*end = 0;
	return strcmp(begin, "-") ? begin : NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *body = text, *answer;
	struct rpc_error error;
	struct rpc_head head;
	struct rpc rpc;
	const char *uri;
	size_t len;

	memcpy(text, data, size);
	text[size] = 0;
	head.version = line(&body);
	head.method = line(&body);
	head.name = line(&body);
	len = size - (size_t)(body - text);
	if (rpc_read(&head, body, len, &rpc, &error) < 0) {
		ASSERT((error.status == 400 || error.status == 413) && error.code < 0 && error.text[0]);
		answer = rpc_error_text(&rpc, &error);
		ASSERT(answer);
		free(answer);
	} else if (rpc.id) {
		ASSERT(rpc.method && rpc.version);
		ASSERT(!rpc.is_modern || !strcmp(head.method, rpc.method));
		try_call(&rpc);
		if ((uri = json_string_value(json_object_get(rpc.params, "uri"))))
			json_decref(resource_schema(uri));
		answer = rpc_result(&rpc, json_object(), 1);
		ASSERT(answer);
		free(answer);
	}
	rpc_release(&rpc);
	free(text);
	return 0;
}
