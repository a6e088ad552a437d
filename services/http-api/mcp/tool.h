/*
 * tool - what an agent may ask, and one such question on its way
 *
 * A tool is a row of tools.c: arguments, the reads that it asks one after the other (those of
 * the HTTP interface, and of reads/views.c), and a function that composes its result of their
 * answers.  What it says it gives, `output`, is what a client checks the result against.
 *
 * All but mcp.c is pure.
 */
#ifndef TOOL_H
#define TOOL_H

#include <jansson.h>

#include "services/http-api/mcp/arguments.h"
#include "services/http-api/reads/reads.h"

#define TOOL_STEPS 3

struct call;

struct tool_step {
	const char *read;        /* name of a route of steps.c or routes.c; NULL: no more */
	const char *key;         /* the argument that is its {id} or {person}; NULL: it has none */
	int keeps_cursor;        /* the cursor is compose's, not the read's */
};

struct tool {
	const char *name, *title, *description;
	const struct param *params;      /* end with name NULL */
	const char *required;            /* an argument without which it cannot; "" none */
	struct tool_step steps[TOOL_STEPS];
	/* What is not in the arguments, but follows from who asks; NULL: nothing. */
	int (*prepare)(struct call *call, struct problem *problem);
	/* A new object with every name of output, and a sentence in call->said; NULL: see problem. */
	json_t *(*compose)(struct call *call, struct problem *problem);
	/* Properties of the result; the shapes they name go into defs. */
	json_t *(*output)(json_t *defs);
};
extern const struct tool tools[];        /* end with name NULL */
#define TOOLS 9

/* What the sessions are that a client sees as resources; not called as a tool. */
extern const struct tool tool_resources;

const struct tool *tool_find(const char *name);   /* NULL: no such tool */

struct call {
	const struct tool *tool;
	const struct caller *caller;     /* the request's */
	struct arguments arguments;
	json_t *answers[TOOL_STEPS];     /* of the steps that are done */
	json_t *health, *audit;          /* of this moment; audit: its last entry, or NULL */
	int64_t utc_us;
	char said[400];
};

/* ---- steps.c */

/* The question of that step; `ask` is what reads.h wants of a request, and lives as long as the
 * call.  -1: an argument is wrong. */
int step_query(const struct call *call, size_t step, const struct reads *reads, struct ask *ask,
	       struct query *query, struct problem *problem);

/* After a first step that asks for sessions by name: all are there and may be shown.  -1: not. */
int step_check(const struct call *call, struct problem *problem);

/* ---- provenance.c: what stands in every result */

/* Where these rows come from, and what numbers rest on. */
json_t *provenance(const struct call *call, const json_t *rows);
json_t *units(const char *pairs);        /* "spo2=%;heart_rate=beats/min" */
void units_add_figures(json_t *units);   /* those of a session and of its phases */

/* ---- tool_schemas.c */

json_t *tools_list(void);                /* for tools/list */

#endif
