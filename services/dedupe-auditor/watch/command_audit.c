#include "services/dedupe-auditor/watch/command_audit.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/watch/old.h"

#define BROKEN      1
#define WRONG_WORDS 2
#define LAST        20       /* entries shown */

static const char help[] =
	"ihht audit - what the auditor found and did\n"
	"\n"
	"usage: ihht audit [--log FILE] [--json]\n"
	"       ihht audit check [--log FILE] [--head SHA256] [--json]\n"
	"\n"
	"  check          every entry of the audit log vouches for those before it: names the\n"
	"                 first that does not.  Needs nothing but the file\n"
	"  --head SHA256  the last entry's, as it was heard elsewhere (the end of ihht audit,\n"
	"                 or of a copy): also shows whether entries at the end are gone\n"
	"  --log FILE     another one than that of ihht.conf\n"
	"  --json         one JSON object on standard output\n"
	"\n"
	"Without check: the last entries, and what the last look at the app's old database\n"
	"(dedupe-auditor/old-interval) would repair and what it leaves to people.\n"
	"\n"
	"Exit codes: 0 all is well, 1 a broken entry, or something is left to decide, 2 wrong\n"
	"words, 100 fix the settings.\n";

struct audit_command {
	const char *config, *log, *head;
	int json, check, help;
	struct process *process;
	char path[500];
};

static int
read_words(struct audit_command *c, int argc, char **argv)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"log", required_argument, NULL, 'l'},
		{"head", required_argument, NULL, 'h'},   {"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, '?' + 1},     {NULL, 0, NULL, 0}};
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'c')
			c->config = optarg;
		else if (o == 'l')
			c->log = optarg;
		else if (o == 'h')
			c->head = optarg;
		else if (o == 'j')
			c->json = 1;
		else if (o == '?' + 1)
			c->help = 1;
		else
			return -1;
	}
	if (optind < argc && !strcmp(argv[optind], "check")) {
		c->check = 1;
		optind++;
	}
	return optind == argc && (!c->head || c->check) ? 0 : -1;
}

static void
print_object(json_t *object)
{
	(void)json_dumpf(object, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	json_decref(object);
}

static int
check(const struct audit_command *c)
{
	struct chain chain;
	struct err err = {0};
	int r = record_check(c->path, &chain, &err);

	if (r == 0 && c->head && strcmp(c->head, chain.hash) != 0)
		r = err_set(&err, EBADMSG, "%s: its last entry, %lld, is not the one of that digest: entries "
			    "at the end are gone, or were added since", c->path, (long long)chain.n);
	if (c->json)
		print_object(json_pack("{sb sI ss ss}", "whole", r == 0, "entries", (json_int_t)chain.n, "head",
				       chain.hash, "why", r ? err.text : ""));
	else if (r == 0)
		printf("%s: %lld entries, each as it was written\nhead %s\n", c->path, (long long)chain.n,
		       chain.hash);
	else
		(void)fprintf(stderr, "audit check: %s\n", err.text);
	return r < 0 ? BROKEN : 0;
}

/* The last lines of the log, oldest first, without their digests. */
static int
print_last(const struct audit_command *c)
{
	char (*lines)[CHAIN_LINE + 1] = calloc(LAST, sizeof(*lines));
	FILE *from = fopen(c->path, "r");
	size_t n = 0, i;

	ASSERT(lines);
	while (from && fgets(lines[n % LAST], CHAIN_LINE + 1, from))
		n++;
	for (i = n > LAST ? n - LAST : 0; i < n; i++)
		printf("%.*s\n", (int)(strlen(lines[i % LAST]) > 72 ? strlen(lines[i % LAST]) - 73 : 0),
		       lines[i % LAST]);
	if (from)
		(void)fclose(from);
	free(lines);
	return n > 0;
}

/* The last look at the old database; 0 there was none. */
static int
read_look(const struct audit_command *c, struct plan_file *file, char *path, size_t size)
{
	char dir[500];
	struct err err;
	FILE *from;
	int r;

	(void)snprintf(dir, sizeof(dir), "%s", c->path);
	if (strrchr(dir, '/'))
		*strrchr(dir, '/') = 0;
	else
		(void)snprintf(dir, sizeof(dir), ".");
	old_plan_path(dir, path, size);
	if (!(from = fopen(path, "r")))
		return 0;
	r = plan_file_read(file, from, &err);
	(void)fclose(from);
	return r == 0;
}

/* The plan's own lines, with the reasons, which are for people only. */
static void
print_left(const char *path)
{
	FILE *from = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	while (from && getline(&line, &size, from) > 0)
		if (!strncmp(line, "left ", 5))
			printf("  %s", line);
	free(line);
	if (from)
		(void)fclose(from);
}

static int
show(const struct audit_command *c)
{
	struct plan_file file = {0};
	struct findings found = {0};
	struct chain chain;
	char path[600];
	struct err err;
	int looked = read_look(c, &file, path, sizeof(path)), whole = record_check(c->path, &chain, &err) == 0;

	if (looked)
		findings_count(&file, INT64_MAX, &found);
	if (c->json) {
		print_object(json_pack("{sb sI ss sb sI sI sI ss}", "whole", whole, "entries",
				       (json_int_t)chain.n, "head", chain.hash, "looked", looked, "sessions",
				       (json_int_t)found.n_sessions, "certain", (json_int_t)found.n_certain,
				       "left", (json_int_t)found.n_left, "rules", found.rules));
	} else {
		if (!print_last(c))
			printf("nothing is in %s yet\n", c->path);
		if (!whole && err.code != ENOENT)
			printf("the audit log is broken: %s\n", err.text);
		if (looked)
			printf("old database: %lld sessions to repair, %lld of them certain; %lld left to people\n"
			       "  %s%sall of it: %s\n", (long long)found.n_sessions,
			       (long long)found.n_certain, (long long)found.n_left, found.rules,
			       *found.rules ? "; " : "", path);
		if (looked)
			print_left(path);
	}
	plan_file_clear(&file);
	return (!whole && err.code != ENOENT) || found.n_left ? BROKEN : 0;
}

int
command_audit(const struct process_manual *manual, int argc, char **argv)
{
	struct audit_command c = {0};
	struct err err;
	int r;

	if (read_words(&c, argc, argv) < 0)
		return fputs(help, stderr), WRONG_WORDS;
	if (c.help)
		return fputs(help, stdout), 0;
	if (c.log) {
		(void)snprintf(c.path, sizeof(c.path), "%s", c.log);
	} else {
		if (!(c.process = process_open_quietly(manual, c.config, &err)))
			return fprintf(stderr, "audit: %s\n", err.text), PROCESS_FIX_CONFIG;
		record_path(c.process, c.path, sizeof(c.path));
	}
	r = c.check ? check(&c) : show(&c);
	process_close(&c.process);
	return r;
}
