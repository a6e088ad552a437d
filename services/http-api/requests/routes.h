/*
 * routes - which path and method means what
 */
#ifndef ROUTES_H
#define ROUTES_H

#include "proto/msg.h"
#include "services/http-api/requests/problem.h"

enum route_kind {
	ROUTE_HEALTH,
	ROUTE_METRICS,
	ROUTE_LIST,      /* sessions */
	ROUTE_DETAIL,    /* of one session */
	ROUTE_READINGS,  /* of one session */
	ROUTE_COMMAND,   /* `message`, to local-store */
	ROUTE_BATCH,
};

struct route {
	const char *method, *path;     /* {id}: a session's UUID or local id */
	enum route_kind kind;
	const struct message *message;
	const char *args;              /* its query string: names between spaces */
};

/* The session of a path, as it was given. */
#define ROUTE_KEY 65

/* -1: 404, or 405 with problem->allow. HEAD is served as GET. */
int route_find(const char *method, const char *path, const struct route **route,
	       char key[ROUTE_KEY], struct problem *problem);

/* Whether the route's query string may have `name`. */
int route_takes(const struct route *route, const char *name);

#endif
