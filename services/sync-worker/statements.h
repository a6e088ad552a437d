/*
 * statements - the SQL of sync-worker and the values that go with it
 *
 * All of it may run again without a change: a bundle that is here is known by its receipt,
 * readings that are here stay as they are, and a record is written only over an older
 * version.  Pure.
 */
#ifndef STATEMENTS_H
#define STATEMENTS_H

#include "services/sync-worker/bundle.h"

enum statement {
	DO_RECEIPT,      /* 1 row: this bundle is new; 0: it is here already */
	DO_SUPERSEDE,    /* of two active sessions of a person the one begun later goes on */
	DO_SESSION,
	DO_SURVEY_PRE,
	DO_SURVEY_POST,
	DO_RESPONSE,
	DO_EVENT,
	DO_PHASE_STATS,
	DO_PROGRESSION,
	DO_GAP,
	DO_READINGS,     /* rows: how many are new */
	DO_MONTH,        /* makes the partition */
	N_STATEMENTS
};

/* Built once, kept till the end. */
const char *statement_sql(enum statement statement);
const char *statement_name(enum statement statement);  /* when prepared */
const char *statement_copy_columns(void);               /* "(user_id, session_id, ...)" */

/* Parameters for libpq; all binary. */
#define VALUES_MAX 24
struct values {
	int n;
	const char *p[VALUES_MAX];
	int lengths[VALUES_MAX], binary[VALUES_MAX];
	uint8_t numbers[VALUES_MAX][16];
	char *json;     /* owned */
	uint8_t *rows;  /* owned: arrays, used again */
	size_t room;
};
void values_release(struct values *values);

/* The content must live as long as the values are used. */
void values_receipt(struct values *values, const struct bundle_content *content);
void values_supersede(struct values *values, const struct bundle_content *content);
void values_readings(struct values *values, const struct bundle_content *content,
		     const struct reading *rows, size_t n);
void values_month(struct values *values, int64_t utc_us);

/* Of a record, the session itself included; says which statement it goes with. */
enum statement values_record(struct values *values, const struct bundle_content *content,
			     const struct message *message, const union bundle_record *record);

#endif
