/*
 * transaction - what arrives together is committed together, and told after that
 *
 * When the disk refuses, memory goes back to what the disk has.
 */
#ifndef TRANSACTION_H
#define TRANSACTION_H

#include "services/local-store/local_store.h"

/* Memory as the disk has it: nothing of it, all of it. */
void transaction_forget(struct local_store *me);
int transaction_recall(struct local_store *me, struct err *err);

/* Readings that wait to be stored together go in now. */
int transaction_settle(struct local_store *me, struct err *err);
/* Of one more command: room for what it leads to. */
struct effects *transaction_effects(struct local_store *me, const char *request_id);
/* How much room there is: after all that changes the store. */
int transaction_measure(struct local_store *me, struct err *err);
bool transaction_is_full(const struct local_store *me);
int transaction_commit(struct local_store *me, struct err *err);

/* The disk refuses: answer so, go back to what it has, and try again later; now. */
void transaction_fail(struct local_store *me, const struct err *err);
void transaction_recover(struct local_store *me);

#endif
