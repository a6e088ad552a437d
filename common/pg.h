/*
 * pg - libpq with our error idiom
 *
 * Errors carry the SQLSTATE in front ("23505 duplicate key ..."); err.code is EAGAIN when
 * trying again later can help (connection lost or not made, deadlock, shutting down), EBADMSG
 * when the row itself is refused (classes 22 and 23), EACCES for rights, else EIO.
 */
#ifndef PG_H
#define PG_H

#include <libpq-fe.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"
#include "common/err.h"

#define PG_EPOCH_US 946684800000000LL  /* 2000-01-01: a binary timestamptz is us since then */

/*
 * Where Postgres is: postgres/<name> in ihht.conf, else postgres/url, else the private
 * cluster: its socket lies in run_dir.  `role` is the user unless the text names one.
 */
void pg_conninfo(const struct conf *conf, const char *run_dir, const char *name,
		 const char *role, char *conninfo, size_t size);

/* Connected, UTC, notices off; NULL: see err.  Waits at most connect_timeout (5 s unless set). */
PGconn *pg_connect(const char *conninfo, const char *application, struct err *err);
void pg_close(PGconn **pg);

/* Takes *result, clears it. 0 when it has the status; -1 and err. */
int pg_expect(PGconn *pg, PGresult *result, ExecStatusType status, struct err *err);
int pg_exec(PGconn *pg, const char *sql, struct err *err);  /* no rows wanted */

/* -1; sqlstate may be NULL, else gets 5 characters ("" when the connection is gone). */
int pg_err(PGconn *pg, const PGresult *result, char sqlstate[6], struct err *err);

#endif
