/*
 * commands - what people ask for, as rows
 *
 * Every command may come twice: it then answers as before and changes nothing.  Nothing here
 * touches a socket.
 */
#ifndef COMMANDS_H
#define COMMANDS_H

#include "services/local-store/lifecycle.h"

/* 0 and *effects (a refusal is an answer, too); -1 the store has failed: roll back. */
int commands_apply(struct lifecycle *life, const struct message *message, const void *msg,
		   int64_t now_us, struct effects *effects, struct err *err);

#endif
