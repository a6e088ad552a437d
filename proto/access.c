#include "proto/access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/jwt.h"
#include "proto/keyring.h"

/* ---- the gate */

struct access {
	const struct conf *conf;
	struct keyring *own, *other;  /* other NULL: only our own tokens hold */
};

static int
open_other(struct access *access, struct err *err)
{
	const char *issuer = conf_text(access->conf, "issuer"), *path = conf_text(access->conf, "jwks");
	const char *url = conf_text(access->conf, "jwks-url");

	if ((*path && *url) || !*issuer != !(*path || *url))
		return err_set(err, EINVAL, "access/issuer and access/jwks or access/jwks-url: give "
			       "an issuer and one of them, or none");
	if (!*issuer)
		return 0;
	return (access->other = keyring_open(path, url, issuer, err)) ? 0 : -1;
}

struct access *
access_open(const struct conf *conf, struct err *err)
{
	struct access *access = calloc(1, sizeof(*access));

	if (!access)
		return err_set(err, ENOMEM, "out of memory"), NULL;
	access->conf = conf;
	if (!(access->own = keyring_open(conf_text(conf, "keys"), "", ACCESS_ISSUER, err)) ||
	    open_other(access, err) < 0)
		access_close(&access);
	return access;
}

void
access_close(struct access **access)
{
	if (!*access)
		return;
	keyring_close(&(*access)->own);
	keyring_close(&(*access)->other);
	free(*access);
	*access = NULL;
}

static json_t *
verify_with(struct access *access, const char *token, int64_t now_s, uint64_t *key, struct err *err)
{
	const char *audience = conf_text(access->conf, "audience");
	int64_t mono_us = clock_mono_us();
	const struct jwt_keys *own = keyring_keys(access->own, mono_us);
	const struct jwt_keys *other = access->other ? keyring_keys(access->other, mono_us) : NULL;
	json_t *claims = NULL;

	if (!own && !other)
		return err_set(err, ENOKEY, "no token holds here, as there are no keys: make one "
			       "with `ihht token`"), NULL;
	err->code = ENOKEY;
	if (own)
		claims = jwt_verify(own, token, audience, now_s, key, err);
	if (!claims && err->code == ENOKEY && other)
		claims = jwt_verify(other, token, audience, now_s, key, err);
	return claims;
}

/* For a kid that is not known all is looked at once more: the key may be of just now. */
static json_t *
verify(struct access *access, const char *token, int64_t now_s, uint64_t *key, struct err *err)
{
	json_t *claims = verify_with(access, token, now_s, key, err);

	if (claims || err->code != ENOKEY)
		return claims;
	keyring_doubt(access->own, clock_mono_us());
	if (access->other)
		keyring_doubt(access->other, clock_mono_us());
	return verify_with(access, token, now_s, key, err);
}

int
access_check(struct access *access, const char *token, int64_t utc_us, struct caller *caller,
	     struct err *err)
{
	uint64_t key;
	json_t *claims = verify(access, token, utc_us / CLOCK_SECOND, &key, err);
	int r = claims ? caller_read(claims, caller, err) : -1;

	if (r == 0)
		caller->key = key;
	json_decref(claims);
	return r;
}

int
access_has_key(struct access *access, uint64_t key)
{
	int64_t mono_us = clock_mono_us();
	const struct jwt_keys *own = keyring_keys(access->own, mono_us);
	const struct jwt_keys *other = access->other ? keyring_keys(access->other, mono_us) : NULL;

	return (own && jwt_keys_have(own, key)) || (other && jwt_keys_have(other, key));
}

const char *
access_issuer(const struct access *access)
{
	return conf_text(access->conf, "issuer");
}

int
access_origin(const struct access *access, const char *origin)
{
	const char *list = conf_text(access->conf, "origins");
	size_t n;

	for (; *list; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		if (n && n == strlen(origin) && !strncasecmp(list, origin, n))
			return 1;
	}
	return 0;
}

/* ---- where a token stands in a request */

static const char *
cookie_value(const char *cookie, size_t *len)
{
	static const char name[] = ACCESS_COOKIE "=";

	while (*cookie) {
		cookie += strspn(cookie, "; ");
		*len = strcspn(cookie, ";");
		if (*len > sizeof(name) - 1 && !strncmp(cookie, name, sizeof(name) - 1)) {
			*len -= sizeof(name) - 1;
			return cookie + sizeof(name) - 1;
		}
		cookie += *len;
	}
	return NULL;
}

int
access_token(const char *authorization, const char *cookie, char *token, size_t size)
{
	const char *from = NULL;
	size_t len = 0;

	if (authorization) {
		if (strncasecmp(authorization, "Bearer ", 7))
			return 0;
		from = authorization + 7 + strspn(authorization + 7, " ");
		len = strcspn(from, " ");
	} else if (cookie) {
		from = cookie_value(cookie, &len);
	}
	if (!from || !len)
		return 0;
	len = len < size ? len : size - 1;  /* too long is wrong however it ends */
	memcpy(token, from, len);
	token[len] = 0;
	return 1;
}
