/*
 * detail - the sessions whose digests do not agree, row by row
 */
#ifndef DETAIL_H
#define DETAIL_H

#include "services/dedupe-auditor/in_postgres.h"

/* Gives each of them a finding of its own. `lite` and `cloud` are open and at rest. */
int detail_run(const char *database, struct in_sqlite *lite, struct in_postgres *cloud,
	       struct pause *pause, struct list *sessions, struct err *err);

#endif
