#include "proto/access.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/jwt.h"
#include "proto/ids.h"

#define KEYS_MAX_BYTES 65536

const struct conf_key access_settings[ACCESS_SETTINGS] = {
	{"keys", CONF_PATH, "keys/access.jwks", 1, 4000, NULL,
	 "the public keys of our own tokens; `ihht token` makes it"},
	{"issuer", CONF_TEXT, "", 0, 300, NULL,
	 "whose tokens hold besides ours, as https://REF.supabase.co/auth/v1"},
	{"jwks", CONF_PATH, "", 0, 4000, NULL, "a file with the issuer's keys, a JWK Set"},
	{"audience", CONF_TEXT, "authenticated", 1, 100, NULL, "what a token must name as aud"},
	{"origins", CONF_TEXT, "", 0, 2000, NULL,
	 "other sites whose pages may ask here, as https://app.example, with spaces between"},
};

/* ---- the caller */

static const char *const role_names[] = {"person", "coach", "admin"};

const char *
access_role_name(enum access_role role)
{
	return role_names[role];
}

void
caller_release(struct caller *caller)
{
	free(caller->people);
	free(caller->claims);
	*caller = (struct caller){0};
}

int
caller_may(const struct caller *caller, const char *user_id)
{
	size_t i;

	if (caller->role == ACCESS_ADMIN)
		return 1;
	if (!*user_id)
		return 0;
	for (i = 0; i < caller->n_people; i++)
		if (!strcmp(caller->people[i], user_id))
			return 1;
	return !strcmp(caller->user_id, user_id);
}

static int
read_role(const json_t *claims, const json_t *app, enum access_role *role, struct err *err)
{
	const char *db = json_string_value(json_object_get(claims, "role"));
	const char *own = json_string_value(json_object_get(app, "role"));

	*role = own && !strcmp(own, "coach") ? ACCESS_COACH : own && !strcmp(own, "admin")
		? ACCESS_ADMIN : ACCESS_PERSON;
	if (db && !strcmp(db, "service_role"))
		*role = ACCESS_ADMIN;
	else if (!db || strcmp(db, "authenticated"))
		return err_set(err, EACCES, "the token is not of a person who has signed in (role)");
	return 0;
}

static int
read_people(const json_t *people, struct caller *caller, struct err *err)
{
	const json_t *one;
	size_t i;

	if (!people)
		return 0;
	if (!json_is_array(people) || json_array_size(people) > ACCESS_PEOPLE)
		return err_set(err, EBADMSG, "app_metadata.people of the token must be a list of at most "
			       "%d ids", ACCESS_PEOPLE);
	if (!(caller->people = calloc(json_array_size(people) + 1, sizeof(*caller->people))))
		return err_set(err, ENOMEM, "out of memory");
	json_array_foreach(people, i, one) {
		if (!json_is_string(one) || !ids_valid(json_string_value(one)))
			return err_set(err, EBADMSG, "app_metadata.people of the token must be UUIDs in "
				       "lower case");
		memcpy(caller->people[caller->n_people++], json_string_value(one), 37);
	}
	return 0;
}

