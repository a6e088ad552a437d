#include "services/ihht/migrations.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
is_migration(const struct dirent *entry)
{
	const char *p = entry->d_name;
	size_t n = strlen(p);

	return n > 8 && n < sizeof(((struct migration *)0)->name) && isdigit((unsigned char)p[0]) &&
	       isdigit((unsigned char)p[1]) && isdigit((unsigned char)p[2]) && p[3] == '_' &&
	       !strcmp(p + n - 4, ".sql");
}

static char *
read_file(const char *path, size_t *len, struct err *err)
{
	FILE *file = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;
	ssize_t n;

	if (!file) {
		err_set(err, errno, "%s: %s", path, strerror(errno));
		return NULL;
	}
	n = getdelim(&text, &size, 0, file);  /* SQL has no NUL */
	if (n < 0 || !feof(file)) {
		err_set(err, EINVAL, "%s: empty, or not text", path);
		free(text);
		text = NULL;
	}
	*len = (size_t)n;
	(void)fclose(file);
	return text;
}

static int
load_one(const char *folder, const char *name, struct migration *m, struct err *err)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned hash_len, i;
	char path[4300];
	size_t len;

	m->version = atoi(name);
	(void)snprintf(m->name, sizeof(m->name), "%s", name);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (!(m->sql = read_file(path, &len, err)))
		return -1;
	ASSERT(EVP_Digest(m->sql, len, hash, &hash_len, EVP_sha256(), NULL) == 1 && hash_len == 32);
	for (i = 0; i < hash_len; i++)
		(void)snprintf(m->digest + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

int
migrations_load(const char *folder, struct migrations *migrations, struct err *err)
{
	struct dirent **entries;
	int i, r = 0, n = scandir(folder, &entries, is_migration, alphasort);

	*migrations = (struct migrations){0};
	if (n < 0)
		return err_set(err, errno, "%s: %s", folder, strerror(errno));
	migrations->items = calloc((size_t)n + 1, sizeof(*migrations->items));
	ASSERT(migrations->items);
	for (i = 0; i < n; i++) {
		if (r == 0)
			r = load_one(folder, entries[i]->d_name, &migrations->items[i], err);
		free(entries[i]);
	}
	free(entries);
	migrations->n = (size_t)n;
	for (i = 1; r == 0 && i < n; i++)
		if (migrations->items[i].version == migrations->items[i - 1].version)
			r = err_set(err, EINVAL, "%s: %s and %s have one number", folder,
				    migrations->items[i - 1].name, migrations->items[i].name);
	if (r == 0 && !n)
		r = err_set(err, ENOENT, "%s: no migrations (001_name.sql) here", folder);
	if (r < 0)
		migrations_release(migrations);
	return r;
}

void
migrations_release(struct migrations *migrations)
{
	size_t i;

	for (i = 0; i < migrations->n; i++)
		free(migrations->items[i].sql);
	free(migrations->items);
	*migrations = (struct migrations){0};
}
