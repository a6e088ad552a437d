/*
 * One row for each way a token can be wrong, with the words it gets.
 */
#include <cjose/cjose.h>
#include <errno.h>
#include <stdlib.h>

#include "common/jwt.h"
#include "tests/unit/test.h"

#define NOW    1800000000LL
#define AUD    "authenticated"
#define SECRET "{\"kty\":\"oct\",\"kid\":\"%s\",\"k\":\"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2Vj\"}"

static char *ec, *stranger, *rsa;  /* private keys; stranger has ec's kid */
static char secret[100];
static struct jwt_keys *keys;

static char *
make_rsa(const char *kid, size_t bits)
{
	static const uint8_t e[] = {1, 0, 1};
	cjose_jwk_t *jwk = cjose_jwk_create_RSA_random(bits, e, sizeof(e), NULL);
	char *text;

	(void)cjose_jwk_set_kid(jwk, kid, strlen(kid), NULL);
	text = cjose_jwk_to_json(jwk, true, NULL);
	(void)cjose_jwk_release(jwk);
	return text;
}

static struct jwt_keys *
read_set(const char *set, struct err *err)
{
	return jwt_keys_read(set, strlen(set), "us", err);
}

static void
set_up(void)
{
	char *set, *public;
	struct err err;

	ec = jwt_key_new("ec", &err);
	stranger = jwt_key_new("ec", &err);
	rsa = make_rsa("rsa", 2048);
	(void)snprintf(secret, sizeof(secret), SECRET, "hs");
	public = jwt_key_public(ec, &err);
	public[strrchr(public, ']') - public] = 0;
	if (asprintf(&set, "%s, %s, %s, {\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}", public, rsa,
		     secret) < 0)
		return;
	keys = read_set(set, &err);
	ok(keys != NULL, "%s", err.text);
	free(set);
	free(public);
}

static json_t *
claims(void)
{
	return json_pack("{s:s, s:s, s:I}", "iss", "us", "aud", AUD, "exp", (json_int_t)NOW + 60);
}

/* Signed with that key, one claim being that (or gone). */
static char *
token_with(const char *key, const char *name, json_t *value)
{
	json_t *all = claims();
	struct err err = {0};
	char *token;

	if (name && value)
		json_object_set_new(all, name, value);
	else if (name)
		json_object_del(all, name);
	token = jwt_sign(key, all, &err);
	ok(token != NULL, "%s", err.text);
	json_decref(all);
	return token;
}

/* NULL: it holds; else why not.  Takes the token. */
static const char *
refusal(char *token)
{
	static struct err err;
	uint64_t by;
	json_t *got = jwt_verify(keys, token, AUD, NOW, &by, &err);
	int holds = got != NULL;

	json_decref(got);
	free(token);
	return holds ? NULL : err.text;
}

TEST(a_token_of_each_algorithm_holds)
{
	ok(!refusal(token_with(ec, NULL, NULL)));
	ok(!refusal(token_with(rsa, NULL, NULL)));
	ok(!refusal(token_with(secret, NULL, NULL)));
}

TEST(its_claims_come_back_as_they_were_signed)
{
	char *token = token_with(ec, "sub", json_string("somebody"));
	struct err err;
	uint64_t by;
	json_t *got = jwt_verify(keys, token, AUD, NOW, &by, &err);

	is_str(json_string_value(json_object_get(got, "sub")), "somebody");
	json_decref(got);
	free(token);
}

TEST(each_claim_is_checked)
{
	const struct {
		const char *name;
		json_t *value;
		const char *why;  /* NULL: it holds */
	} t[] = {
		{"exp", NULL, "(exp)"},
		{"exp", json_string("2100"), "(exp)"},
		{"exp", json_integer(NOW), NULL},
		{"exp", json_integer(NOW - JWT_LEEWAY_S + 1), NULL},
		{"exp", json_integer(NOW - JWT_LEEWAY_S), "has expired"},
		{"exp", json_real(1e300), NULL},
		{"exp", json_integer(-1), "has expired"},
		{"nbf", json_integer(NOW + JWT_LEEWAY_S), NULL},
		{"nbf", json_integer(NOW + JWT_LEEWAY_S + 1), "not hold yet"},
		{"nbf", json_string("now"), "(exp)"},
		{"iss", NULL, "another issuer"},
		{"iss", json_string("them"), "another issuer"},
		{"iss", json_string("us/"), "another issuer"},
		{"iss", json_integer(1), "another issuer"},
		{"aud", NULL, "for others"},
		{"aud", json_string("anon"), "for others"},
		{"aud", json_pack("[]"), "for others"},
		{"aud", json_pack("[s, i]", "anon", 1), "for others"},
		{"aud", json_pack("[s, s]", "anon", AUD), NULL},
		{"aud", json_pack("{s:s}", AUD, AUD), "for others"},
	};
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		why = refusal(token_with(ec, t[i].name, t[i].value));
		ok(t[i].why ? why && strstr(why, t[i].why) : !why, "row %zu: %s", i, why ? why : "holds");
	}
}

