#include "services/ihht/sibling.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int
sibling_path(const char *name, char path[PATH_MAX], struct err *err)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 1);
	char *slash;

	if (n < 0)
		return err_set(err, errno, "/proc/self/exe: %s", strerror(errno));
	path[n] = 0;
	slash = strrchr(path, '/') + 1;
	if ((size_t)(slash - path) + strlen(name) >= PATH_MAX)
		return err_set(err, ENAMETOOLONG, "%s: path too long", name);
	memcpy(slash, name, strlen(name) + 1);
	return 0;
}
