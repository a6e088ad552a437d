/*
 * work - one request of an agent until it is answered; for mcp.c, methods.c and calls.c only
 */
#ifndef WORK_H
#define WORK_H

#include "services/http-api/mcp/mcp.h"
#include "services/http-api/mcp/rpc.h"
#include "services/http-api/mcp/tool.h"

/* How long a client may keep an answer: what is fixed until we are upgraded, what is of now. */
#define WORK_TTL_FIXED 3600000
#define WORK_TTL_NOW   5000

struct mcp {
	struct mcp_around around;
	unsigned long long n_requests, n_refused, n_calls[TOOLS];
};

enum form { FORM_TOOL, FORM_RESOURCE, FORM_RESOURCES };  /* what its answer looks like */

struct work {
	struct rpc rpc;
	struct call call;
	struct ask question;  /* of the step that is asked */
	size_t step;
	enum form form;
};

/* ---- methods.c: 0 when there is none of that name in the request's era */
int work_method(struct mcp *mcp, struct ask *ask, int64_t now_us);

/* ---- calls.c */
void work_begin(struct mcp *mcp, struct ask *ask, const struct tool *tool, const json_t *arguments,
		int64_t now_us);
/* As the request's form has it: an error that a model can put right, or one of the protocol. */
void work_give_up(struct mcp *mcp, struct ask *ask, const struct problem *problem);

/* ---- mcp.c; each takes what it is given */
void work_answer(struct ask *ask, json_t *result, int ttl_ms);
void work_refuse(struct mcp *mcp, struct ask *ask, struct rpc_error *error);
void work_send(struct ask *ask, int status, char *text);

#endif
