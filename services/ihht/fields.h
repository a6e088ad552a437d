/*
 * fields - name=value on the command line into a message, by the table of messages.def
 *
 *	clarity=4   sensations=zen+tingling   at_us=2026-11-23T05:06:07Z   notes_post="slept well"
 */
#ifndef FIELDS_H
#define FIELDS_H

#include <stdio.h>

#include "proto/msg.h"

/* Takes "name=value", or a bare value when `name` says for which field.  -1 and what would
 * be right; limits are for msg_check() to say. */
int fields_set(const struct message *message, const char *name, const char *text, void *msg,
	       struct err *err);

const struct msg_field *fields_find(const struct message *message, const char *name);

/* What may be given, for the help. */
void fields_help(FILE *to, const struct message *message);

#endif
