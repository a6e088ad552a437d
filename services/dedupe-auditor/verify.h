/*
 * verify - do both stores hold the same rows?
 *
 * First the digests, without keeping a row: which sessions agree.  Then, only for those
 * that do not, a merge in order of the key, which names what differs.
 *
 * Rows keep moving while we look, and must not look like differences.  So SQLite is asked
 * first how far receipts have come (all that must be in Postgres), then Postgres is read at
 * one moment, then SQLite's rows (where all that Postgres had must be); what SQLite has
 * beyond its receipts is pending.
 */
#ifndef VERIFY_H
#define VERIFY_H

#include "services/dedupe-auditor/audit.h"
#include "services/dedupe-auditor/pause.h"

struct verify_of {
	const char *database;        /* the SQLite file */
	const char *conninfo;        /* of Postgres */
	const char *gateway;         /* whose sessions */
	const char *only;            /* one session's id or local id; NULL: all */
};

/* Fills an empty audit; -1 when it cannot be told, and err says why. */
int verify_run(const struct verify_of *of, struct pause *pause, struct audit *audit,
	       struct err *err);

#endif
