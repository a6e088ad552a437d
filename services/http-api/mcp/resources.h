/*
 * resources - what an agent may read without a tool
 *
 *	session://ID      a session as get_session has it: its UUID or local id
 *	schema://TABLE    columns, units and meanings of a table, as in an export
 *	schema://figures  the figures that are computed from readings
 *
 * Pure.
 */
#ifndef RESOURCES_H
#define RESOURCES_H

#include <jansson.h>

json_t *resources_of_schema(void);                      /* as resources/list has them */
json_t *resource_of_session(const json_t *session);
json_t *resource_templates(void);

/* The id in "session://ID", NULL when it is none. */
const char *resource_session(const char *uri);
/* What schema://... says; NULL: there is no such thing. */
json_t *resource_schema(const char *uri);
/* {"contents": [...]} with `what` as JSON text; takes it. */
json_t *resource_contents(const char *uri, json_t *what);

#endif
