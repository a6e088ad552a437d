#include "proto/keyring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/fetch.h"
#include "common/log.h"

#define KEYS_MAX_BYTES 65536
#define EVERY_US       (600 * CLOCK_SECOND)
#define LEAST_US       (10 * CLOCK_SECOND)

struct keyring {
	const char *path, *issuer;
	struct fetch *fetch;      /* NULL: a file */
	struct jwt_keys *keys;    /* NULL: none, see why */
	struct timespec changed;
	int64_t looked_us;        /* clock_mono_us(), 0: not yet */
	struct err why;
	struct log_often failed;
};

struct keyring *
keyring_open(const char *path, const char *url, const char *issuer, struct err *err)
{
	struct keyring *keyring = calloc(1, sizeof(*keyring));

	if (!keyring)
		return err_set(err, ENOMEM, "out of memory"), NULL;
	*keyring = (struct keyring){.path = path, .issuer = issuer};
	if (*url && !(keyring->fetch = fetch_open(url, KEYS_MAX_BYTES, err)))
		keyring_close(&keyring);
	else if (*url)
		(void)err_set(&keyring->why, EAGAIN, "%s: not here yet; try again in a second", url);
	return keyring;
}

void
keyring_close(struct keyring **keyring)
{
	if (!*keyring)
		return;
	fetch_close(&(*keyring)->fetch);
	jwt_keys_free(&(*keyring)->keys);
	free(*keyring);
	*keyring = NULL;
}

const char *
keyring_why(const struct keyring *keyring)
{
	return keyring->why.text;
}

static int
take(struct keyring *keyring, const char *from, const char *bytes, size_t len)
{
	struct err err;
	struct jwt_keys *keys = jwt_keys_read(bytes, len, keyring->issuer, &err);

	if (!keys)
		return err_set(&keyring->why, EBADMSG, "%s: %s", from, err.text);
	jwt_keys_free(&keyring->keys);
	keyring->keys = keys;
	return 0;
}

/* ---- a file */

static void
read_file(struct keyring *keyring, int fd)
{
	char *bytes = malloc(KEYS_MAX_BYTES);
	ssize_t n = bytes ? read(fd, bytes, KEYS_MAX_BYTES) : -1;

	if (n < 0)
		(void)err_set(&keyring->why, errno, "%s: %s", keyring->path, strerror(errno));
	else if (n == KEYS_MAX_BYTES)
		(void)err_set(&keyring->why, EFBIG, "%s: longer than %d bytes", keyring->path, KEYS_MAX_BYTES);
	else
		(void)take(keyring, keyring->path, bytes, (size_t)n);
	free(bytes);
}

static void
look(struct keyring *keyring)
{
	int fd = open(keyring->path, O_RDONLY | O_CLOEXEC);
	struct stat is;

	if (fd < 0 || fstat(fd, &is) < 0) {
		(void)err_set(&keyring->why, ENOENT, "%s: %s", keyring->path, strerror(errno));
	} else if (is.st_mtim.tv_sec != keyring->changed.tv_sec ||
		   is.st_mtim.tv_nsec != keyring->changed.tv_nsec) {
		keyring->changed = is.st_mtim;
		read_file(keyring, fd);
	}
	if (fd >= 0)
		(void)close(fd);
}

/* ---- an address */

static void
hear(struct keyring *keyring, int64_t mono_us)
{
	char *bytes = NULL;
	size_t len;
	int r = fetch_take(keyring->fetch, &bytes, &len, &keyring->why);

	if (r > 0)
		r = take(keyring, "what the issuer's address has", bytes, len);
	free(bytes);
	if (r == 0 || !log_often(&keyring->failed, mono_us))
		return;
	log_warn("keys_not_fetched", "why=\"%s\" kept=%d n=%llu", keyring->why.text,
		 keyring->keys != NULL, (unsigned long long)keyring->failed.n);
	keyring->failed.n = 0;
}

static void
ask(struct keyring *keyring, int64_t mono_us)
{
	keyring->looked_us = mono_us;
	fetch_ask(keyring->fetch);
}

/* ---- both */

const struct jwt_keys *
keyring_keys(struct keyring *keyring, int64_t mono_us)
{
	int64_t every_us = !keyring->fetch ? CLOCK_SECOND : keyring->keys ? EVERY_US : LEAST_US;
	int due = !keyring->looked_us || mono_us - keyring->looked_us > every_us;

	if (keyring->fetch)
		hear(keyring, mono_us);
	if (due && keyring->fetch)
		ask(keyring, mono_us);
	if (due && !keyring->fetch) {
		keyring->looked_us = mono_us;
		look(keyring);
	}
	return keyring->keys;
}

void
keyring_doubt(struct keyring *keyring, int64_t mono_us)
{
	if (!keyring->fetch)
		keyring->looked_us = 0;
	else if (mono_us - keyring->looked_us > LEAST_US)
		ask(keyring, mono_us);
}
