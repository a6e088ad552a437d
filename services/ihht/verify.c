/*
 * verify, migrate, audit - are the rows right?  Asked of dedupe-auditor, who knows how.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "services/ihht/sibling.h"
#include "services/ihht/verb.h"

static int
ask_auditor(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	char path[PATH_MAX], config_flag[] = "--config", json_flag[] = "--json";
	char **args = calloc((size_t)argc + 6, sizeof(*args));
	struct err err;
	int n = 0, i;

	ASSERT(args);
	if (sibling_path("dedupe-auditor", path, &err) < 0) {
		free(args);
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	}
	args[n++] = path;
	args[n++] = (char *)verb->name;
	if (me->config) {
		args[n++] = config_flag;
		args[n++] = (char *)me->config;
	}
	if (me->json)
		args[n++] = json_flag;
	for (i = 0; i < argc; i++)
		args[n++] = argv[i];
	(void)execv(path, args);
	(void)err_set(&err, errno, "%s: %s", path, strerror(errno));
	free(args);
	return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
}

int
verify_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	return ask_auditor(me, verb, argc, argv);
}

int
migrate_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	return ask_auditor(me, verb, argc, argv);
}

int
audit_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	return ask_auditor(me, verb, argc, argv);
}