/* "header.payload.signature" of JSON texts. */
static char *
forge(const char *header, const char *payload, const char *signature)
{
	const char *parts[] = {header, payload, signature};
	char *coded[3], *token;
	size_t len, i;

	for (i = 0; i < 3; i++)
		(void)cjose_base64url_encode((const uint8_t *)parts[i], strlen(parts[i]), &coded[i], &len,
					     NULL);
	if (asprintf(&token, "%s.%s.%s", coded[0], coded[1], coded[2]) < 0)
		token = NULL;
	for (i = 0; i < 3; i++)
		cjose_get_dealloc()(coded[i]);
	return token;
}

TEST(a_token_cannot_choose_how_it_is_checked)
{
	static const char body[] = "{\"iss\":\"us\",\"aud\":\"authenticated\",\"exp\":1900000000}";
	static const struct {
		const char *header, *signature, *why;
	} t[] = {
		{"{\"alg\":\"none\"}", "", "not a signed JWT"},
		{"{\"alg\":\"none\",\"kid\":\"ec\"}", "x", "not that of its key, ES256"},
		{"{\"alg\":\"None\",\"kid\":\"ec\"}", "x", "not a signed JWT"},
		{"{\"kid\":\"ec\"}", "x", "not a signed JWT"},
		{"{\"alg\":5,\"kid\":\"ec\"}", "x", "not a signed JWT"},
		{"[]", "x", "not a signed JWT"},
		{"no json", "x", "not a signed JWT"},
		{"{\"alg\":\"ES256\"}", "x", "kid"},
		{"{\"alg\":\"ES256\",\"kid\":\"EC\"}", "x", "kid"},
		{"{\"alg\":\"ES256\",\"kid\":5}", "x", "kid"},
		{"{\"alg\":\"HS256\",\"kid\":\"ec\"}", "x", "not that of its key, ES256"},
		{"{\"alg\":\"HS256\",\"kid\":\"rsa\"}", "x", "not that of its key, RS256"},
		{"{\"alg\":\"RS256\",\"kid\":\"hs\"}", "x", "not that of its key, HS256"},
		{"{\"alg\":\"HS512\",\"kid\":\"hs\"}", "x", "not that of its key, HS256"},
		{"{\"alg\":\"PS256\",\"kid\":\"rsa\"}", "x", "not that of its key, RS256"},
		{"{\"alg\":\"ES256\",\"kid\":\"ec\"}", "x", "signature is wrong"},
		{"{\"alg\":\"HS256\",\"kid\":\"hs\"}", "x", "signature is wrong"},
		{"{\"alg\":\"RS256\",\"kid\":\"rsa\"}", "x", "signature is wrong"},
		{"{\"alg\":\"ES256\",\"kid\":\"ec\",\"crit\":[\"b64\"],\"b64\":false}", "x", "crit"},
	};
	const char *why;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		why = refusal(forge(t[i].header, body, t[i].signature));
		ok(why && strstr(why, t[i].why), "row %zu: %s", i, why ? why : "holds");
	}
}

/* The classic: the public key, which everybody has, taken for a secret. */
TEST(a_public_key_is_no_secret)
{
	struct err err;
	char *public = jwt_key_public(ec, &err), *k, *jwk;
	size_t len;
	const char *why;

	(void)cjose_base64url_encode((const uint8_t *)public, strlen(public), &k, &len, NULL);
	if (asprintf(&jwk, "{\"kty\":\"oct\",\"kid\":\"ec\",\"k\":\"%s\"}", k) < 0)
		return;
	why = refusal(token_with(jwk, NULL, NULL));
	ok(why && strstr(why, "not that of its key, ES256"), "%s", why ? why : "holds");
	why = refusal(token_with(stranger, NULL, NULL));
	ok(why && strstr(why, "signature is wrong"), "%s", why ? why : "holds");
	cjose_get_dealloc()(k);
	free(jwk);
	free(public);
}

