/*
 * in_postgres - what Postgres holds, streamed in bounded memory
 *
 * All between postgres_begin() and postgres_end() is one moment.  Rows come by binary COPY,
 * one at a time.  Nothing is trusted: what cannot be there comes back as 2 and words.
 */
#ifndef IN_POSTGRES_H
#define IN_POSTGRES_H

#include "services/dedupe-auditor/in_sqlite.h"

struct in_postgres;
/* pause is borrowed until the close.  NULL: see err. */
struct in_postgres *postgres_open(const char *conninfo, struct pause *pause, struct err *err);
void postgres_close(struct in_postgres **in);

int postgres_begin(struct in_postgres *in, struct err *err);
int postgres_end(struct in_postgres *in, struct err *err);

/*
 * Streams: start, then next until 0.  Next: 1 a row; 2 a row that holds what cannot be
 * there, err says what; 0 the end; -1.
 * Sessions: the listed ones, and all others of the gateway when it is not NULL.
 * Records and readings: of the listed sessions; in no order, or by session id and key when
 * asked.  Readings also only of the people of a list: there is an index for that, where many
 * gateways share a database.
 */
int postgres_sessions(struct in_postgres *in, const struct list *list, const char *gateway,
		      struct err *err);
int postgres_next_session(struct in_postgres *in, uint8_t id[16], uint8_t user[16],
			  struct err *err);
int postgres_records(struct in_postgres *in, const struct list *list, int by_key,
		     struct err *err);
int postgres_next_record(struct in_postgres *in, struct record *record, struct err *err);
int postgres_readings(struct in_postgres *in, const struct list *list, const struct list *people,
		      int by_key, struct err *err);
int postgres_next_reading(struct in_postgres *in, struct row *row, struct err *err);

#endif
