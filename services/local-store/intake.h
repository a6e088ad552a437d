/*
 * intake - which sample is new, and whose it is
 *
 * ble-ingest numbers what it sends (pos) and sends again from where it was heard last; the
 * rules here are all there is to that agreement on our side.  Pure.
 */
#ifndef INTAKE_H
#define INTAKE_H

#include "services/local-store/sessions.h"

/* What has been heard of one spool. */
struct heard {
	int64_t spool;
	int64_t upto;   /* every pos up to here has been dealt with */
	int64_t saved;  /* upto as it stands on disk */
	bool known;     /* a resume, or the disk, has told where it stands */
	bool hole;      /* the next one was missed: say so, once */
	bool told;      /* it has been said; a lost telling is the sender's time-out */
	bool touched;   /* owes its sender a `stored` */
};

enum verdict { INTAKE_NEW, INTAKE_SEEN, INTAKE_HOLE };

/* A sample or gap with that pos arrives; moves upto when it is the next one. */
enum verdict intake_pos(struct heard *heard, int64_t pos);

/* What it stands at is on disk and has been told. */
void intake_told(struct heard *heard);

/* "What follows starts at `from`, older ones no longer exist": the number skipped for ever. */
int64_t intake_resume(struct heard *heard, int64_t from);

/* A sample of that session as a row, with the phase of that time by the session's clock. */
void intake_reading(const struct sample *sample, const struct entry *entry, int64_t us,
		    struct reading *reading);

#endif
