/*
 * moments - the readings of one session, gathered until all are here, then folded
 *
 * Bounded by the largest session, not by the table.
 */
#ifndef MOMENTS_H
#define MOMENTS_H

#include "services/dedupe-auditor/in_copy.h"
#include "services/dedupe-auditor/plan/in_shape.h"
#include "services/dedupe-auditor/rules/fold.h"

/* All zero is empty. */
struct moments {
	const char *session_id;          /* borrowed */
	struct legacy_reading *rows;     /* .row is the order of arrival */
	size_t *into;
	size_t n, room;
	struct legacy_figures untimed;   /* rows whose time is no time: counted, never folded */
	struct owner {
		char text[64];
		int is_set, differs;
	} user, device;
};

/* The values of a reading as four columns of binary COPY: time, spo2, heart_rate, signal. */
char *moments_sql(const struct table *readings);

/* -1 when the time is no time: the row is counted and otherwise left alone. */
int moments_add(struct moments *moments, const struct field fields[4]);
void moments_put(struct moments *moments, int64_t time_us, double spo2, double heart_rate,
		 double signal);
void moments_owner(struct moments *moments, const struct field *user, const struct field *device);

/* Sorts and folds: rows[i] stays when into[i] == i. */
void moments_fold(struct moments *moments, struct fold_sum *sum);
void moments_sum(struct moments *moments, struct legacy *legacy, struct legacy_readings *sum);

void moments_clear(struct moments *moments);     /* empty, memory kept */
void moments_release(struct moments *moments);

#endif
