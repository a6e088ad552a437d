#include "services/http-api/mcp/rpc.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/http-api/requests/body.h"

#define META          "io.modelcontextprotocol/"
#define NAME_MOST     1500
#define DIGITS        (JSON_COMPACT | JSON_REAL_PRECISION(12))

const char *const rpc_versions[RPC_VERSIONS] = {"2026-07-28", "2025-11-25", "2025-06-18",
							"2025-03-26"};
#define MODERN        rpc_versions[0]
#define BEFORE_HEADER rpc_versions[RPC_VERSIONS - 1]  /* the one that had no header */

int
rpc_refuse(struct rpc_error *error, int status, int code, const char *format, ...)
{
	va_list args;

	*error = (struct rpc_error){.status = status, .code = code};
	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return -1;
}

static const char *
known_version(const char *text)
{
	size_t i;

	for (i = 0; i < RPC_VERSIONS; i++)
		if (!strcmp(text, rpc_versions[i]))
			return rpc_versions[i];
	return NULL;
}

static int
refuse_version(struct rpc_error *error, const char *asked)
{
	json_t *list = json_array(), *text = json_string(asked);
	size_t i;

	(void)rpc_refuse(error, 400, RPC_VERSION, "Unsupported protocol version");
	for (i = 0; i < RPC_VERSIONS; i++)
		json_array_append_new(list, json_string(rpc_versions[i]));
	error->data = json_pack("{s:o, s:o}", "supported", list, "requested",
				text ? text : json_string(""));
	return -1;
}

/* ---- headers */

/* "=?base64?...?=" stands for what a header cannot hold. */
static int
decode_name(const char *header, char name[NAME_MOST])
{
	static const char begin[] = "=?base64?";
	size_t n = strlen(header), before = sizeof(begin) - 1;
	int len, pad;

	if (strncmp(header, begin, before) || n < before + 2 || strcmp(header + n - 2, "?=")) {
		(void)snprintf(name, NAME_MOST, "%s", header);
		return n < NAME_MOST ? 0 : -1;
	}
	n -= before + 2;
	if (n >= NAME_MOST || n % 4)
		return -1;
	header += before;
	pad = n ? (header[n - 1] == '=') + (header[n - 2] == '=') : 0;
	len = EVP_DecodeBlock((unsigned char *)name, (const unsigned char *)header, (int)n);
	if (len < pad)
		return -1;
	name[len - pad] = 0;
	return strlen(name) == (size_t)(len - pad) ? 0 : -1;
}

/* What Mcp-Name repeats, NULL when this method has none. */
static const char *
named_by(const char *method)
{
	return !strcmp(method, "tools/call") || !strcmp(method, "prompts/get") ? "name"
	     : !strcmp(method, "resources/read") ? "uri" : NULL;
}

static int
check_headers(const struct rpc_head *head, const struct rpc *m,
	      struct rpc_error *error)
{
	const char *field = named_by(m->method);
	const char *name = json_string_value(json_object_get(m->params, field ? field : ""));
	char given[NAME_MOST];

	if (!head->method || strcmp(head->method, m->method))
		return rpc_refuse(error, 400, RPC_HEADERS, "Header mismatch: Mcp-Method must be "
				      "there and be the body's method");
	if (field && !name)
		return rpc_refuse(error, 400, RPC_BAD_PARAMS, "params.%s must be a text", field);
	if (field && (!head->name || decode_name(head->name, given) < 0 || strcmp(given, name)))
		return rpc_refuse(error, 400, RPC_HEADERS, "Header mismatch: Mcp-Name must be "
				      "there and be the body's params.%s", field);
	return 0;
}

/* ---- eras */

static int
read_modern(const struct rpc_head *head, const json_t *meta, struct rpc *m,
	    struct rpc_error *error)
{
	const char *version = json_string_value(json_object_get(meta, META "protocolVersion"));

	m->is_modern = 1;
	m->version = MODERN;
	if (!version)
		return rpc_refuse(error, 400, RPC_BAD_PARAMS, "params._meta must have "
				      META "protocolVersion, a text");
	if (!head->version || strcmp(head->version, version))
		return rpc_refuse(error, 400, RPC_HEADERS, "Header mismatch: MCP-Protocol-Version "
				      "must be there and be the version of params._meta");
	if (strcmp(version, MODERN))
		return refuse_version(error, version);
	if (!json_is_object(json_object_get(meta, META "clientCapabilities")))
		return rpc_refuse(error, 400, RPC_BAD_PARAMS, "params._meta must have "
				      META "clientCapabilities, an object");
	return check_headers(head, m, error);
}

