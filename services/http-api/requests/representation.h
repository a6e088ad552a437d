/*
 * representation - an answer as the caller may have it: unchanged, packed, or plain
 *
 * Pure.
 */
#ifndef REPRESENTATION_H
#define REPRESENTATION_H

#include <stddef.h>

#define ETAG_MAX 24

/* A weak one, as a packed answer is the same answer. */
void etag_of(const char *body, size_t len, char etag[ETAG_MAX]);

/* Whether If-None-Match ("*", or a list of tags) has it. */
int etag_listed(const char *if_none_match, const char *etag);

/* Whether Accept-Encoding (NULL: it said nothing) takes gzip. */
int accepts_gzip(const char *accept_encoding);

/* malloc'ed, *packed_len set; NULL: it does not get smaller (or no memory). */
char *gzip(const char *body, size_t len, size_t *packed_len);

#endif
