/*
 * keyring - the keys of one issuer of tokens, out of a file or from an address
 *
 * A file is looked at again when it has changed.  An address is asked at the start, every ten
 * minutes, and when somebody comes with a key that is not known, but not more often than every
 * ten seconds.  What is damaged or not to be had does not put good keys out of use.
 */
#ifndef KEYRING_H
#define KEYRING_H

#include <stdint.h>

#include "common/jwt.h"

struct keyring;
/* One of path and url, the other "".  All borrowed.  NULL: see err. */
struct keyring *keyring_open(const char *path, const char *url, const char *issuer, struct err *err);
void keyring_close(struct keyring **keyring);

/* NULL: there are none (yet); keyring_why() says why. */
const struct jwt_keys *keyring_keys(struct keyring *keyring, int64_t mono_us);
const char *keyring_why(const struct keyring *keyring);

/* A key was asked for that is not known here. */
void keyring_doubt(struct keyring *keyring, int64_t mono_us);

#endif
