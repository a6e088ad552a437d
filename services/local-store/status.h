/*
 * status - how local-store is: its beat once a second, and what somebody should look at
 */
#ifndef STATUS_H
#define STATUS_H

#include "services/local-store/local_store.h"

/* Each when it is due. */
void status_beat(struct local_store *me);
void status_watch(struct local_store *me);

#endif
