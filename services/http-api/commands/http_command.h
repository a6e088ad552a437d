/*
 * http_command - a request as commands, and what became of them as an answer
 */
#ifndef HTTP_COMMAND_H
#define HTTP_COMMAND_H

#include "services/http-api/requests/in_http.h"
#include "services/http-api/commands/pending.h"

/* Fills an empty plan; it stays empty when there is nothing to do.  -1: see problem. */
int command_plan(const struct ask *ask, struct plan *plan, struct problem *problem);

/* malloc'ed JSON, *status and a location ("" none); NULL: see problem. */
char *command_answer(const struct result *result, int *status, size_t *len, char *location,
		     size_t size, struct problem *problem);

char *command_nothing_new(size_t *len);  /* {"status": "already_synced"}, malloc'ed */

#endif
