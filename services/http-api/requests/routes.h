/*
 * routes - which path and method means what: the one table of it
 *
 * What http-api answers, its description (GET /api/openapi.json) and its refusals of arguments
 * follow from this table, from reads/shapes.c and from proto/messages.def.
 */
#ifndef ROUTES_H
#define ROUTES_H

#include "proto/msg.h"
#include "services/http-api/requests/params.h"
#include "services/http-api/requests/problem.h"

enum route_kind {
	ROUTE_HEALTH,
	ROUTE_DOCTOR,
	ROUTE_METRICS,
	ROUTE_OPENAPI,
	ROUTE_ME,
	ROUTE_QUARANTINE,
	ROUTE_AUDIT,
	ROUTE_SIGN_IN,
	ROUTE_SIGN_OUT,
	ROUTE_READ,      /* `read`, of Postgres */
	ROUTE_COMMAND,   /* `message`, to local-store */
	ROUTE_BATCH,
	ROUTE_EXPORT,
	ROUTE_DICTIONARY,
	ROUTE_MCP,
	ROUTE_MCP_TOKENS,
};

struct read;

struct route {
	const char *method, *path;     /* {id}: a session's UUID or local id; {person}: a UUID */
	enum route_kind kind;
	const char *name, *summary;    /* for the description */
	const struct message *message;
	int64_t phase;                 /* that a session_phase of this path begins; 0: the caller says */
	const struct read *read;
	const struct param *params;    /* of its query string, end with name NULL; NULL: none */
	int is_open;                   /* to who brings no token */
};
extern const struct route routes[];    /* end with method NULL */

#define MCP_PATH        "/mcp"
#define MCP_TOKENS_PATH "/.well-known/oauth-protected-resource"  /* RFC 9728 */

/* The session or person of a path, as it was given. */
#define ROUTE_KEY 65

/* -1: 404, or 405 with problem->allow. HEAD is served as GET. */
int route_find(const char *method, const char *path, const struct route **route,
	       char key[ROUTE_KEY], struct problem *problem);

/* What the route's query string may have under `name`, NULL nothing. */
const struct param *route_param(const struct route *route, const char *name);

/* "must be a query argument" lists: "status, user_id", "none". */
const char *route_params(const struct route *route, char *text, size_t size);

#endif
