#include "common/jwt_parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define MAX_KEYS 32

struct key {
	cjose_jwk_t *jwk;
	const char *alg;
	char kid[129];  /* "": tokens without one */
	uint64_t print; /* of all that it is */
};

struct jwt_keys {
	char *issuer;
	size_t n;
	struct key all[MAX_KEYS];
};

/* ---- keys */

static const char *
text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

const char *
jwt_alg_of(const json_t *key)
{
	const char *kty = text_of(key, "kty");

	if (!strcmp(kty, "oct"))
		return "HS256";
	if (!strcmp(kty, "EC") && !strcmp(text_of(key, "crv"), "P-256"))
		return "ES256";
	return !strcmp(kty, "RSA") ? "RS256" : NULL;
}

static int
is_for_us(const json_t *key)
{
	const char *alg = jwt_alg_of(key), *own = text_of(key, "alg"), *use = text_of(key, "use");

	return alg && (!*own || !strcmp(own, alg)) && (!*use || !strcmp(use, "sig"));
}

cjose_jwk_t *
jwt_import(const json_t *key, struct err *err)
{
	char *text = json_dumps(key, JSON_COMPACT);
	cjose_err why = {.message = "out of memory"};
	cjose_jwk_t *jwk = text ? cjose_jwk_import(text, strlen(text), &why) : NULL;

	free(text);
	if (!jwk)
		(void)err_set(err, EBADMSG, "a key is damaged: %s", why.message);
	return jwk;
}

/* 0: cannot be told. */
static uint64_t
print_of(const cjose_jwk_t *jwk)
{
	char *text = cjose_jwk_to_json(jwk, true, NULL);
	uint64_t print = text ? XXH3_64bits(text, strlen(text)) : 0;

	free(text);
	return print;
}

static int
check_key(const struct jwt_keys *keys, const struct key *key, struct err *err)
{
	size_t bits = cjose_jwk_get_keysize(key->jwk, NULL), i;

	if (!strcmp(key->alg, "HS256") && bits < 256)
		return err_set(err, EBADMSG, "key \"%s\": a secret needs 32 bytes", key->kid);
	if (!strcmp(key->alg, "RS256") && bits < 2048)
		return err_set(err, EBADMSG, "key \"%s\": RSA needs 2048 bits", key->kid);
	for (i = 0; i < keys->n; i++)
		if (!strcmp(keys->all[i].kid, key->kid))
			return err_set(err, EBADMSG, "two keys have the kid \"%s\"", key->kid);
	return 0;
}

static int
add_key(struct jwt_keys *keys, const json_t *json, struct err *err)
{
	struct key *key = &keys->all[keys->n];
	const char *kid = text_of(json, "kid");

	if (!is_for_us(json))
		return 0;
	if (keys->n == MAX_KEYS)
		return err_set(err, EBADMSG, "more than %d keys", MAX_KEYS);
	if (strlen(kid) >= sizeof(key->kid))
		return err_set(err, EBADMSG, "a kid is longer than %zu bytes", sizeof(key->kid) - 1);
	memcpy(key->kid, kid, strlen(kid) + 1);
	key->alg = jwt_alg_of(json);
	if (!(key->jwk = jwt_import(json, err)))
		return -1;
	key->print = print_of(key->jwk);
	if (check_key(keys, key, err) == 0) {
		keys->n++;
		return 0;
	}
	(void)cjose_jwk_release(key->jwk);
	return -1;
}

static int
add_all(struct jwt_keys *keys, const json_t *set, struct err *err)
{
	const json_t *list = json_object_get(set, "keys"), *key;
	size_t i;

	if (!list && add_key(keys, set, err) < 0)
		return -1;
	json_array_foreach(list, i, key)
		if (add_key(keys, key, err) < 0)
			return -1;
	if (keys->n)
		return 0;
	return err_set(err, EBADMSG, "no key for HS256, ES256 or RS256 in it");
}

struct jwt_keys *
jwt_keys_read(const char *json, size_t len, const char *issuer, struct err *err)
{
	struct jwt_keys *keys = calloc(1, sizeof(*keys));
	json_error_t where;
	json_t *set = json_loadb(json, len, JSON_REJECT_DUPLICATES, &where);
	int r = -1;

	if (!keys || !(keys->issuer = strdup(issuer)))
		(void)err_set(err, ENOMEM, "out of memory");
	else if (!json_is_object(set))
		(void)err_set(err, EBADMSG, "not a JWK Set: %s", set ? "no object" : where.text);
	else
		r = add_all(keys, set, err);
	json_decref(set);
	if (r < 0)
		jwt_keys_free(&keys);
	return keys;
}

void
jwt_keys_free(struct jwt_keys **keys)
{
	size_t i;

	if (!*keys)
		return;
	for (i = 0; i < (*keys)->n; i++)
		(void)cjose_jwk_release((*keys)->all[i].jwk);
	free((*keys)->issuer);
	free(*keys);
	*keys = NULL;
}

