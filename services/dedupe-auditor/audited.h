/*
 * audited - the sessions under audit, found by id and by SQLite's number
 *
 * Memory is per session, never per reading.  Pure.
 */
#ifndef AUDITED_H
#define AUDITED_H

#include "services/dedupe-auditor/compare.h"

struct audited {
	uint8_t id[16], user[16];
	char local_id[65];             /* "" when SQLite does not have it */
	int64_t no;                    /* session.no, 0 when SQLite does not have it */
	int64_t synced;                /* readings.id up to which receipts have come */
	int64_t start_us;

	struct digest cloud, local;    /* readings */
	struct digest local_then;      /* of SQLite's first ones, as many as Postgres has */
	uint64_t n_settled;            /* of SQLite's that have their receipt */
	struct digest archived;        /* of SQLite's that have left it for files, as it noted them */
	int64_t from_us, to_us;        /* of all of SQLite's, left or not; 0 none */
	int archived_then;             /* some had left when the digests were made */
	uint64_t n_quarantined;        /* rows of it in quarantine: then it is looked at row by row */
	struct digest cloud_records, settled_records, local_records;

	int other_user;                /* Postgres has the session under another person */

	struct finding *finding;       /* NULL: the digests are equal */
};

struct list {
	struct audited *items;         /* by id */
	size_t n, room;
	struct audited **by_no;
	size_t n_by_no;
};

void list_clear(struct list *list);

/* At the end; list_sort() before the next list_find(). */
struct audited *list_add(struct list *list, const uint8_t id[16]);
void list_sort(struct list *list);

struct audited *list_find(const struct list *list, const uint8_t id[16]);  /* NULL: none */
struct audited *list_find_no(const struct list *list, int64_t no);

/* The finding of a session that differs; made when there is none yet. */
struct finding *audited_finding(struct audited *audited);

void audited_span(struct audited *audited, int64_t from_us, int64_t to_us);  /* it has these, too */

/* What the digests say: no difference but rows on their way. */
int audited_digests_agree(const struct audited *audited);

enum verdict { EQUAL, PENDING, QUARANTINED, DIFFERENT };
enum verdict audited_verdict(const struct audited *audited);
uint64_t audited_pending(const struct audited *audited);  /* readings on their way */

#endif
