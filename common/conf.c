#include "common/conf.h"

#include <czmq.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct conf {
	zconfig_t *root;
	const struct conf_key *keys;
	size_t n_keys;
	char **values;  /* one per key, NUL-terminated */
	char folder[PATH_MAX];
};

static const struct conf_key *
find_key(const struct conf_key *keys, size_t n_keys, const char *name)
{
	size_t i;

	for (i = 0; i < n_keys; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static int
is_word(const char *words, const char *value)
{
	size_t n = strlen(value);
	const char *p = words, *end;

	for (; *p; p = *end ? end + 1 : end) {
		end = strchrnul(p, '|');
		if ((size_t)(end - p) == n && !memcmp(p, value, n))
			return 1;
	}
	return 0;
}

static int
check_value(const struct conf_key *key, const char *value, struct err *err)
{
	char *end;
	long long v;

	switch (key->kind) {
	case CONF_WORD:
		if (!is_word(key->words, value))
			return err_set(err, EINVAL, "\"%s\" is not one of %s", value, key->words);
		break;
	case CONF_NUMBER:
		errno = 0;
		v = strtoll(value, &end, 10);
		if (errno || *end || end == value || v < key->min || v > key->max)
			return err_set(err, EINVAL, "\"%s\" is not a number from %lld to %lld",
				       value, (long long)key->min, (long long)key->max);
		break;
	case CONF_TEXT:
	case CONF_PATH:
		if (key->min > 0 && !*value)
			return err_set(err, EINVAL, "must not be empty");
		if (key->max && strlen(value) > (size_t)key->max)
			return err_set(err, EINVAL, "longer than %lld bytes",
				       (long long)key->max);
		break;
	}
	return 0;
}

static char *
join(const char *folder, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", folder, name) < 0 ? NULL : path;
}

static int
set_value(struct conf *conf, size_t i, const char *value)
{
	const struct conf_key *key = &conf->keys[i];

	if (key->kind == CONF_PATH && *value && *value != '/')
		conf->values[i] = join(conf->folder, value);
	else
		conf->values[i] = strdup(value);
	return conf->values[i] ? 0 : -1;
}

static int
unknown_key(const struct conf *conf, const char *section, const char *name, struct err *err)
{
	char known[200] = "";
	size_t i, n = 0;

	for (i = 0; i < conf->n_keys && n < sizeof(known); i++)
		n += (size_t)snprintf(known + n, sizeof(known) - n, "%s%s", i ? ", " : "",
				      conf->keys[i].name);
	return err_set(err, EINVAL, "%s/%s: no such setting; there are: %s", section, name, known);
}

/* Of two of the same name zconfig gives the first and forgets the other in silence. */
static int
check_once(zconfig_t *parent, const char *where, struct err *err)
{
	zconfig_t *item, *other;

	for (item = zconfig_child(parent); item; item = zconfig_next(item))
		for (other = zconfig_next(item); other; other = zconfig_next(other))
			if (!strcmp(zconfig_name(item), zconfig_name(other)))
				return err_set(err, EINVAL, "%s%s%s: is there twice", where,
					       *where ? "/" : "", zconfig_name(item));
	return 0;
}

static int
check_names(struct conf *conf, zconfig_t *mine, const char *section, struct err *err)
{
	zconfig_t *item;

	for (item = zconfig_child(mine); item; item = zconfig_next(item)) {
		if (!find_key(conf->keys, conf->n_keys, zconfig_name(item)))
			return unknown_key(conf, section, zconfig_name(item), err);
		if (zconfig_child(item))
			return err_set(err, EINVAL, "%s/%s: nothing may be indented below it",
				       section, zconfig_name(item));
	}
	return check_once(mine, section, err);
}

static int
check_section(struct conf *conf, const char *section, struct err *err)
{
	zconfig_t *mine = zconfig_locate(conf->root, section), *item;
	const char *value;
	size_t i;

	if (check_once(conf->root, "", err) < 0 ||
	    (mine && check_names(conf, mine, section, err) < 0))
		return -1;
	for (i = 0; i < conf->n_keys; i++) {
		item = mine ? zconfig_locate(mine, conf->keys[i].name) : NULL;
		value = item && zconfig_value(item) ? zconfig_value(item) : conf->keys[i].fallback;
		if (check_value(&conf->keys[i], value, err) < 0)
			return err_in(err, "%s/%s", section, conf->keys[i].name);
		if (set_value(conf, i, value) < 0)
			return err_set(err, ENOMEM, "out of memory");
	}
	return 0;
}

/* zconfig says what is wrong on standard output, and zconfig_load() leaks then. */
static zconfig_t *
load_zpl(const char *path, char *why, size_t size)
{
	char said[300] = "", *p;
	FILE *real = stdout, *to = fmemopen(said, sizeof(said) - 1, "w");
	zchunk_t *chunk = zchunk_slurp(path, 0);
	zconfig_t *root;

	stdout = to ? to : stderr;
	root = chunk ? zconfig_chunk_load(chunk) : NULL;
	stdout = real;
	zchunk_destroy(&chunk);
	if (to)
		fclose(to);
	p = strstr(said, "(zconfig): ");
	(void)snprintf(why, size, "line %s", p ? p + strlen("(zconfig): ") : "unknown");
	why[strcspn(why, "\n")] = 0;
	return root;
}

static int
load(struct conf *conf, const char *path, struct err *err)
{
	char full[PATH_MAX], why[100], *slash;
	struct stat is;

	if (!realpath(path, full) || access(full, R_OK) < 0 || stat(full, &is) < 0)
		return err_set(err, errno, "%s: %s; give --config FILE or set IHHT_CONF", path,
			       strerror(errno));
	if (!S_ISREG(is.st_mode))  /* zconfig takes a folder for an empty file */
		return err_set(err, EINVAL, "%s: not a file", path);
	if (!(conf->root = load_zpl(full, why, sizeof(why))))
		return err_set(err, EINVAL, "%s: not a ZPL file: %s; lines are name = \"value\", "
			       "each level indented by four spaces", path, why);
	slash = strrchr(full, '/');
	*slash = 0;
	(void)snprintf(conf->folder, sizeof(conf->folder), "%s", full);
	return 0;
}

struct conf *
conf_open(const char *path, const char *section, const struct conf_key *keys, size_t n_keys,
	  struct err *err)
{
	struct conf *conf = calloc(1, sizeof(*conf));

	if (!conf || !(conf->values = calloc(n_keys + 1, sizeof(*conf->values)))) {
		err_set(err, ENOMEM, "out of memory");
		goto fail;
	}
	conf->keys = keys;
	conf->n_keys = n_keys;
	if (load(conf, path, err) < 0)
		goto fail;
	if (check_section(conf, section, err) < 0) {
		err_in(err, "%s", path);
		goto fail;
	}
	return conf;
fail:
	conf_close(&conf);
	return NULL;
}

void
conf_close(struct conf **conf)
{
	size_t i;

	if (!*conf)
		return;
	for (i = 0; (*conf)->values && i < (*conf)->n_keys; i++)
		free((*conf)->values[i]);
	free((*conf)->values);
	zconfig_destroy(&(*conf)->root);
	free(*conf);
	*conf = NULL;
}

const char *
conf_text(const struct conf *conf, const char *name)
{
	const struct conf_key *key = find_key(conf->keys, conf->n_keys, name);

	ASSERT(key);
	return conf->values[key - conf->keys];
}

int64_t
conf_number(const struct conf *conf, const char *name)
{
	const struct conf_key *key = find_key(conf->keys, conf->n_keys, name);

	ASSERT(key && key->kind == CONF_NUMBER);
	return strtoll(conf->values[key - conf->keys], NULL, 10);
}

const char *
conf_find(const struct conf *conf, const char *section, const char *name)
{
	zconfig_t *at = zconfig_locate(conf->root, section);

	at = at ? zconfig_locate(at, name) : NULL;
	return at ? zconfig_value(at) : NULL;
}

const char *
conf_name_at(const struct conf *conf, const char *section, size_t n)
{
	zconfig_t *at = *section ? zconfig_locate(conf->root, section) : conf->root;

	for (at = at ? zconfig_child(at) : NULL; at && n; n--)
		at = zconfig_next(at);
	return at ? zconfig_name(at) : NULL;
}

const char *
conf_folder(const struct conf *conf)
{
	return conf->folder;
}

void
conf_help(FILE *to, const struct conf_key *keys, size_t n_keys)
{
	const struct conf_key *k;

	for (k = keys; k < keys + n_keys; k++) {
		fprintf(to, "  %-18s %s\n  %-18s default \"%s\"", k->name, k->meaning, "",
			k->fallback);
		if (k->kind == CONF_NUMBER)
			fprintf(to, ", from %lld to %lld", (long long)k->min, (long long)k->max);
		if (k->kind == CONF_WORD)
			fprintf(to, ", one of %s", k->words);
		fputc('\n', to);
	}
}
