/*
 * sig - asked to stop, as a file descriptor
 *
 * Open it before the first thread (so before the first ZeroMQ socket): threads inherit
 * the blocked mask, and only then the signal arrives here and nowhere else.
 */
#ifndef SIG_H
#define SIG_H

#include "common/err.h"

int sig_open(struct err *err);  /* readable after SIGTERM or SIGINT; -1 and err */

#endif