static int
read_legacy(const struct rpc_head *head, struct rpc *m, struct rpc_error *error)
{
	const char *asked = json_string_value(json_object_get(m->params, "protocolVersion"));

	if (!strcmp(m->method, "initialize")) {
		m->version = asked ? known_version(asked) : NULL;
		if (!m->version || !strcmp(m->version, MODERN))
			m->version = rpc_versions[1];
		return 0;
	}
	m->version = head->version ? known_version(head->version) : BEFORE_HEADER;
	return m->version ? 0 : refuse_version(error, head->version);
}

/* ---- the body */

static int
is_id(const json_t *id)
{
	return json_is_string(id) || json_is_integer(id);
}

static int
read_envelope(struct rpc *m, struct rpc_error *error)
{
	const json_t *id = json_object_get(m->body, "id"), *params = json_object_get(m->body, "params");
	const char *jsonrpc = json_string_value(json_object_get(m->body, "jsonrpc"));

	m->method = json_string_value(json_object_get(m->body, "method"));
	m->id = is_id(id) ? id : NULL;
	m->params = params;
	if (!jsonrpc || strcmp(jsonrpc, "2.0") || !m->method || (id && !m->id))
		return rpc_refuse(error, 400, RPC_NOT_A_REQUEST, "must be a JSON-RPC 2.0 request "
				      "with a method and an id that is a text or a whole number");
	if (params && !json_is_object(params)) {
		m->params = NULL;
		return rpc_refuse(error, 400, RPC_NOT_A_REQUEST, "params must be an object");
	}
	return 0;
}

static int
read_body(const char *bytes, size_t len, struct rpc *m, struct rpc_error *error)
{
	size_t blank = 0;
	struct problem problem;

	while (blank < len && strchr(" \t\r\n", bytes[blank]))
		blank++;
	if (blank < len && bytes[blank] == '[')
		return rpc_refuse(error, 400, RPC_NOT_A_REQUEST, "one message a request: there are "
				      "no batches");
	if (!(m->body = body_read(bytes, len, &problem)))
		return rpc_refuse(error, problem.status, RPC_NOT_JSON, "%s", problem.detail);
	return 0;
}

int
rpc_read(const struct rpc_head *head, const char *bytes, size_t len, struct rpc *m,
	     struct rpc_error *error)
{
	const json_t *meta;

	*m = (struct rpc){.version = BEFORE_HEADER};
	if (read_body(bytes, len, m, error) < 0 || read_envelope(m, error) < 0)
		return -1;
	if (!m->id)
		return 0;
	meta = json_object_get(m->params, "_meta");
	if (json_object_get(meta, META "protocolVersion") ||
	    (head->version && !strcmp(head->version, MODERN)))
		return read_modern(head, meta, m, error);
	return read_legacy(head, m, error);
}

void
rpc_release(struct rpc *m)
{
	json_decref(m->body);
	*m = (struct rpc){0};
}

/* ---- answers */

json_t *
rpc_server(void)
{
	return json_pack("{s:s, s:s, s:s}", "name", "ihht", "title", "IHHT sessions", "version", VERSION);
}

static char *
text_of(json_t *answer)
{
	char *text = json_dumps(answer, DIGITS);

	json_decref(answer);
	return text;
}

char *
rpc_result(const struct rpc *m, json_t *result, int ttl_ms)
{
	if (m->is_modern) {
		json_object_set_new(result, "resultType", json_string("complete"));
		json_object_set_new(result, "_meta", json_pack("{s:o}", META "serverInfo",
								rpc_server()));
	}
	if (m->is_modern && ttl_ms >= 0) {
		json_object_set_new(result, "ttlMs", json_integer(ttl_ms));
		json_object_set_new(result, "cacheScope", json_string("private"));
	}
	return text_of(json_pack("{s:s, s:O, s:o}", "jsonrpc", "2.0", "id", m->id, "result", result));
}

char *
rpc_error_text(const struct rpc *m, struct rpc_error *error)
{
	json_t *o = json_pack("{s:i, s:s}", "code", error->code, "message", error->text);
	json_t *answer = json_pack("{s:s, s:o}", "jsonrpc", "2.0", "error", o);

	if (error->data)
		json_object_set_new(o, "data", error->data);
	error->data = NULL;
	if (m->id)
		json_object_set(answer, "id", (json_t *)m->id);
	return text_of(answer);
}
