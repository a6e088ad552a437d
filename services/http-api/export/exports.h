/*
 * exports - GET /api/export: rows out of Postgres, as the caller, into a format, as it is taken
 *
 * Of each export one page and what the format holds back is in memory.
 */
#ifndef EXPORTS_H
#define EXPORTS_H

#include "services/http-api/reads/in_postgres.h"

struct exports;
struct exports *exports_new(struct postgres *postgres, int most);  /* at once */
void exports_free(struct exports **exports);  /* when all requests are gone */

void exports_begin(struct exports *exports, struct ask *ask, int64_t now_us);
void exports_answered(struct exports *exports, struct postgres_answer *answer, int64_t now_us);

/* GET /api/export/csv-metadata.json */
void exports_dictionary(struct ask *ask, int64_t utc_us);

#endif
