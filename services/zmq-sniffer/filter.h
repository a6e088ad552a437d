/*
 * filter - which messages to show, as conditions on their fields
 *
 *	spo2<85                          numbers and times: = != < <= > >=
 *	device_id=mock-001               text, words, UUIDs: = !=
 *	sensations=zen                   a set holds the word
 *	invalid=   end_us!=              absent, present
 *	spo2<85,device_id=mock-001       all of them
 *
 * A message without the field does not match.  A time is a number of us or ISO 8601 text.
 */
#ifndef FILTER_H
#define FILTER_H

#include "proto/msg.h"

#define FILTER_MAX 16  /* conditions */

enum filter_op { FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE };

struct filter {
	size_t n;
	struct filter_condition {
		char field[48], value[128];
		enum filter_op op;
	} conditions[FILTER_MAX];
};

/* Adds conditions; -1 and what would be right when a field is in no message, or its value
 * fits none of the fields of that name. */
int filter_add(struct filter *filter, const char *text, struct err *err);

/* 1 when the message meets all of them. */
int filter_matches(const struct filter *filter, const struct message *message, const void *msg);

#endif
