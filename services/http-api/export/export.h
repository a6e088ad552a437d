/*
 * export - rows in, bytes of a format out
 *
 *	x = export_new(format, table, &about, sink);
 *	export_session(x, &session);          each session, a person's together, oldest first
 *	export_row(x, &msg_survey, &survey);  what hangs on it, in the order of `tables`
 *	export_row(x, &msg_reading, &row);    its readings in order of time, last
 *	export_end(x, err);
 *
 * Pure: no clock, no store, no file.  Memory is bounded whatever the number of readings; of
 * a session's other rows EDF+ keeps those that become annotations.  A format never changes a
 * number: what it cannot hold docs/export.md says.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include <errno.h>

#include "services/http-api/export/sink.h"
#include "services/http-api/export/tables.h"

#define EXPORT_CANNOT EDOM  /* of struct err: this format cannot hold that */

enum shape {
	SHAPE_TABLES,   /* one table a file */
	SHAPE_WHOLE,    /* all of it in one file */
	SHAPE_SESSION,  /* one session a file */
};

/* Said in every file. */
struct export_about {
	int64_t at_us;            /* when it was made */
	const char *source;       /* out of which store */
	int64_t from_us, to_us;   /* MSG_NONE: no bound; from is in it, to is not */
	int mock;                 /* made-up data were asked for */
};

struct export {
	const struct format *format;
	const struct table *table;     /* SHAPE_TABLES */
	struct export_about about;
	struct sink *sink;
	struct session session;        /* the one at hand */
	int64_t n_sessions, n_readings;
	int rounds;                    /* of a format that wants all twice */
	void *state;                   /* the format's, zeroed */
};

struct format {
	const char *name;
	const char *suffix;            /* ".csv" */
	const char *type;              /* media type */
	const char *purpose;
	enum shape shape;
	int twice;                     /* see export_again() */
	size_t state_size;
	void (*begin)(struct export *x);
	void (*session)(struct export *x);
	void (*row)(struct export *x, const struct table *table, const void *row);
	void (*session_end)(struct export *x);
	void (*end)(struct export *x);
	void (*release)(struct export *x);  /* of what `state` holds; may be NULL */
};

const struct format *export_format(const char *name);  /* NULL: no such format */

struct export *export_new(const struct format *format, const struct table *table,
			  const struct export_about *about, struct sink *sink);
void export_free(struct export **export);

void export_session(struct export *x, const struct session *session);
void export_row(struct export *x, const struct message *message, const void *row);

/* 1: give the same session and rows once more, before export_end().  EDF+ has its length, and
 * how much room its notes take, in the head of the file. */
int export_again(struct export *x);

int export_end(struct export *x, struct err *err);

/* Whether rows of that table make a difference. */
int export_wants(const struct export *x, const struct table *table);

/* What every CSV file of ours means, as CSVW metadata: one for all tables. */
void export_dictionary(struct sink *sink, const struct export_about *about);
#define EXPORT_DICTIONARY "csv-metadata.json"

extern const struct format format_csv, format_json, format_parquet, format_edf, format_fhir,
	format_omh;

#endif
