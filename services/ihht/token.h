/*
 * token - one for ourselves
 */
#ifndef TOKEN_H
#define TOKEN_H

#include "proto/process.h"

/* An admin's, which soon ends; you free it.  NULL: there is no key, or it is not ours to read. */
char *token_for_minutes(const struct process *process, struct err *err);

#endif
