/*
 * access - who is asking, and whose rows they may see
 *
 * A token is one of ours (made by `ihht token`, issuer "ihht") or of the issuer named in
 * section `access` of ihht.conf, such as a Supabase project.  Of its claims count:
 *
 *	sub                   the person
 *	role                  "authenticated"; "service_role" is an admin
 *	app_metadata.role     "coach" or "admin"; else a person, who sees their own
 *	app_metadata.people   of a coach: the ids of those they look after
 *
 * Never user_metadata, which a person can change.  The same rules stand in Postgres as
 * policies (deploy/postgres/010_access.sql).
 */
#ifndef ACCESS_H
#define ACCESS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/conf.h"

#define ACCESS_ISSUER  "ihht"
#define ACCESS_COOKIE  "ihht"   /* its name, where a browser keeps a token */
#define ACCESS_PEOPLE  128      /* of one coach */

enum access_role { ACCESS_PERSON, ACCESS_COACH, ACCESS_ADMIN };
const char *access_role_name(enum access_role role);

struct caller {
	enum access_role role;
	char user_id[37];      /* "" only for a service_role */
	int64_t expires_s;     /* since 1970 */
	uint64_t key;          /* that signed its token, for access_has_key() */
	size_t n_people;
	char (*people)[37];    /* of a coach, in no order */
	char *claims;          /* as they were signed: JSON for request.jwt.claims */
};
void caller_release(struct caller *caller);

/* May they see, and act for, that person?  "": somebody unknown, for admins only. */
int caller_may(const struct caller *caller, const char *user_id);

/* Fills *caller from claims that hold; -1: they are none of a caller. */
int caller_read(const json_t *claims, struct caller *caller, struct err *err);

/* The settings of section `access`, for process.c. */
#define ACCESS_SETTINGS 7
extern const struct conf_key access_settings[ACCESS_SETTINGS];

/* `conf` is that section.  Where keys come from: see keyring.h; without any, every
 * token is refused, and why is said.  NULL: see err. */
struct access;
struct access *access_open(const struct conf *conf, struct err *err);
void access_close(struct access **access);

/* 0 and *caller, to be released; -1 and why, in words for the one who asks. */
int access_check(struct access *access, const char *token, int64_t utc_us, struct caller *caller,
		 struct err *err);

/* Is the key that signed a token one of those that hold now? */
int access_has_key(struct access *access, uint64_t key);

/* Whose tokens hold besides ours, "" nobody's. */
const char *access_issuer(const struct access *access);

/* May a page of that origin, "https://app.example", read answers here? */
int access_origin(const struct access *access, const char *origin);

/* The token out of `Authorization: Bearer ...` and of a Cookie header; either may be NULL.
 * Copies at most JWT_MAX_BYTES; 1, or 0: there is none. */
int access_token(const char *authorization, const char *cookie, char *token, size_t size);

#endif
