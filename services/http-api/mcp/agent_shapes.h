/*
 * agent_shapes - rows as an agent gets them: fewer columns, as each costs it room
 */
#ifndef AGENT_SHAPES_H
#define AGENT_SHAPES_H

#include <jansson.h>

#include "services/http-api/reads/shapes.h"

extern const struct shape shape_listed, shape_point, shape_judged, shape_explained,
	shape_provenance, shape_difference, shape_trend, shape_alert, shape_audit;

/* A new object with the columns of that shape, of those that the row has. */
json_t *shape_pick(const struct shape *shape, const json_t *row);

/* {"type": "array"} of that shape, and one of it alone; the shape goes into defs. */
json_t *shape_list_of(const struct shape *shape, json_t *defs);
json_t *shape_one_of(const struct shape *shape, json_t *defs);

json_t *schema_cursor(void);
json_t *schema_units(void);

#endif
