/*
 * change_parts - what the files of out_change share
 *
 *	was_N (ihht_block, ihht_rule, ihht_key, ihht_link, ...)   rows of the shape's table N as
 *	they were; ihht_key is their key as text, ihht_link the session they go to (NULL: stay);
 *	ihht_phone: a phone's row, complete as it would be in the table, ihht_key "N:id"
 */
#ifndef CHANGE_PARTS_H
#define CHANGE_PARTS_H

#include "services/dedupe-auditor/change/out_change.h"

int change_touches(const struct change *change, const struct table *table);
int change_place(const struct change *change, const struct table *table);

int change_borrow(struct change *change, const struct table *table, struct err *err);
int change_add_borrowed(struct change *change, const struct table *table, struct err *err);
int change_record_added(struct change *change, const struct table *table, struct err *err);

/* `select` (a table of ids) with its column `id` as `typed`, in the column's type; ids that do
 * not fit it are left out.  To free. */
char *change_ids(const struct column *column, const char *select, const char *id);

#endif
