#include "services/http-api/mcp/mcp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/http-api/mcp/work.h"

struct mcp *
mcp_new(const struct mcp_around *around)
{
	struct mcp *me = calloc(1, sizeof(*me));

	ASSERT(me);
	me->around = *around;
	return me;
}

void
mcp_free(struct mcp **mcp)
{
	free(*mcp);
	*mcp = NULL;
}

static void
release(void *arg)
{
	struct work *w = arg;
	size_t i;

	for (i = 0; i < TOOL_STEPS; i++)
		json_decref(w->call.answers[i]);
	json_decref(w->call.health);
	json_decref(w->call.audit);
	rpc_release(&w->rpc);
	free(w);
}

const char *
mcp_counts(const struct mcp *me, char *text, size_t size)
{
	size_t used, i;

	used = (size_t)snprintf(text, size, "mcp_requests=%llu mcp_refused=%llu", me->n_requests,
				me->n_refused);
	for (i = 0; i < TOOLS && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, " mcp_%s=%llu", tools[i].name,
					 me->n_calls[i]);
	return text;
}

/* ---- answers */

void
work_send(struct ask *ask, int status, char *text)
{
	http_answer(ask, status, text, text ? strlen(text) : 0, NULL);
}

void
work_answer(struct ask *ask, json_t *result, int ttl_ms)
{
	struct work *w = ask->work;

	work_send(ask, 200, rpc_result(&w->rpc, result, ttl_ms));
}

void
work_refuse(struct mcp *me, struct ask *ask, struct rpc_error *error)
{
	struct work *w = ask->work;

	me->n_refused++;
	work_send(ask, error->status, rpc_error_text(&w->rpc, error));
}

/* ---- requests */

void
mcp_begin(struct mcp *me, struct ask *ask, int64_t now)
{
	struct rpc_head head = {http_header(ask, "MCP-Protocol-Version"),
				    http_header(ask, "Mcp-Method"), http_header(ask, "Mcp-Name")};
	struct work *w = calloc(1, sizeof(*w));
	struct rpc_error error;

	ASSERT(w);
	ask->work = w;
	ask->release = release;
	me->n_requests++;
	if (rpc_read(&head, ask->body, ask->len, &w->rpc, &error) < 0) {
		work_refuse(me, ask, &error);
		return;
	}
	if (!w->rpc.id) {  /* a notification: there is none that would change anything */
		work_send(ask, 202, strdup(""));
		return;
	}
	if (work_method(me, ask, now))
		return;
	(void)rpc_refuse(&error, w->rpc.is_modern ? 404 : 200, RPC_NO_METHOD,
			     "no such method here");
	work_refuse(me, ask, &error);
}

/* ---- who gives tokens */

void
mcp_tell_resource(struct ask *ask, const char *issuer)
{
	json_t *o = json_pack("{s:o, s:[s], s:s}", "resource",
			      json_sprintf("%s://%s/mcp", ask->is_https ? "https" : "http",
					   http_header(ask, "Host")),
			      "bearer_methods_supported", "header", "resource_name", "IHHT sessions");
	char *text;

	if (*issuer)
		json_object_set_new(o, "authorization_servers", json_pack("[s]", issuer));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	work_send(ask, 200, text);
}
