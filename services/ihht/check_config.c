/*
 * check-config - every process checks its own settings; all complaints at once
 *
 * Each knows its section best, so each binary is run with --check.  A process that is not
 * installed on this host is told, but is no fault.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/program.h"
#include "proto/link.h"
#include "services/ihht/beats.h"
#include "services/ihht/grid.h"
#include "services/ihht/sibling.h"
#include "services/ihht/verb.h"

#define MAX_SAID 2000

/* The text between why=" and the last quote of a log line, or the first line as it is. */
static char *
complaint(char *said)
{
	char *why = strstr(said, "why=\""), *end;

	said[strcspn(said, "\n")] = 0;
	if (!why)
		return said;
	why += strlen("why=\"");
	if ((end = strrchr(why, '"')))
		*end = 0;
	return why;
}

/* 1 when the process is content or not here, 0 and what it said. */
static int
check_one(const struct ihht *me, const char *name, char *said, int *is_here)
{
	char path[PATH_MAX];
	const char *argv[] = {path, "--check", me->config ? "--config" : NULL, me->config, NULL};
	struct program program = {.argv = argv, .out = -1};
	struct err err;
	int code;

	*is_here = 0;
	if (sibling_path(name, path, &err) < 0 || access(path, X_OK) < 0)
		return 1;
	*is_here = 1;
	code = program_run(&program, said, MAX_SAID, &err);
	if (code < 0)
		(void)snprintf(said, MAX_SAID, "%s", err.text);
	else if (code && !*said)
		(void)snprintf(said, MAX_SAID, "--check ended with %d and said nothing", code);
	return code == 0;
}

/* Our own section: what process_open_quietly() cannot know. */
static int
check_own(const struct ihht *me, char *said)
{
	struct expected expected;
	struct err err;

	if (beats_expect(me->process, &expected, &err) == 0)
		return 1;
	(void)snprintf(said, MAX_SAID, "%s", err.text);
	return 0;
}

int
check_config_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	struct grid *grid;
	json_t *all;
	const char *name, *text;
	char said[MAX_SAID];
	int is_here, is_well, n_bad = 0;
	size_t i;

	(void)argv;
	if (argc)
		return verb_usage(verb, "takes no arguments");
	grid = grid_new("PROCESS|SETTINGS");
	all = json_object();
	for (i = 0; (name = link_process(i)); i++) {
		is_here = !strcmp(name, "ihht");
		*said = 0;
		is_well = is_here ? check_own(me, said) : check_one(me, name, said, &is_here);
		text = !is_well ? complaint(said) : is_here ? "ok" : "not installed here";
		n_bad += !is_well;
		grid_add(grid, COLOUR_PLAIN, "%s", name);
		grid_add(grid, !is_well ? COLOUR_RED : is_here ? COLOUR_GREEN : COLOUR_DIM, "%s", text);
		json_object_set_new(all, name, json_string(text));
	}
	if (me->json)
		json_dumpf(all, stdout, JSON_INDENT(2)), putchar('\n');
	else
		grid_print(grid, stdout);
	grid_free(&grid);
	json_decref(all);
	return n_bad ? PROCESS_FIX_CONFIG : IHHT_OK;
}
