/*
 * bundle - a bundle from a gateway, opened and checked
 *
 * A gateway is not trusted further than its own rows: everything in a bundle must belong to
 * the session and the person it names, and packed bytes must not swell beyond the fields'
 * limits.  Pure.
 */
#ifndef BUNDLE_H
#define BUNDLE_H

#include "proto/msg.h"
#include "proto/records.h"

struct bundle_content {
	const struct bundle *bundle;    /* borrowed */
	uint8_t id[16], user_id[16], session_id[16];
	struct session session;
	struct records records;         /* the rest of the records; copy it to walk them */
	const struct reading *rows;     /* in the order of their key, each key once */
	size_t n_rows;
};

struct bundle_opener;  /* room for one bundle, used again and again */
struct bundle_opener *bundle_opener_new(void);
void bundle_opener_free(struct bundle_opener **opener);

/* The content lives until the next call and as long as the bundle.  -1 with EBADMSG and in
 * words what is wrong; it will never be right.  `gateway` is the sender's, from the topic. */
int bundle_open(struct bundle_opener *opener, const struct bundle *bundle, const char *gateway,
		int64_t now_us, struct bundle_content *content, struct err *err);

/* The next record as bundle_open() has checked it; 0 after the last. */
union bundle_record {
	struct survey survey;
	struct event event;
	struct phase_stats phase_stats;
	struct progression progression;
	struct gap gap;
	struct session session;
	uint8_t room[RECORDS_MAX];
};
int bundle_next(struct records *records, const struct message **message,
		union bundle_record *record);

#endif