static int
read_claims(const json_t *claims, struct caller *caller, struct err *err)
{
	const json_t *app = json_object_get(claims, "app_metadata");
	const json_t *sub = json_object_get(claims, "sub");

	if (read_role(claims, app, &caller->role, err) < 0)
		return -1;
	if (json_is_string(sub) && ids_valid(json_string_value(sub)))
		memcpy(caller->user_id, json_string_value(sub), 37);
	else if (sub || caller->role != ACCESS_ADMIN)
		return err_set(err, EBADMSG, "the token must name its person by UUID (sub)");
	if (caller->role == ACCESS_COACH &&
	    read_people(json_object_get(app, "people"), caller, err) < 0)
		return -1;
	caller->expires_s = (int64_t)json_number_value(json_object_get(claims, "exp"));
	if (!(caller->claims = json_dumps(claims, JSON_COMPACT)))
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

int
caller_read(const json_t *claims, struct caller *caller, struct err *err)
{
	*caller = (struct caller){0};
	if (read_claims(claims, caller, err) == 0)
		return 0;
	caller_release(caller);
	return -1;
}

/* ---- keys */

struct key_file {
	const char *path;
	const char *issuer;
	struct jwt_keys *keys;  /* NULL: none, see why */
	struct timespec changed;
	int64_t looked_us;      /* clock_mono_us() */
	struct err why;
};

struct access {
	const struct conf *conf;
	struct key_file own, other;
};

static struct jwt_keys *
read_keys(int fd, const char *issuer, struct err *err)
{
	char *bytes = malloc(KEYS_MAX_BYTES);
	struct jwt_keys *keys = NULL;
	ssize_t n;

	if (!bytes)
		return err_set(err, ENOMEM, "out of memory"), NULL;
	if ((n = read(fd, bytes, KEYS_MAX_BYTES)) < 0)
		(void)err_set(err, errno, "%s", strerror(errno));
	else if (n == KEYS_MAX_BYTES)
		(void)err_set(err, EFBIG, "longer than %d bytes", KEYS_MAX_BYTES);
	else
		keys = jwt_keys_read(bytes, (size_t)n, issuer, err);
	free(bytes);
	return keys;
}

/* Another file than the one that was read?  Its keys then, or why there are none: a damaged
 * file does not put good keys out of use. */
static void
look(struct key_file *file)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	struct jwt_keys *keys;
	struct stat is;
	struct err err;

	if (fd < 0 || fstat(fd, &is) < 0) {
		(void)err_set(&file->why, ENOENT, "%s: %s", file->path, strerror(errno));
	} else if (is.st_mtim.tv_sec != file->changed.tv_sec ||
		   is.st_mtim.tv_nsec != file->changed.tv_nsec) {
		file->changed = is.st_mtim;
		if ((keys = read_keys(fd, file->issuer, &err))) {
			jwt_keys_free(&file->keys);
			file->keys = keys;
		} else {
			(void)err_set(&file->why, EBADMSG, "%s: %s", file->path, err.text);
		}
	}
	if (fd >= 0)
		(void)close(fd);
}

static struct jwt_keys *
keys_of(struct key_file *file)
{
	int64_t now = clock_mono_us();

	if (*file->path && (!file->looked_us || now - file->looked_us > CLOCK_SECOND)) {
		file->looked_us = now;
		look(file);
	}
	return file->keys;
}

/* ---- the gate */

struct access *
access_open(const struct conf *conf, struct err *err)
{
	struct access *access = calloc(1, sizeof(*access));

	if (!access)
		return err_set(err, ENOMEM, "out of memory"), NULL;
	access->conf = conf;
	access->own = (struct key_file){.path = conf_text(conf, "keys"), .issuer = ACCESS_ISSUER};
	access->other = (struct key_file){.path = conf_text(conf, "jwks"),
					  .issuer = conf_text(conf, "issuer")};
	if (!*access->other.path == !*access->other.issuer)
		return access;
	(void)err_set(err, EINVAL, "access/issuer and access/jwks: give both or none");
	access_close(&access);
	return NULL;
}

void
access_close(struct access **access)
{
	if (!*access)
		return;
	jwt_keys_free(&(*access)->own.keys);
	jwt_keys_free(&(*access)->other.keys);
	free(*access);
	*access = NULL;
}

static json_t *
verify_with(struct access *access, const char *token, int64_t now_s, struct err *err)
{
	const char *audience = conf_text(access->conf, "audience");
	struct jwt_keys *own = keys_of(&access->own), *other = keys_of(&access->other);
	json_t *claims = NULL;

	if (!own && !other)
		return err_set(err, ENOKEY, "no token holds here, as there are no keys: make one "
			       "with `ihht token`"), NULL;
	err->code = ENOKEY;
	if (own)
		claims = jwt_verify(own, token, audience, now_s, err);
	if (!claims && err->code == ENOKEY && other)
		claims = jwt_verify(other, token, audience, now_s, err);
	return claims;
}

/* For a kid that is not known the files are looked at once more: the key may be of just now. */
static json_t *
verify(struct access *access, const char *token, int64_t now_s, struct err *err)
{
	json_t *claims = verify_with(access, token, now_s, err);

	if (claims || err->code != ENOKEY)
		return claims;
	access->own.looked_us = access->other.looked_us = 0;
	return verify_with(access, token, now_s, err);
}

int
access_check(struct access *access, const char *token, int64_t utc_us, struct caller *caller,
	     struct err *err)
{
	json_t *claims = verify(access, token, utc_us / CLOCK_SECOND, err);
	int r = claims ? caller_read(claims, caller, err) : -1;

	json_decref(claims);
	return r;
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
