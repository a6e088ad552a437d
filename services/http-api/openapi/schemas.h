/*
 * schemas - JSON schemas of what goes in and comes out; for openapi.c only
 */
#ifndef SCHEMAS_H
#define SCHEMAS_H

#include <jansson.h>

#include "proto/msg.h"
#include "services/http-api/reads/shapes.h"
#include "services/http-api/requests/params.h"

json_t *schema_ref(const char *name);                    /* {"$ref": "#/components/schemas/name"} */
json_t *schema_list(json_t *items);                      /* takes items */
json_t *schema_words(const struct words *words, int with_null);
json_t *schema_param(const struct param *param);

/* Adds the shape, and those it holds, to the components. */
void schema_add_shape(json_t *schemas, const struct shape *shape);
/* Adds what a caller may send as this command.  in_path: "session_id" and what the path says. */
void schema_add_command(json_t *schemas, const char *name, const struct message *message,
			int has_session, int has_phase);

#endif
