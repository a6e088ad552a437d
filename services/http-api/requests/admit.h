/*
 * admit - what a request's head must say before we read its body
 *
 * A browser keeps a person's token in a cookie, so pages of other sites are kept out as well: one
 * can make a browser send requests here (also by a DNS name that turns out to be 127.0.0.1),
 * but it cannot forge Host and Origin, and cannot send JSON without our consent.  Consent is
 * given to the origins of access/origins.
 */
#ifndef ADMIT_H
#define ADMIT_H

#include <stdint.h>

#include "services/http-api/requests/problem.h"

struct head {
	const char *host, *origin;  /* NULL: not there */
	const char *content_type, *content_encoding, *content_length;
	int has_body;               /* its method has one */
	int is_listed;              /* its origin is one of access/origins */
};

/* `hosts`: names besides localhost, 127.0.0.1 and [::1], with spaces between. */
int admit(const struct head *head, const char *hosts, size_t body_bytes, struct problem *problem);

#endif
