/*
 * in_gateway - what only the gateway knows: rows in quarantine, and the auditor's log
 *
 * For admins: these rows are of anybody.  Read where local-store and dedupe-auditor write them,
 * without a network; on a host that has neither it is a 503.
 */
#ifndef IN_GATEWAY_H
#define IN_GATEWAY_H

#include <jansson.h>
#include <stddef.h>

#include "proto/access.h"
#include "services/http-api/requests/problem.h"

#define GATEWAY_MOST 500  /* newest first */

/* malloc'ed JSON, *len set; NULL: see problem.  `database`: the SQLite file; the log lies beside. */
char *gateway_quarantine(const char *database, const struct caller *caller, size_t *len,
			 struct problem *problem);
char *gateway_audit(const char *database, const struct caller *caller, size_t *len,
		    struct problem *problem);

/* The last entry of the auditor's log: figures only, so anybody may see it.  NULL: there is none. */
json_t *gateway_audit_head(const char *database);

#endif
