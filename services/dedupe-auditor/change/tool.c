#include "services/dedupe-auditor/change/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void
set_environment(PGconn *pg, const char *dbname)
{
	PQconninfoOption *options = PQconninfo(pg), *o;

	for (o = options; o && o->keyword; o++)
		if (o->envvar && o->val && *o->val)
			(void)setenv(o->envvar, o->val, 1);
	PQconninfoFree(options);
	if (dbname)
		(void)setenv("PGDATABASE", dbname, 1);
	(void)setenv("LC_ALL", "C", 1);
}

_Noreturn static void
be_tool(const char *const *argv, PGconn *pg, const char *dbname, int out, int said)
{
	int null = open("/dev/null", O_RDWR);

	/* nobody would hear what it says, and the scratch database could not be dropped */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pg)
		set_environment(pg, dbname);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(out < 0 ? null : out, STDOUT_FILENO);
	(void)dup2(said, STDERR_FILENO);
	(void)execvp(argv[0], (char *const *)argv);
	_exit(127);
}

/* To the end, also when there is no room for it. */
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

static int
run(const char *const *argv, PGconn *pg, const char *dbname, int out, struct err *err)
{
	char said[600] = "";
	int ends[2], status = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_set(err, errno, "pipe: %s", strerror(errno));
	if ((pid = fork()) == 0)
		be_tool(argv, pg, dbname, out, ends[1]);
	(void)close(ends[1]);
	if (pid > 0)
		read_all(ends[0], said, sizeof(said));
	(void)close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return err_set(err, errno, "%s: %s", argv[0], strerror(errno));
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ENOENT, "%s is not installed (Debian: postgresql-client)", argv[0]);
	said[strcspn(said, "\n")] = 0;
	return err_set(err, EINVAL, "%s%s%s", *said ? said : argv[0], *said ? "" : " failed",
		       strstr(said, "version mismatch") ? "; install the client programs of the server's version"
							: "");
}

int
tool_run(const char *const *argv, PGconn *pg, const char *dbname, struct err *err)
{
	return run(argv, pg, dbname, -1, err);
}

static int
keep_lines(const char *from_path, const char *text, const char *to_path, struct err *err)
{
	FILE *from = fopen(from_path, "r"), *to = NULL;
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	if (!from || !(to = fopen(to_path, "w"))) {
		r = err_set(err, errno, "%s: %s", from ? to_path : from_path, strerror(errno));
	} else {
		while (getline(&line, &size, from) > 0)
			if (strstr(line, text))
				(void)fputs(line, to);
		if (fclose(to) != 0)
			r = err_set(err, errno, "%s: %s", to_path, strerror(errno));
	}
	if (from)
		(void)fclose(from);
	free(line);
	return r;
}

int
tool_list(const char *dump, const char *text, const char *list, struct err *err)
{
	const char *argv[] = {"pg_restore", "--list", dump, NULL};
	char *all;
	int fd, r;

	ASSERT(asprintf(&all, "%s.all", list) > 0);
	fd = open(all, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	r = fd < 0 ? err_set(err, errno, "%s: %s", all, strerror(errno)) : run(argv, NULL, NULL, fd, err);
	if (fd >= 0)
		(void)close(fd);
	if (r == 0)
		r = keep_lines(all, text, list, err);
	(void)unlink(all);
	free(all);
	return r;
}
