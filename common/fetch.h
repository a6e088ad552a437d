/*
 * fetch - a small file from an address, without waiting for it
 *
 * An actor of its own does the waiting: ask, go on with your work, and look now and then whether it
 * has come.  https with a certificate that holds, or http to this machine; no redirects.
 */
#ifndef FETCH_H
#define FETCH_H

#include <stddef.h>

#include "common/err.h"

#define FETCH_LIMIT_S 5

/* NULL: see err; EINVAL: not an address as above. */
struct fetch;
struct fetch *fetch_open(const char *url, size_t max_bytes, struct err *err);
void fetch_close(struct fetch **fetch);  /* also while it waits */

/* Nothing, when it is being fetched already. */
void fetch_ask(struct fetch *fetch);

/* What became of it, once: 1 and *bytes, malloc'ed; 0 nothing new; -1 and why it cannot be had. */
int fetch_take(struct fetch *fetch, char **bytes, size_t *len, struct err *err);

#endif
