/*
 * mcp - the Model Context Protocol at POST /mcp: an agent lists tools and calls them
 *
 * Streamable HTTP without streams: each request gets one JSON answer, and nothing of it is kept
 * (rpc.h has the revisions).  What a tool reads it reads as the caller, by the statements of
 * the HTTP interface.  It changes nothing.
 */
#ifndef MCP_H
#define MCP_H

#include "services/http-api/health.h"
#include "services/http-api/reads/in_postgres.h"

struct mcp_around {            /* what it looks at; the caller's */
	struct postgres *postgres;
	const struct reads *reads;
	const struct health *health;
	const char *database;  /* beside it lies the auditor's log */
};

struct mcp;
struct mcp *mcp_new(const struct mcp_around *around);
void mcp_free(struct mcp **mcp);

void mcp_begin(struct mcp *mcp, struct ask *ask, int64_t now_us);
void mcp_answered(struct mcp *mcp, const struct postgres_answer *answer, int64_t now_us);

/* For the beat: "mcp_requests=3 mcp_refused=0 mcp_list_sessions=1 ...". */
const char *mcp_counts(const struct mcp *mcp, char *text, size_t size);

/* GET /.well-known/oauth-protected-resource: who gives tokens for /mcp (RFC 9728). */
void mcp_tell_resource(struct ask *ask, const char *issuer);

#endif
