/*
 * choose - which of the oximeters around are ours to connect to
 *
 * ble-ingest/allow and ble-ingest/deny are lists with commas between; an entry is an address
 * (aa:bb:cc:dd:ee:ff) or a name, in which a * stands for anything, whatever the case of
 * letters.  deny wins.  Pure.
 */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "common/err.h"

#define CHOOSE_MOST 64  /* entries of a list */

enum choose_pick {
	PICK_LISTED,  /* those in allow */
	PICK_FIRST,   /* the first one seen, if allow is empty or has it; then no other */
	PICK_ALL,     /* all that allow has, or all there are when it is empty */
};

struct choose {
	enum choose_pick pick;
	const char *allow, *deny;   /* as in ihht.conf */
	char first[18];             /* PICK_FIRST has chosen this one */
};

/* `pick`: listed, first or all.  Borrows the texts.  -1 and err: an entry is malformed, or
 * listed with an empty list. */
int choose_init(struct choose *choose, const char *pick, const char *allow, const char *deny,
		struct err *err);

/* One that could be an oximeter is there: 1 connect to it, 0 leave it. */
int choose_take(struct choose *choose, const char *device_id, const char *name);

/* It turned out to be none: the first one is yet to be seen. */
void choose_forget(struct choose *choose, const char *device_id);

/* Is this word in a list with commas between?  With * as above. */
int choose_listed(const char *list, const char *word);

#endif
