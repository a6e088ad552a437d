/*
 * msg_parts - what the files of msg share among themselves; others include msg.h
 */
#ifndef MSG_PARTS_H
#define MSG_PARTS_H

#include "proto/msg.h"

void msg_clear_field(const struct msg_field *field, void *msg);

/* Each 0, or -1 and "message.field: must be ..."; of a value that is not in a struct yet. */
int msg_bad(const struct message *message, const struct msg_field *field, const char *why,
	    struct err *err);
int msg_check_int(const struct message *message, const struct msg_field *field, int64_t v,
		  struct err *err);
int msg_check_real(const struct message *message, const struct msg_field *field, double v,
		   struct err *err);
int msg_check_bytes(const struct message *message, const struct msg_field *field,
		    const char *bytes, size_t len, struct err *err);

#endif
