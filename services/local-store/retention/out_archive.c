#include "services/local-store/retention/out_archive.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/fault.h"

struct place {
	char folder[4200], file[4300], draft[4310];
};

/* "<folder>/<month>/<file>", and under what name it is written first. */
static void
find_place(const char *folder, const char *name, struct place *place)
{
	int month = (int)strcspn(name, "/");

	(void)snprintf(place->folder, sizeof(place->folder), "%s/%.*s", folder, month, name);
	(void)snprintf(place->file, sizeof(place->file), "%s/%s", folder, name);
	(void)snprintf(place->draft, sizeof(place->draft), "%s.new", place->file);
}

static int
fail(const char *path, struct err *err)
{
	int code = errno;

	return err_set(err, code, "%s: %s", path, strerror(code));
}

/* What a folder holds is as durable as its own fsync. */
static int
sync_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;

	if (fd < 0)
		return fail(path, err);
	r = fsync(fd) < 0 ? fail(path, err) : 0;
	(void)close(fd);
	return r;
}

static int
make_folder(const char *path, struct err *err)
{
	return mkdir(path, 0750) < 0 && errno != EEXIST ? fail(path, err) : 0;
}

static int
write_all(const char *path, const uint8_t *bytes, size_t len, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640), r = 0;
	ssize_t n;

	if (fd < 0)
		return fail(path, err);
	for (; r == 0 && len; bytes += n, len -= (size_t)n)
		if ((n = write(fd, bytes, len)) < 0) {
			r = fail(path, err);
			n = 0;
		}
	if (r == 0 && fsync(fd) < 0)
		r = fail(path, err);
	(void)close(fd);
	return r;
}

int
archive_write(const char *folder, const char *name, const uint8_t *bytes, size_t len, struct err *err)
{
	struct place place;

	find_place(folder, name, &place);
	if (make_folder(folder, err) < 0 || make_folder(place.folder, err) < 0 || sync_folder(folder, err) < 0 ||
	    write_all(place.draft, bytes, len, err) < 0)
		return -1;
	FAULT("local-store.filed");
	if (rename(place.draft, place.file) < 0)
		return fail(place.file, err);
	FAULT("local-store.named");
	return sync_folder(place.folder, err);
}
