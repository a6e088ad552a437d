/* Keys and tokens that are made here; jwt.c has those that come. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/jwt_parts.h"

char *
jwt_key_new(const char *kid, struct err *err)
{
	cjose_jwk_t *jwk = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, NULL);
	char *text = NULL;

	if (jwk && cjose_jwk_set_kid(jwk, kid, strlen(kid), NULL))
		text = cjose_jwk_to_json(jwk, true, NULL);
	(void)cjose_jwk_release(jwk);
	if (!text)
		(void)err_set(err, EIO, "cannot make a key");
	return text;
}

char *
jwt_key_public(const char *private_jwk, struct err *err)
{
	cjose_jwk_t *jwk = cjose_jwk_import(private_jwk, strlen(private_jwk), NULL);
	char *text = jwk ? cjose_jwk_to_json(jwk, false, NULL) : NULL, *set = NULL;
	json_t *key = text ? json_loads(text, 0, NULL) : NULL;

	if (key && json_object_set_new(key, "alg", json_string(jwt_alg_of(key))) == 0) {
		json_t *all = json_pack("{s:[O]}", "keys", key);

		set = json_dumps(all, JSON_INDENT(2));
		json_decref(all);
	}
	json_decref(key);
	free(text);
	(void)cjose_jwk_release(jwk);
	if (!set)
		(void)err_set(err, EBADMSG, "not a private key");
	return set;
}

/* jws_export() lends its text. */
static char *
sign(const cjose_jwk_t *jwk, const char *alg, const char *text)
{
	cjose_header_t *header = cjose_header_new(NULL);
	const char *kid = cjose_jwk_get_kid(jwk, NULL), *lent;
	cjose_jws_t *jws = NULL;
	char *token = NULL;

	if (header && cjose_header_set(header, "alg", alg, NULL) &&
	    cjose_header_set(header, "typ", "JWT", NULL) &&
	    (!kid || cjose_header_set(header, "kid", kid, NULL)))
		jws = cjose_jws_sign(jwk, header, (const uint8_t *)text, strlen(text), NULL);
	if (jws && cjose_jws_export(jws, &lent, NULL))
		token = strdup(lent);
	cjose_jws_release(jws);
	cjose_header_release(header);
	return token;
}

char *
jwt_sign(const char *private_jwk, const json_t *claims, struct err *err)
{
	json_t *key = json_loads(private_jwk, 0, NULL);
	const char *alg = key ? jwt_alg_of(key) : NULL;
	cjose_jwk_t *jwk = alg ? jwt_import(key, err) : NULL;
	char *text = json_dumps(claims, JSON_COMPACT), *token = NULL;

	if (jwk && text && !(token = sign(jwk, alg, text)))
		(void)err_set(err, EBADMSG, "cannot sign: is it a private key?");
	else if (!alg)
		(void)err_set(err, EBADMSG, "not a private key");
	free(text);
	(void)cjose_jwk_release(jwk);
	json_decref(key);
	return token;
}
