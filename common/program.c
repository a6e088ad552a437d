#include "common/program.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

_Noreturn static void
become(const struct program *program, int said)
{
	int null = open("/dev/null", O_RDWR);

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (program->prepare)
		program->prepare(program->arg);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(program->out < 0 ? null : program->out, STDOUT_FILENO);
	(void)dup2(said, STDERR_FILENO);
	(void)execvp(program->argv[0], (char *const *)program->argv);
	_exit(127);
}

/* To the end, also when there is no room for it: the program must not block on us. */
static void
read_all(int from, char *text, size_t size)
{
	char rest[4096];
	size_t used = 0;
	ssize_t n;

	while ((n = used + 1 < size ? read(from, text + used, size - used - 1)
				    : read(from, rest, sizeof(rest))) > 0 ||
	       (n < 0 && errno == EINTR))
		if (n > 0 && used + 1 < size)
			used += (size_t)n;
	text[used] = 0;
}

int
program_run(const struct program *program, char *said, size_t size, struct err *err)
{
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe: %s", strerror(errno));
	if ((pid = fork()) == 0)
		become(program, ends[1]);
	(void)close(ends[1]);
	if (pid > 0)
		read_all(ends[0], said, size);
	(void)close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return err_set(err, errno, "%s: %s", program->argv[0], strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
