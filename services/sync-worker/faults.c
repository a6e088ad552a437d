#include "services/sync-worker/faults.h"

#include <stddef.h>
#include <string.h>

/* By the beginning of the SQLSTATE; the first that fits.  All others are of the row itself:
 * data (22), constraints (23), checks of views (44), limits (54), and whatever a trigger that
 * somebody has added may raise (P0, 38, 39 and codes of their own). */
static const struct {
	const char *begins;
	enum fault fault;
	const char *cure;
} faults[] = {
	{"08", FAULT_RETRY, NULL},     /* connection */
	{"25P0", FAULT_RETRY, NULL},   /* idle in transaction for too long */
	{"40", FAULT_RETRY, NULL},     /* deadlock, serialization */
	{"53", FAULT_RETRY, NULL},     /* disk or memory full, too many connections */
	{"55P03", FAULT_RETRY, NULL},  /* lock not available */
	{"57", FAULT_RETRY, NULL},     /* shutting down, starting up, timed out */
	{"58", FAULT_RETRY, NULL},     /* its disk fails */
	{"72", FAULT_RETRY, NULL},     /* snapshot too old */
	{"25006", FAULT_RETRY, NULL},  /* read only: a standby, or a disk that is nearly full */
	{"26", FAULT_SETUP, "behind a transaction pooler set sync-worker/prepare to no"},
	{"28", FAULT_SETUP, "see the user and password in postgres/url, and pg_hba.conf"},
	{"3D", FAULT_SETUP, "make the database, then run: ihht schema apply"},
	{"42", FAULT_SETUP, "run: ihht schema apply"},
	{"3F", FAULT_SETUP, "run: ihht schema apply"},
	{"0A", FAULT_SETUP, "Postgres cannot do it; see its log, and its version"},
	{"55", FAULT_SETUP, "something of the tables is not in its place; see the log of Postgres"},
	{"F0", FAULT_SETUP, "see the settings and the log of Postgres"},
	{"XX", FAULT_SETUP, "Postgres itself is broken; see its log before anything else"},
};

enum fault
fault_of(const char *sqlstate, const char *constraint)
{
	size_t i;

	/* Two workers began two sessions of one person at once: the second try sees the first. */
	if (!strcmp(sqlstate, "23505") && !strcmp(constraint, "sessions_one_active"))
		return FAULT_RETRY;
	/* The month's partition has been taken away: it is made again after connecting. */
	if (!strcmp(sqlstate, "23514") && !*constraint)
		return FAULT_RETRY;
	if (!*sqlstate)
		return FAULT_RETRY;
	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (!strncmp(sqlstate, faults[i].begins, strlen(faults[i].begins)))
			return faults[i].fault;
	return FAULT_REFUSE;
}

const char *
fault_of_login(const char *text)
{
	static const struct {
		const char *words, *sqlstate;
	} rows[] = {
		{"does not exist", "3D000"},  /* the role or the database */
		{"authentication failed", "28P01"},
		{"no password supplied", "28P01"},
		{"no pg_hba.conf entry", "28000"},
		{"is not permitted to log in", "28000"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strstr(text, rows[i].words))
			return rows[i].sqlstate;
	return "";
}

const char *
fault_cure(const char *sqlstate)
{
	size_t i;

	for (i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		if (faults[i].cure && !strncmp(sqlstate, faults[i].begins, strlen(faults[i].begins)))
			return faults[i].cure;
	return "see the log of Postgres";
}