/* ---- a token's form and signature */

static int
check_form(const char *token, struct err *err)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789-_";
	size_t len = strnlen(token, JWT_MAX_BYTES + 1), n;
	int parts = 1;

	if (len > JWT_MAX_BYTES)
		return err_set(err, EBADMSG, "the token is longer than %d bytes", JWT_MAX_BYTES);
	for (;; token += n + 1, parts++) {
		if (!(n = strspn(token, alphabet)))
			return err_set(err, EBADMSG, "the token is not a signed JWT");
		if (token[n] != '.')
			break;
	}
	if (parts != 3 || token[n])
		return err_set(err, EBADMSG, "the token is not a signed JWT");
	return 0;
}

static const char *
header_of(cjose_jws_t *jws, const char *name)
{
	const char *value = cjose_header_get(cjose_jws_get_protected(jws), name, NULL);

	return value ? value : "";
}

static const struct key *
choose(const struct jwt_keys *keys, cjose_jws_t *jws, struct err *err)
{
	const char *kid = header_of(jws, "kid"), *alg = header_of(jws, "alg");
	char *critical = cjose_header_get_raw(cjose_jws_get_protected(jws), "crit", NULL);
	const struct key *key = keys->all, *end = key + keys->n;

	free(critical);
	if (critical)
		return err_set(err, EBADMSG, "the token asks for what we do not know (crit)"), NULL;
	while (key < end && strcmp(key->kid, kid))
		key++;
	if (key == end)
		return err_set(err, ENOKEY, "no key here has the token's kid"), NULL;
	if (strcmp(alg, key->alg))
		return err_set(err, EBADMSG, "the token's algorithm is not that of its key, %s",
			       key->alg), NULL;
	return key;
}

static json_t *
payload_of(cjose_jws_t *jws, struct err *err)
{
	uint8_t *bytes;
	size_t len;
	json_t *claims = NULL;

	if (cjose_jws_get_plaintext(jws, &bytes, &len, NULL))
		claims = json_loadb((const char *)bytes, len, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(claims))
		return claims;
	json_decref(claims);
	(void)err_set(err, EBADMSG, "the token's claims are no JSON object");
	return NULL;
}

/* The claims of a token whose signature holds, and by which key. */
static json_t *
open_token(const struct jwt_keys *keys, const char *token, uint64_t *print, struct err *err)
{
	cjose_jws_t *jws = cjose_jws_import(token, strlen(token), NULL);
	const struct key *key;
	json_t *claims = NULL;

	if (!jws) {
		(void)err_set(err, EBADMSG, "the token is not a signed JWT of an algorithm we know");
		return NULL;
	}
	if ((key = choose(keys, jws, err))) {
		if (cjose_jws_verify(jws, key->jwk, NULL))
			claims = payload_of(jws, err);
		else
			(void)err_set(err, EBADMSG, "the token's signature is wrong");
		*print = key->print;
	}
	cjose_jws_release(jws);
	return claims;
}

/* ---- its claims */

static int
is_audience(const json_t *aud, const char *wanted)
{
	const json_t *one;
	size_t i;

	if (json_is_string(aud))
		return !strcmp(json_string_value(aud), wanted);
	json_array_foreach(aud, i, one)
		if (json_is_string(one) && !strcmp(json_string_value(one), wanted))
			return 1;
	return 0;
}

static int
check_claims(const json_t *claims, const char *issuer, const char *audience, int64_t now_s,
	     struct err *err)
{
	const json_t *exp = json_object_get(claims, "exp"), *nbf = json_object_get(claims, "nbf");

	if (!json_is_number(exp) || (nbf && !json_is_number(nbf)))
		return err_set(err, EBADMSG, "the token does not say until when it holds (exp)");
	if (json_number_value(exp) + JWT_LEEWAY_S <= (double)now_s)
		return err_set(err, ETIME, "the token has expired");
	if (nbf && json_number_value(nbf) - JWT_LEEWAY_S > (double)now_s)
		return err_set(err, EBADMSG, "the token does not hold yet (nbf)");
	if (strcmp(text_of(claims, "iss"), issuer))
		return err_set(err, EBADMSG, "the token is from another issuer (iss)");
	if (!is_audience(json_object_get(claims, "aud"), audience))
		return err_set(err, EBADMSG, "the token is for others (aud)");
	return 0;
}

json_t *
jwt_verify(const struct jwt_keys *keys, const char *token, const char *audience, int64_t now_s,
	   uint64_t *key, struct err *err)
{
	json_t *claims;

	if (check_form(token, err) < 0 || !(claims = open_token(keys, token, key, err)))
		return NULL;
	if (check_claims(claims, keys->issuer, audience, now_s, err) == 0)
		return claims;
	json_decref(claims);
	return NULL;
}

int
jwt_keys_have(const struct jwt_keys *keys, uint64_t key)
{
	size_t i;

	for (i = 0; i < keys->n && keys->all[i].print != key; i++)
		;
	return i < keys->n;
}
