/*
 * out_totals - a plan on one page
 */
#ifndef OUT_TOTALS_H
#define OUT_TOTALS_H

#include <stdio.h>

#include "services/dedupe-auditor/migrate/planner.h"

void totals_page(FILE *to, const struct planner *planner, const char *path);
void totals_json(FILE *to, const struct planner *planner, const char *path);

#endif
