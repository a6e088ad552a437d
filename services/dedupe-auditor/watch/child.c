#include "services/dedupe-auditor/watch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_MS 100      /* between two looks at the pause: it may be told to stop */

static int
start(char *const argv[], int to, pid_t *pid, struct err *err)
{
	static const char self[] = "/proc/self/exe";
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	sigemptyset(&none);
	ASSERT(posix_spawn_file_actions_init(&actions) == 0 && posix_spawnattr_init(&attr) == 0);
	/* signals are blocked here for signalfd; the child hears them as usual */
	ASSERT(posix_spawnattr_setsigmask(&attr, &none) == 0 &&
	       posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK) == 0 &&
	       posix_spawn_file_actions_adddup2(&actions, to, 1) == 0 &&
	       posix_spawn_file_actions_adddup2(&actions, to, 2) == 0);
	r = posix_spawn(pid, self, &actions, &attr, argv, environ);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attr);
	return r ? err_set(err, r, "%s: %s", self, strerror(r)) : 0;
}

/* Keeps the end of what is said; 0 when there will be no more. */
static int
hear(int from, char *said, size_t size)
{
	char text[400];
	ssize_t n = read(from, text, sizeof(text));
	size_t len = strlen(said), over;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	over = len + (size_t)n < size ? 0 : len + (size_t)n - size + 1;
	if (over > len)
		over = len;
	memmove(said, said + over, len - over + 1);
	len -= over;
	(void)snprintf(said + len, size - len, "%.*s", (int)n, text);
	return 1;
}

static int
wait_for(pid_t pid, int from, struct pause *pause, char *said, size_t size, struct err *err)
{
	struct pollfd on = {.fd = from, .events = POLLIN};
	int status, told = 0, more = 1;

	while (more) {
		if (!told && pause_wait(pause, -1) < 0) {
			(void)kill(pid, SIGTERM);
			told = 1;
		}
		if (poll(&on, 1, LOOK_MS) > 0)
			more = hear(from, said, size);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_set(err, errno, "waitpid: %s", strerror(errno));
	if (told)
		return err_set(err, EINTR, "asked to stop");
	return WIFEXITED(status) ? WEXITSTATUS(status)
				 : err_set(err, EIO, "ended by signal %d", WTERMSIG(status));
}

int
child_run(char *const argv[], struct pause *pause, char *said, size_t size, struct err *err)
{
	int ends[2], r;
	pid_t pid;

	*said = 0;
	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
		return err_set(err, errno, "pipe: %s", strerror(errno));
	r = start(argv, ends[1], &pid, err);
	(void)close(ends[1]);
	if (r == 0)
		r = wait_for(pid, ends[0], pause, said, size, err);
	(void)close(ends[0]);
	return r;
}
