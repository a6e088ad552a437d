/*
 * in_shape - what tables an old database has, whatever app version made it
 *
 * Read from Postgres' own catalog: the sessions table, and every table with rows that belong
 * to a session (known by name, by a foreign key, or by a column session_id).  Columns nobody
 * told us of are columns like all others: rows are always moved whole.
 */
#ifndef IN_SHAPE_H
#define IN_SHAPE_H

#include <libpq-fe.h>

#include "services/dedupe-auditor/rules/legacy.h"

#define SHAPE_TABLES  40
#define SHAPE_COLUMNS 200
#define SHAPE_LINKS   4

struct column {
	const char *name, *quoted, *type;        /* quoted: for SQL; type: as format_type() says */
	char category;                   /* pg_type.typcategory: A array, S string, U other ... */
	int key;                         /* from 1: its place in the row's key; 0 */
	int is_link;                     /* holds a session's id */
	int has_index;                   /* one begins with it */
	int not_null, is_generated;
	const char *standard;            /* SQL of its default, "" none */
};

struct table {
	enum legacy_table kind;          /* LEGACY_TABLES: one only known to belong to sessions */
	const char *name;                      /* "readings"; with its schema when that is another */
	const char *sql;                       /* quoted, with its schema */
	const char *archive;                   /* ihht_migration.was_<name>, quoted */
	struct column *columns;
	int n_columns;
	int links[SHAPE_LINKS], n_links; /* of columns; the first is session_id if there is one */
	int has_foreign_key;             /* some link is one; else it is so by its name only */
	int64_t rows, bytes;             /* rows: an estimate */
	const char *triggers;                  /* names of users' own that are on, "" none */
	const char *pointers;                  /* SQL: rows of this table that a foreign key elsewhere points
	                                  * at; "" none.  Not for sessions: those are links */
	const char *wide_key;                  /* a foreign key of several columns to sessions; "" none */
};

struct shape {
	const char *schema;                    /* of sessions */
	const char *identity;                  /* of this database, 32 hex digits */
	const char *server;                    /* "15.4", for people */
	char *ignored;                   /* tables with a column session_id, no key and no foreign key:
	                                  * copies somebody made; "" none */
	struct table *tables;            /* sessions first */
	struct texts *texts;             /* holds all texts and columns but `ignored` */
	int n_tables;
};

/* -1 when there is no such table, or a table has no key (err names the cure). */
int shape_read(struct shape *shape, PGconn *pg, const char *schema, struct err *err);
void shape_release(struct shape *shape);

const struct table *shape_table(const struct shape *shape, const char *name);   /* NULL */
const struct table *shape_kind(const struct shape *shape, enum legacy_table kind);
const struct column *table_column(const struct table *table, const char *name); /* NULL */

const struct column *table_first_key(const struct table *table);    /* every table has one */
const struct column *table_number_key(const struct table *table);   /* the whole key; or NULL */

/* Column names, quoted, with a comma between and `prefix` ("t.", say) before each. */
enum columns_of { COLUMNS_ALL, COLUMNS_STORED /* not generated */, COLUMNS_KEY };
char *table_columns(const struct table *table, enum columns_of which, const char *prefix);

/* The first n, of the kind. */
char *table_first_columns(const struct table *table, int n, enum columns_of which,
			  const char *prefix);

/* "a.x = b.x AND a.y = b.y" over the key.  `session`: b's column with the session its row went
 * to, unless that is null; NULL: it stayed. */
char *table_same_key(const struct table *table, const char *a, const char *b,
		     const char *session);

/* For cells_find(). */
int table_place(const void *table, const char *column);

/* The row's key as one text: the column's value, or all as row(...)::text. */
char *table_key_text(const struct table *table, const char *alias);

#endif
