/* Messages of agents: one row for each way in which one can be wrong, and for each that is right. */
#include <stdlib.h>
#include <string.h>

#include "services/http-api/mcp/rpc.h"
#include "tests/unit/test.h"

#define V    "\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\""
#define CAPS "\"io.modelcontextprotocol/clientCapabilities\":{}"
#define META "\"_meta\":{" V "," CAPS "}"
#define ASK(method, params) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" method "\",\"params\":{" params "}}"
#define NEW  "2026-07-28"

static int
read_text(const struct rpc_head *head, const char *text, struct rpc *rpc, struct rpc_error *error)
{
	size_t n = strlen(text);
	char *exact = malloc(n ? n : 1);
	int r;

	memcpy(exact, text, n);  /* a block of its size: the sanitizer sees a byte too far */
	r = rpc_read(head, exact, n, rpc, error);
	free(exact);
	return r;
}

TEST(what_is_wrong_has_its_status_and_code)
{
	static const struct {
		struct rpc_head head;
		const char *body;
		int status, code;
	} t[] = {
		{{NULL, NULL, NULL}, "", 400, RPC_NOT_JSON},
		{{NULL, NULL, NULL}, "{", 400, RPC_NOT_JSON},
		{{NULL, NULL, NULL}, "7", 400, RPC_NOT_JSON},
		{{NULL, NULL, NULL}, "[]", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, " \n[" ASK("ping", "") "]", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, "{}", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":\"x\"}", 400, RPC_NOT_A_REQUEST},
		{{NULL, NULL, NULL}, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", 400, RPC_NOT_A_REQUEST},
		{{"1.0", NULL, NULL}, ASK("ping", ""), 400, RPC_VERSION},
		{{NULL, "tools/list", NULL}, ASK("tools/list", META), 400, RPC_HEADERS},
		{{"2025-11-25", "tools/list", NULL}, ASK("tools/list", META), 400, RPC_HEADERS},
		{{NEW, NULL, NULL}, ASK("tools/list", META), 400, RPC_HEADERS},
		{{NEW, "tools/Call", NULL}, ASK("tools/list", META), 400, RPC_HEADERS},
		{{NEW, "tools/call", NULL}, ASK("tools/call", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/call", "X"}, ASK("tools/call", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/call", "x"}, ASK("tools/call", META), 400, RPC_BAD_PARAMS},
		{{NEW, "tools/call", "x"}, ASK("tools/call", "\"name\":7," META), 400, RPC_BAD_PARAMS},
		{{NEW, "prompts/get", "y"}, ASK("prompts/get", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "resources/read", "x"}, ASK("resources/read", "\"uri\":\"y\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/call", "=?base64?eA?="}, ASK("tools/call", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/call", "=?base64?%%%%?="}, ASK("tools/call", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/call", "=?base64?" "?="}, ASK("tools/call", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/call", "=?base64?eABu?="}, ASK("tools/call", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/call", "=?BASE64?eA==?="}, ASK("tools/call", "\"name\":\"x\"," META), 400, RPC_HEADERS},
		{{NEW, "tools/list", NULL}, ASK("tools/list", ""), 400, RPC_BAD_PARAMS},
		{{NEW, "tools/list", NULL}, ASK("tools/list", "\"_meta\":{" V "}"), 400, RPC_BAD_PARAMS},
		{{NEW, "tools/list", NULL}, ASK("tools/list", "\"_meta\":7"), 400, RPC_BAD_PARAMS},
		{{"2027-01-01", "tools/list", NULL}, ASK("tools/list",
		 "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2027-01-01\"," CAPS "}"), 400, RPC_VERSION},
		{{"2025-11-25", "tools/list", NULL}, ASK("tools/list",
		 "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2025-11-25\"," CAPS "}"), 400, RPC_VERSION},
	};
	struct rpc_error error;
	struct rpc rpc;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		error = (struct rpc_error){0};
		ok(read_text(&t[i].head, t[i].body, &rpc, &error) == -1, "%s", t[i].body);
		is_int(error.status, t[i].status);
		if (!ok(error.code == t[i].code, "%s: %d", t[i].body, error.code))
			continue;
		text = rpc_error_text(&rpc, &error);
		ok(text && strstr(text, "\"error\":{\"code\":-32"), "%s", text);
		free(text);
		rpc_release(&rpc);
	}
}

