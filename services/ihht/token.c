/*
 * token - who may ask http-api and watch realtime-fanout: a signed text that says so
 *
 * The first one makes the key: the private half stays beside the public one, for us alone.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/jwt.h"
#include "proto/access.h"
#include "proto/ids.h"
#include "services/ihht/token.h"
#include "services/ihht/verb.h"

#define DAYS      30
#define MOST_DAYS 3650
#define DAY_S     86400
#define MINUTES_S 300
#define KEY_BYTES 4096

struct wish {
	const char *role, *user_id, *link;
	char **people;
	int n_people;
	long days;
};

/* ---- the key */

/* A new file of ours, whole or not at all. */
static int
write_file(const char *path, const char *text, mode_t mode, struct err *err)
{
	char fresh[PATH_MAX + 8];
	size_t len = strlen(text);
	ssize_t n;
	int fd;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	if ((fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return err_set(err, errno, "%s: %s", fresh, strerror(errno));
	n = write(fd, text, len);
	if (n == (ssize_t)len && fchmod(fd, mode) == 0 && fsync(fd) == 0 && rename(fresh, path) == 0)
		return close(fd), 0;
	(void)err_set(err, errno, "%s: %s", path, strerror(errno));
	(void)close(fd);
	(void)unlink(fresh);
	return -1;
}

static char *
make_key(const char *secret, struct err *err)
{
	char kid[60], id[37], *key;

	ids_random(id);
	(void)snprintf(kid, sizeof(kid), "ihht-%.8s", id);
	if ((key = jwt_key_new(kid, err)) && write_file(secret, key, 0600, err) == 0)
		return key;
	free(key);
	return NULL;
}

static char *
read_key(const char *secret, struct err *err)
{
	char *key = calloc(1, KEY_BYTES);
	int fd = open(secret, O_RDONLY | O_CLOEXEC);

	if (key && fd >= 0 && read(fd, key, KEY_BYTES - 1) > 0)
		return close(fd), key;
	(void)err_set(err, errno, "%s: %s", secret, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	free(key);
	return NULL;
}

/* The private key, made when there is none; its public half is there, too, from then on. */
static char *
get_key(const char *path, struct err *err)
{
	char secret[PATH_MAX], folder[PATH_MAX], *key, *set;
	int r;

	(void)snprintf(folder, sizeof(folder), "%s", path);
	*strrchr(folder, '/') = 0;
	if (mkdir(folder, 0755) == 0)
		(void)chmod(folder, 0755);
	if (snprintf(secret, sizeof(secret), "%s_secret", path) >= (int)sizeof(secret))
		return err_set(err, ENAMETOOLONG, "access/keys: too long a path"), NULL;
	key = access(secret, F_OK) == 0 ? read_key(secret, err) : make_key(secret, err);
	if (!key || access(path, F_OK) == 0)
		return key;
	set = jwt_key_public(key, err);
	r = set ? write_file(path, set, 0644, err) : -1;
	free(set);
	if (r == 0)
		return key;
	free(key);
	return NULL;
}

/* ---- the token */

static json_t *
claims_of(const struct process *process, const struct wish *wish, int64_t now_s, int64_t until_s)
{
	json_t *people = json_array(), *app = json_object(), *claims;
	int i;

	for (i = 0; i < wish->n_people; i++)
		json_array_append_new(people, json_string(wish->people[i]));
	if (strcmp(wish->role, "person"))
		json_object_set_new(app, "role", json_string(wish->role));
	if (wish->n_people)
		json_object_set(app, "people", people);
	claims = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:o}", "iss", ACCESS_ISSUER, "aud",
			   conf_text(process->access, "audience"), "sub", wish->user_id, "role",
			   "authenticated", "iat", (json_int_t)now_s, "exp",
			   (json_int_t)until_s, "app_metadata", app);
	json_decref(people);
	return claims;
}

/* As a page takes it: what follows # stays in the browser, no server and no log sees it. */
static void
print(const struct ihht *me, const struct wish *wish, const char *token, int64_t expires_s)
{
	char link[JWT_MAX_BYTES + 400] = "", until[CLOCK_TEXT];
	json_t *all;

	if (wish->link)
		(void)snprintf(link, sizeof(link), "%s#token=%s", wish->link, token);
	if (!me->json) {
		printf("%s\n", wish->link ? link : token);
		return;
	}
	all = json_pack("{s:s, s:s, s:s, s:s}", "token", token, "role", wish->role, "user_id",
			wish->user_id, "expires", clock_text(expires_s * CLOCK_SECOND, until));
	if (wish->link)
		json_object_set_new(all, "link", json_string(link));
	json_dumpf(all, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(all);
}

static int
make_token(const struct ihht *me, const struct verb *verb, const struct wish *wish)
{
	int64_t now_s = clock_utc_us() / CLOCK_SECOND;
	json_t *claims = claims_of(me->process, wish, now_s, now_s + wish->days * DAY_S);
	struct caller caller;
	struct err err;
	char *key = NULL, *token = NULL;

	/* what the others will make of it */
	if (caller_read(claims, &caller, &err) == 0) {
		caller_release(&caller);
		if ((key = get_key(conf_text(me->process->access, "keys"), &err)))
			token = jwt_sign(key, claims, &err);
	}
	json_decref(claims);
	free(key);
	if (!token)
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	print(me, wish, token, now_s + wish->days * DAY_S);
	free(token);
	return IHHT_OK;
}

char *
token_for_minutes(const struct process *process, struct err *err)
{
	const char *keys = conf_text(process->access, "keys");
	struct wish wish = {.role = "admin"};
	int64_t now_s = clock_utc_us() / CLOCK_SECOND;
	char secret[PATH_MAX], id[37], *key, *token;
	json_t *claims;

	if (snprintf(secret, sizeof(secret), "%s_secret", keys) >= (int)sizeof(secret))
		return err_set(err, ENAMETOOLONG, "access/keys: too long a path"), NULL;
	if (access(secret, F_OK) < 0)
		return err_set(err, ENOENT, "there is no key to sign with; ihht token makes one"), NULL;
	if (!(key = read_key(secret, err)))
		return NULL;
	ids_random(id);
	wish.user_id = id;
	claims = claims_of(process, &wish, now_s, now_s + MINUTES_S);
	token = jwt_sign(key, claims, err);
	json_decref(claims);
	free(key);
	return token;
}

/* ---- words */

static int
take_options(const struct verb *verb, int *argc, char **argv, struct wish *wish)
{
	char *end;
	int i, n = 0;

	for (i = 0; i < *argc; i++) {
		if (strcmp(argv[i], "--days") && strcmp(argv[i], "--link")) {
			argv[n++] = argv[i];
			continue;
		}
		if (i + 1 == *argc)
			return verb_usage(verb, "%s needs a value", argv[i]);
		if (!strcmp(argv[i++], "--link")) {
			wish->link = argv[i];
			continue;
		}
		wish->days = strtol(argv[i], &end, 10);
		if (!isdigit((unsigned char)*argv[i]) || *end || wish->days < 1 || wish->days > MOST_DAYS)
			return verb_usage(verb, "--days must be from 1 to %d", MOST_DAYS);
	}
	*argc = n;
	return 0;
}

int
token_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct wish wish = {.days = DAYS};
	char id[37];
	int i, code = take_options(verb, &argc, argv, &wish);

	if (code)
		return code;
	if (argc < 1 || (strcmp(argv[0], "person") && strcmp(argv[0], "coach") &&
			 strcmp(argv[0], "admin")))
		return verb_usage(verb, "says person, coach or admin first");
	wish.role = argv[0];
	for (i = 1; i < argc; i++)
		if (!ids_valid(argv[i]))
			return verb_usage(verb, "%s: a person is named by UUID, in lower case", argv[i]);
	if (argc < 2 && strcmp(wish.role, "admin"))
		return verb_usage(verb, "needs the UUID of whom it is for");
	if (argc > 2 && strcmp(wish.role, "coach"))
		return verb_usage(verb, "only a coach has people");
	ids_random(id);
	wish.user_id = argc < 2 ? id : argv[1];
	wish.people = argv + 2;
	wish.n_people = argc < 2 ? 0 : argc - 2;
	return make_token(me, verb, &wish);
}
