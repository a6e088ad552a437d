/*
 * policy - how long rows stay, and how much room there is for new ones
 *
 * Of the cap a part is the log's (SQLite's WAL), a part is kept for what must always be
 * written (receipts, the end of a session, rows that leave), and the rest is for rows.
 *
 *	below 80 % of it    what is over and in Postgres leaves after its time
 *	from 80 %           what is in Postgres leaves early, oldest first, sessions that run last
 *	at 100 %            nothing new is taken: its senders keep it
 *
 * What Postgres lacks never leaves.  Pure.
 */
#ifndef POLICY_H
#define POLICY_H

#include <stdint.h>

struct shares {
	int64_t rows, file, log;   /* bytes; file is rows and what is kept, and all of it is the cap */
};
struct shares policy_shares(int64_t cap);

/* 0 to 100 and more: how much of the room for rows is used. */
int64_t policy_percent(const struct shares *shares, int64_t used);

/* So many readings may come now; 0: none. */
int64_t policy_room(const struct shares *shares, int64_t used);

/* A session all of which arrived by then may leave. */
int64_t policy_horizon(int64_t keep_us, int64_t percent, int64_t now_us);

/* What is in Postgres leaves early, also of sessions that run. */
int policy_crowded(int64_t percent);

#endif
