/*
 * computed - answers of which a part is computed here and not by Postgres
 */
#ifndef COMPUTED_H
#define COMPUTED_H

#include <jansson.h>
#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include "services/http-api/figures/figures.h"

/* Of read_session and read_next_level, malloc'ed; NULL: out of memory.  *n: rows that were read. */
char *computed_detail(const PGresult *result, size_t *n);
char *computed_next_level(const char *person, const PGresult *result, int64_t now_us);

/* Every figure of the list; what is not to be had is null.  New references. */
json_t *computed_figures(const void *figures, const struct figure *list);
json_t *computed_phase(const struct phase_figures *phase);

#endif
