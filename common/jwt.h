/*
 * jwt - is this signed token (RFC 7519) from one we trust, for us, and of now?
 *
 * Keys come as a JWK Set (RFC 7517).  Each is pinned: its kid names it, its type names the one
 * algorithm it takes (oct HS256, P-256 ES256, RSA RS256), and its set the one issuer.  What
 * the token's own header says chooses a key, never how it is used.
 */
#ifndef JWT_H
#define JWT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define JWT_MAX_BYTES 8192
#define JWT_LEEWAY_S  30   /* clocks of two machines differ */

struct jwt_keys;

/*
 * A JWK Set, or one key alone.  Keys of other kinds than the three are passed over; a weak one
 * (HS256 of less than 32 bytes, RSA of less than 2048 bits), a kid twice, or none that is
 * left is an error.  NULL: see err.
 */
struct jwt_keys *jwt_keys_read(const char *json, size_t len, const char *issuer, struct err *err);
void jwt_keys_free(struct jwt_keys **keys);

/*
 * The claims, a new reference, and *key for jwt_keys_have(); NULL: err says why not.  err.code is
 * ENOKEY when none of the keys has that kid: another set, or a newer one, may.  `audience` must
 * be in `aud`.  exp is required, nbf is kept.
 */
json_t *jwt_verify(const struct jwt_keys *keys, const char *token, const char *audience,
		   int64_t now_s, uint64_t *key, struct err *err);

/* Is that very key in the set, not just another one of its kid? */
int jwt_keys_have(const struct jwt_keys *keys, uint64_t key);

/* A new key for ES256: the private JWK, malloc'ed; jwt_key_public() of it, the set for verifiers. */
char *jwt_key_new(const char *kid, struct err *err);
char *jwt_key_public(const char *private_jwk, struct err *err);

/* The claims signed by a private JWK, malloc'ed; NULL: see err. */
char *jwt_sign(const char *private_jwk, const json_t *claims, struct err *err);

#endif
