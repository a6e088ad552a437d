/*
 * faults - what an error of Postgres means for the bundle in hand
 */
#ifndef FAULTS_H
#define FAULTS_H

enum fault {
	FAULT_RETRY,   /* Postgres cannot just now: keep the bundle, try again */
	FAULT_SETUP,   /* nothing will work before a person acts: tell, keep, try again */
	FAULT_REFUSE,  /* these rows will never be taken */
};

/* `sqlstate` is "" when the connection went; `constraint` is the name Postgres gives, or "". */
enum fault fault_of(const char *sqlstate, const char *constraint);

/* libpq keeps the SQLSTATE of a refused log-in to itself; "" when its words say nothing. */
const char *fault_of_login(const char *text);

/* What to do about a FAULT_SETUP. */
const char *fault_cure(const char *sqlstate);

#endif