TEST(what_is_right_is_read)
{
	static const struct {
		struct rpc_head head;
		const char *body, *method, *version;
		int is_modern;
	} t[] = {
		{{NULL, NULL, NULL}, ASK("ping", ""), "ping", "2025-03-26", 0},
		{{"2025-11-25", NULL, NULL}, ASK("ping", ""), "ping", "2025-11-25", 0},
		{{"2025-06-18", "x", "y"}, ASK("tools/list", ""), "tools/list", "2025-06-18", 0},
		{{NULL, NULL, NULL}, ASK("initialize", "\"protocolVersion\":\"2025-06-18\""), "initialize", "2025-06-18", 0},
		{{NULL, NULL, NULL}, ASK("initialize", "\"protocolVersion\":\"2024-11-05\""), "initialize", "2025-11-25", 0},
		{{NULL, NULL, NULL}, ASK("initialize", "\"protocolVersion\":\"2026-07-28\""), "initialize", "2025-11-25", 0},
		{{NULL, NULL, NULL}, ASK("initialize", ""), "initialize", "2025-11-25", 0},
		{{NEW, "tools/list", NULL}, ASK("tools/list", META), "tools/list", NEW, 1},
		{{NEW, "tools/call", "x"}, ASK("tools/call", "\"name\":\"x\"," META), "tools/call", NEW, 1},
		{{NEW, "tools/call", "=?base64?eA==?="}, ASK("tools/call", "\"name\":\"x\"," META), "tools/call", NEW, 1},
		{{NEW, "resources/read", "=?base64?w58=?="}, ASK("resources/read", "\"uri\":\"\\u00df\"," META), "resources/read", NEW, 1},
		{{NEW, "no/such", NULL}, ASK("no/such", META), "no/such", NEW, 1},
	};
	struct rpc_error error;
	struct rpc rpc;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(read_text(&t[i].head, t[i].body, &rpc, &error) == 0, "%s: %s", t[i].body, error.text))
			continue;
		is_str(rpc.method, t[i].method);
		is_str(rpc.version, t[i].version);
		is_int(rpc.is_modern, t[i].is_modern);
		ok(rpc.id != NULL);
		rpc_release(&rpc);
	}
}

TEST(a_notification_has_no_id)
{
	struct rpc_head head = {NEW, NULL, NULL};
	struct rpc_error error;
	struct rpc rpc;

	ok(read_text(&head, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\"}", &rpc, &error) == 0);
	ok(!rpc.id);
	rpc_release(&rpc);
}

TEST(an_answer_is_of_its_era)
{
	static const struct {
		struct rpc_head head;
		const char *body;
		int ttl_ms;
		const char *answer;
	} t[] = {
		{{NULL, NULL, NULL}, "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}", 5,
		 "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{}}"},
		{{NEW, "tools/list", NULL}, ASK("tools/list", META), -1,
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
		 "{\"name\":\"ihht\",\"title\":\"IHHT sessions\",\"version\":\"" VERSION "\"}}}}"},
		{{NEW, "tools/list", NULL}, ASK("tools/list", META), 5,
		 "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"resultType\":\"complete\",\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
		 "{\"name\":\"ihht\",\"title\":\"IHHT sessions\",\"version\":\"" VERSION "\"}},\"ttlMs\":5,\"cacheScope\":\"private\"}}"},
	};
	struct rpc_error error;
	struct rpc rpc;
	char *text;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ok(read_text(&t[i].head, t[i].body, &rpc, &error) == 0, "%s", t[i].body);
		text = rpc_result(&rpc, json_object(), t[i].ttl_ms);
		is_str(text, t[i].answer);
		free(text);
		rpc_release(&rpc);
	}
}

TEST(a_refused_version_names_those_there_are)
{
	struct rpc_head head = {"1900-01-01", NULL, NULL};
	struct rpc_error error;
	struct rpc rpc;
	char *text;

	ok(read_text(&head, ASK("ping", ""), &rpc, &error) == -1);
	text = rpc_error_text(&rpc, &error);
	is_str(text, "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32022,\"message\":\"Unsupported protocol version\",\"data\":"
		     "{\"supported\":[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"],\"requested\":\"1900-01-01\"}},\"id\":1}");
	free(text);
	rpc_release(&rpc);
}

int
main(void)
{
	RUN(what_is_wrong_has_its_status_and_code);
	RUN(what_is_right_is_read);
	RUN(a_notification_has_no_id);
	RUN(an_answer_is_of_its_era);
	RUN(a_refused_version_names_those_there_are);
	return test_done();
}
