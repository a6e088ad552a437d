/*
 * answers - what is said to gateways: receipts, in time, and which worker this is
 *
 * A receipt may have to wait until what it speaks of is on disk.  When that is lost the gateways
 * are told that there is another worker, and send again what has none.
 */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "common/log.h"
#include "proto/link.h"

#define ANSWERS_MOST 16  /* that wait for one commit */

struct answers {
	struct link *receipts;
	int instance;
	int64_t since_us;                /* what was sent before may be gone */
	struct {
		char gateway[80];
		struct receipt receipt;
	} held[ANSWERS_MOST];
	size_t n_held;
	struct log_often refused;
	uint64_t n_applied, n_duplicate, n_quarantined, n_refused, n_added, n_seen;
};

/* At once; or not before answers_release(). */
int answers_give(struct answers *answers, const char *gateway, const struct receipt *receipt,
		 struct err *err);
void answers_hold(struct answers *answers, const char *gateway, const struct receipt *receipt);
int answers_release(struct answers *answers, struct err *err);

/* Nobody knows whether Postgres has what they speak of. */
int answers_forget(struct answers *answers, struct err *err);

/* Heard for certain when it is said to who has just joined. */
int answers_greet(struct answers *answers, const char *gateway, struct err *err);

#endif
