/*
 * agent - asks http-api at /mcp, as an AI agent does
 */
#ifndef AGENT_H
#define AGENT_H

#include <jansson.h>

#include "proto/process.h"

struct agent;
/* As an admin, for some minutes.  NULL: it cannot be asked, and why. */
struct agent *agent_open(const struct process *process, struct err *err);
void agent_close(struct agent **agent);

/* What a tool says of a session: 1 and *said, which you free; 0 nothing of it; -1 it does not answer. */
int agent_ask(struct agent *agent, const char *tool, const char *session_id, json_t **said,
	      struct err *err);

#endif
