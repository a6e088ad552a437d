/*
 * in_postgres - questions to Postgres without waiting for it
 *
 * A few connections, each with one question at a time; the rest wait in order.  Nothing here blocks
 * (save that libpq looks up a host's name when it connects: give an address).  Every
 * connection is read only, with a time limit on statements.
 */
#ifndef IN_POSTGRES_H
#define IN_POSTGRES_H

#include <zmq.h>

#include "services/http-api/reads/reads.h"

#define POSTGRES_MOST 16

struct postgres;
struct postgres *postgres_open(const char *conninfo, int connections);
void postgres_close(struct postgres **postgres);

int postgres_is_up(const struct postgres *postgres);  /* takes questions now */

/* Its items for zmq_poll(), at most POSTGRES_MOST; the number. */
int postgres_poll(struct postgres *postgres, zmq_pollitem_t *items);
/* After each poll, with the same items. */
void postgres_run(struct postgres *postgres, const zmq_pollitem_t *items, int64_t now_us);
int64_t postgres_next_us(const struct postgres *postgres);

/* `owner` comes back with the answer.  Away: the answer is that, at once. */
void postgres_ask(struct postgres *postgres, const struct query *query, void *owner,
		  int64_t now_us);

struct postgres_answer {
	void *owner;
	PGresult *result;  /* the caller's to clear; NULL: see err */
	struct err err;    /* EAGAIN: away or too slow */
};
/* 1 and the next one, 0 none. */
int postgres_answered(struct postgres *postgres, struct postgres_answer *answer);

#endif
