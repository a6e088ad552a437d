/*
 * drain - what has arrived on a link, into the transaction until that is full
 *
 * 0, or -1 when the store fails.  A frame that is not ours costs nothing but itself.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include "services/local-store/local_store.h"

int drain_samples(struct local_store *me, struct err *err);
int drain_commands(struct local_store *me, struct err *err);
int drain_receipts(struct local_store *me, struct err *err);
int drain_repairs(struct local_store *me, struct err *err);

#endif