TEST(every_truncation_and_every_changed_byte_is_refused)
{
	char *token = token_with(ec, NULL, NULL), *part;
	size_t len = strlen(token), i;

	for (i = 0; i < len; i++)
		ok(refusal(strndup(token, i)) != NULL, "%zu bytes of it", i);
	for (i = 0; i < len - 1; i++) {  /* the last one has bits that mean nothing */
		part = strdup(token);
		part[i] = part[i] == 'A' ? 'B' : 'A';
		ok(refusal(part) != NULL, "byte %zu", i);
	}
	if (asprintf(&part, "%s.%s", token, token) > 0)
		has_str(refusal(part), "not a signed JWT");
	if (asprintf(&part, "%s=", token) > 0)
		has_str(refusal(part), "not a signed JWT");
	free(token);
}

TEST(a_huge_one_is_refused_unread)
{
	char *token = calloc(1, 1000001);

	memset(token, 'A', 1000000);
	has_str(refusal(token), "longer than 8192");
}

TEST(a_kid_that_is_not_known_is_told_apart)
{
	char *other, *token;
	struct err err;
	uint64_t by;

	(void)asprintf(&other, SECRET, "new");
	token = token_with(other, NULL, NULL);
	ok(!jwt_verify(keys, token, AUD, NOW, &by, &err));
	is_int(err.code, ENOKEY);
	free(token);
	free(other);
}

static struct jwt_keys *
set_of(const char *private_jwk)
{
	struct err err;
	char *set = jwt_key_public(private_jwk, &err);
	struct jwt_keys *read = read_set(set, &err);

	free(set);
	return read;
}

TEST(a_key_that_is_gone_is_told_from_another_of_its_kid)
{
	struct jwt_keys *same = set_of(ec), *others = set_of(stranger);
	char *token = token_with(ec, NULL, NULL);
	struct err err;
	uint64_t by = 0;

	json_decref(jwt_verify(keys, token, AUD, NOW, &by, &err));
	ok(jwt_keys_have(keys, by), "the set it was verified with");
	ok(jwt_keys_have(same, by), "the set read again, with fewer keys");
	ok(!jwt_keys_have(others, by), "a new key called the same");
	ok(!jwt_keys_have(keys, 0), "none");
	jwt_keys_free(&same);
	jwt_keys_free(&others);
	free(token);
}

TEST(a_set_of_keys_is_checked_when_it_is_read)
{
	static const struct {
		const char *set, *why;
	} t[] = {
		{"", "not a JWK Set"},
		{"[]", "not a JWK Set"},
		{"{\"keys\":[]}", "no key for"},
		{"{\"keys\":[{\"kty\":\"OKP\"}]}", "no key for"},
		{"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\"}]}", "no key for"},
		{"{\"kty\":\"oct\",\"alg\":\"HS512\",\"k\":\"c2VjcmV0\"}", "no key for"},
		{"{\"kty\":\"oct\",\"use\":\"enc\",\"k\":\"c2VjcmV0\"}", "no key for"},
		{"{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}", "32 bytes"},
		{"{\"kty\":\"oct\"}", "damaged"},
		{"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", "damaged"},
		{"{\"keys\":[" SECRET "," SECRET "]}", "two keys have the kid \"%s\""},
	};
	struct err err;
	char *weak = make_rsa("weak", 1024);
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ok(!read_set(t[i].set, &err), "row %zu", i);
		has_str(err.text, t[i].why);
	}
	ok(!read_set(weak, &err));
	has_str(err.text, "2048");
	free(weak);
}

int
main(void)
{
	set_up();
	RUN(a_token_of_each_algorithm_holds);
	RUN(its_claims_come_back_as_they_were_signed);
	RUN(each_claim_is_checked);
	RUN(a_token_cannot_choose_how_it_is_checked);
	RUN(a_public_key_is_no_secret);
	RUN(every_truncation_and_every_changed_byte_is_refused);
	RUN(a_huge_one_is_refused_unread);
	RUN(a_kid_that_is_not_known_is_told_apart);
	RUN(a_key_that_is_gone_is_told_from_another_of_its_kid);
	RUN(a_set_of_keys_is_checked_when_it_is_read);
	jwt_keys_free(&keys);
	free(ec);
	free(stranger);
	free(rsa);
	return test_done();
}
