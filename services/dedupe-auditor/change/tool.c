#include "services/dedupe-auditor/change/tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/program.h"

struct where {
	PGconn *pg;
	const char *dbname;      /* NULL: that of the connection */
};

static void
set_environment(const void *arg)
{
	const struct where *where = arg;
	PQconninfoOption *options = PQconninfo(where->pg), *o;

	for (o = options; o && o->keyword; o++)
		if (o->envvar && o->val && *o->val)
			(void)setenv(o->envvar, o->val, 1);
	PQconninfoFree(options);
	if (where->dbname)
		(void)setenv("PGDATABASE", where->dbname, 1);
	(void)setenv("LC_ALL", "C", 1);
}

static int
run(const struct program *program, struct err *err)
{
	const char *name = program->argv[0];
	char said[600] = "";
	int code = program_run(program, said, sizeof(said), err);

	if (code <= 0)
		return code;
	if (code == 127)
		return err_set(err, ENOENT, "%s is not installed (Debian: postgresql-client)", name);
	said[strcspn(said, "\n")] = 0;
	return err_set(err, EINVAL, "%s%s%s", *said ? said : name, *said ? "" : " failed",
		       strstr(said, "version mismatch") ? "; install the client programs of the server's version"
							: "");
}

int
tool_run(const char *const *argv, PGconn *pg, const char *dbname, struct err *err)
{
	struct where where = {pg, dbname};
	struct program program = {argv, -1, set_environment, &where};

	return run(&program, err);
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
	struct program program = {.argv = argv};
	char *all;
	int r;

	ASSERT(asprintf(&all, "%s.all", list) > 0);
	program.out = open(all, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	r = program.out < 0 ? err_set(err, errno, "%s: %s", all, strerror(errno)) : run(&program, err);
	if (program.out >= 0)
		(void)close(program.out);
	if (r == 0)
		r = keep_lines(all, text, list, err);
	(void)unlink(all);
	free(all);
	return r;
}
