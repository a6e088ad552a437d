/*
 * plan_file - a plan as text that a person can read and change
 *
 *	ihht migration plan 1
 *	id 0f5e...                               what follows, up to the seal, is not to be edited
 *	made 2026-11-23T08:30:00.000000Z
 *	database "ihht, PostgreSQL 15.20" 9a0c... public
 *	phone 1 "/home/a/vitaliti.db" 77c2... dev_1     path, SHA-256, device_id in the cloud
 *	table readings 12 9 -3841... 12          rows before and after, digest, largest key
 *	seal 3c51...                             SHA-256 of the lines above
 *
 *	session 1f6b... user 8d1f... start 2025-08-03T10:00:00.000000Z
 *	  saw 77aa... ab12cd34                   how a row looked; it must still look so
 *	  merge same-local-id 77aa...            # why
 *	  adopt by-local-id session_surveys 17
 *	  fold copies session_adaptive_events 4 +5 1:77
 *	  settle settle status=completed end_time=2025-08-03T10:40:00.000000Z
 *	  recompute recount
 *	left same-start - 1f6b... 90bc...        # what a person has to look at
 *
 * One line is one entry (rules.h says what each does).  A line or a whole session may be taken
 * out, ids may be taken out of a line, another of the sessions may be made the one that stays.
 * Of a fold, the row with + stays and gets from each column what the first row in the line
 * that has it says.  Words with other characters than letters, digits and "_.-" are JSON strings; N:id is a row of
 * phone N.  Pure, but for the FILE.
 */
#ifndef PLAN_FILE_H
#define PLAN_FILE_H

#include <stdio.h>

#include "services/dedupe-auditor/rules/rules.h"

#define PLAN_TABLES 40
#define PLAN_PHONES 100

struct plan_table {
	const char *name;
	int64_t before, after;
	const char *digest;              /* of the rows before, see legacy_digest_sql() */
	const char *upto;                /* the largest key then, where that is a number; or NULL */
};

struct plan_phone {
	const char *path, *sha256;
	const char *device_id;           /* of its sessions in the cloud; NULL: it has none there */
};

struct plan_head {
	const char *id;                  /* UUID */
	int64_t made_us;
	const char *database, *identity, *schema;
	struct plan_phone phones[PLAN_PHONES];   /* source N is phones[N - 1] */
	int n_phones;
	struct plan_table tables[PLAN_TABLES];
	int n_tables;
};

struct plan_saw {
	const char *id, *digest;
};

/* All entries of one session. */
struct plan_block {
	const char *session, *user_id;   /* NULL: nobody's */
	int64_t start_us;
	size_t entry, n_entries;         /* in plan.entries */
	size_t saw, n_saw;
};

struct plan_file {
	struct plan_head head;
	struct plan plan;
	struct plan_block *blocks;       /* as in the file */
	size_t n_blocks, room_blocks;
	struct plan_saw *saw;
	size_t n_saw, room_saw;
};

/* All zero is empty; adding is what both the planner and the reader do. */
void plan_file_block(struct plan_file *file, const char *session, const char *user_id,
		     int64_t start_us);
void plan_file_saw(struct plan_file *file, const char *id, const char *digest);
struct entry *plan_file_entry(struct plan_file *file);   /* of the last block; LEAVE: of none */

int plan_file_write(const struct plan_file *file, FILE *to);         /* -1: see ferror() */
/* Fills an all-zero one; err names the line. */
int plan_file_read(struct plan_file *file, FILE *from, struct err *err);
void plan_file_clear(struct plan_file *file);

const char *plan_file_text(struct plan_file *file, const char *text);    /* lives as long */

#endif
