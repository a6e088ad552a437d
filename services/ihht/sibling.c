#include "services/ihht/sibling.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
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

_Noreturn static void
be_sibling(const char *path, char *const argv[], int to)
{
	int null = open("/dev/null", O_RDWR);

	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(to, STDERR_FILENO);
	(void)execv(path, argv);
	_exit(127);
}

static void
read_all(int from, char *said, size_t size)
{
	char rest[4096];
	size_t used = 0;
	ssize_t n;

	/* to its end even when said is full: the sibling must not block on us */
	while ((n = used + 1 < size ? read(from, said + used, size - used - 1)
				    : read(from, rest, sizeof(rest))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0 && used + 1 < size)
			used += (size_t)n;
	said[used] = 0;
}

int
sibling_ask(const char *path, char *const argv[], char *said, size_t size, struct err *err)
{
	int ends[2], status;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe: %s", strerror(errno));
	if ((pid = fork()) == 0)
		be_sibling(path, argv, ends[1]);
	close(ends[1]);
	if (pid > 0)
		read_all(ends[0], said, size);
	close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
