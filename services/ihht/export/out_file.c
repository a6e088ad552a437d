#include "services/ihht/export/out_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
there_is_one(const char *path, struct err *err)
{
	return err_set(err, EEXIST, "%s: is there already; --force replaces it", path);
}

int
out_file_open(struct out_file *file, const char *path, int force, struct err *err)
{
	const char *name = strrchr(path, '/');
	int dir = name ? (int)(name - path) + 1 : 0;

	*file = (struct out_file){.fd = -1};
	(void)snprintf(file->path, sizeof(file->path), "%s", path);
	if (!strcmp(path, "-")) {
		file->is_standard = 1;
		file->fd = STDOUT_FILENO;
		return 0;
	}
	if (!force && access(path, F_OK) == 0)
		return there_is_one(path, err);
	(void)snprintf(file->hidden, sizeof(file->hidden), "%.*s.ihht-export-XXXXXX", dir, path);
	if ((file->fd = mkostemp(file->hidden, O_CLOEXEC)) < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

int
out_file_write(void *arg, const void *bytes, size_t n, struct err *err)
{
	const struct out_file *file = arg;
	ssize_t written;

	while (n) {
		written = write(file->fd, bytes, n);
		if (written < 0 && errno != EINTR)
			return err_set(err, errno, "%s: %s", file->path, strerror(errno));
		if (written > 0) {
			bytes = (const char *)bytes + written;
			n -= (size_t)written;
		}
	}
	return 0;
}

int
out_file_done(struct out_file *file, int force, struct err *err)
{
	if (file->is_standard)
		return 0;
	if (fsync(file->fd) < 0)
		return err_set(err, errno, "%s: %s", file->path, strerror(errno));
	(void)close(file->fd);
	file->fd = -1;
	if (renameat2(AT_FDCWD, file->hidden, AT_FDCWD, file->path, force ? 0 : RENAME_NOREPLACE) < 0) {
		if (errno == EEXIST)
			return there_is_one(file->path, err);
		return err_set(err, errno, "%s: %s", file->path, strerror(errno));
	}
	file->hidden[0] = 0;
	return 0;
}

void
out_file_drop(struct out_file *file)
{
	if (file->is_standard)
		return;
	if (file->hidden[0])
		(void)unlink(file->hidden);
	if (file->fd > 0)
		(void)close(file->fd);
	*file = (struct out_file){.fd = -1};
}
