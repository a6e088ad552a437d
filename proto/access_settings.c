/* Apart from access.c, as every process reads them and few check tokens. */
#include "proto/access.h"

const struct conf_key access_settings[ACCESS_SETTINGS] = {
	{"keys", CONF_PATH, "keys/access.jwks", 1, 4000, NULL,
	 "the public keys of our own tokens; `ihht token` makes it"},
	{"issuer", CONF_TEXT, "", 0, 300, NULL,
	 "whose tokens hold besides ours, as https://REF.supabase.co/auth/v1"},
	{"jwks", CONF_PATH, "", 0, 4000, NULL, "a file with the issuer's keys, a JWK Set"},
	{"jwks-url", CONF_TEXT, "", 0, 1000, NULL,
	 "or the address where they are: https, or http on this machine"},
	{"audience", CONF_TEXT, "authenticated", 1, 100, NULL, "what a token must name as aud"},
	{"origins", CONF_TEXT, "", 0, 2000, NULL,
	 "other sites whose pages may ask here, as https://app.example, with spaces between"},
	{"proxies", CONF_TEXT, "", 0, 1000, NULL,
	 "addresses of proxies with TLS before our nginx, with spaces between: what they say of a caller's address and of https holds"},
};
