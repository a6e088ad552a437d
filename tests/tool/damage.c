/*
 * damage - a made-up world in a real database, and whether a repair brought it back
 *
 *	damage make SEED FOLDER [PERSONS SESSIONS READINGS PHONES]
 *		FOLDER/cloud.sql for psql, FOLDER/phone-N.db as the app makes them, and
 *		FOLDER/options with what `ihht migrate plan` is to be told
 *	damage judge SEED CONNINFO PLAN [PERSONS SESSIONS READINGS PHONES]
 *		0: the truth is in that database again, and PLAN says what was left undecided
 *
 * The same seed and size are the same world: the truth needs no file.  READINGS is that of a
 * session, about; PHONES is 1 or 0.  Without a size it is 3 4 12 1.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/world/world.h"

static int n_complaints;

static void
complain(void *arg, const char *text)
{
	(void)arg;
	if (++n_complaints <= 20)
		(void)fprintf(stderr, "damage: %s\n", text);
}

static int
usage(void)
{
	(void)fputs("usage: damage make SEED FOLDER [PERSONS SESSIONS READINGS PHONES]\n"
		    "       damage judge SEED CONNINFO PLAN [PERSONS SESSIONS READINGS PHONES]\n", stderr);
	return 2;
}

static int
fail(const struct err *err)
{
	(void)fprintf(stderr, "damage: %s\n", err->text);
	return 1;
}

static int
make(struct world *w, const char *folder)
{
	char path[500];
	struct err err;
	FILE *to;
	int i;

	(void)snprintf(path, sizeof(path), "%s/cloud.sql", folder);
	if (!(to = fopen(path, "w")))
		return err_set(&err, errno, "%s: %s", path, strerror(errno)), fail(&err);
	world_write_sql(w, to);
	if (fclose(to) != 0)
		return err_set(&err, errno, "%s: %s", path, strerror(errno)), fail(&err);
	for (i = 1; i < w->n_sources; i++) {
		(void)snprintf(path, sizeof(path), "%s/phone-%d.db", folder, i);
		if (world_write_app(w, i, path, &err) < 0)
			return fail(&err);
	}
	(void)snprintf(path, sizeof(path), "%s/options", folder);
	if (!(to = fopen(path, "w")))
		return err_set(&err, errno, "%s: %s", path, strerror(errno)), fail(&err);
	if (w->empty_twins)
		(void)fputs("--empty-twins\n", to);
	if (fclose(to) != 0)
		return err_set(&err, errno, "%s: %s", path, strerror(errno)), fail(&err);
	printf("sessions=%zu readings=%zu children=%zu\n", w->now.n_sessions, w->now.n_readings,
	       w->now.n_children);
	return 0;
}

/* Every word of a plan file's `left` lines may be an id that is reported. */
static void
read_left(struct world *w, FILE *from, struct plan *plan)
{
	static struct entry left[1];
	char line[1 << 16], *word, *rest;
	const char **members = NULL;
	size_t n = 0;

	while (fgets(line, sizeof(line), from)) {
		if (strncmp(line, "left ", 5) != 0)
			continue;
		for (word = strtok_r(line, " \n", &rest); word; word = strtok_r(NULL, " \n", &rest)) {
			if (!(n & (n - 1)))
				members = reallocarray(members, n ? n * 2 : 1, sizeof(*members));
			ASSERT(members);
			/* "2:id": a row of the second phone */
			word += word[0] && word[1] == ':' ? 2 : word[0] && word[1] && word[2] == ':' ? 3 : 0;
			members[n++] = say(w, "%s", word);
		}
	}
	left[0] = (struct entry){.kind = ENTRY_LEAVE, .members = members, .n_members = n};
	*plan = (struct plan){.entries = left, .n = 1};
}

static int
judge(struct world *w, const char *conninfo, const char *path)
{
	struct plan plan;
	struct err err;
	FILE *from = fopen(path, "r");
	int n;

	if (!from)
		return err_set(&err, errno, "%s: %s", path, strerror(errno)), fail(&err);
	read_left(w, from, &plan);
	(void)fclose(from);
	if (world_read_cloud(w, conninfo, &err) < 0)
		return fail(&err);
	n = world_judge(w, &plan, complain, NULL);
	free(plan.entries[0].members);
	printf("complaints=%d\n", n);
	return n != 0;
}

int
main(int argc, char **argv)
{
	struct world_size size = {.persons = 3, .sessions = 4, .readings = 12, .phones = 1};
	int is_make = argc > 1 && !strcmp(argv[1], "make"), first = is_make ? 4 : 5, r;
	struct world world;

	if (argc < first || (!is_make && strcmp(argv[1], "judge") != 0) ||
	    (argc != first && argc != first + 4))
		return usage();
	if (argc > first)
		size = (struct world_size){atoi(argv[first]), atoi(argv[first + 1]),
					   atoi(argv[first + 2]), atoi(argv[first + 3])};
	world_make(&world, strtoull(argv[2], NULL, 10), &size);
	r = is_make ? make(&world, argv[3]) : judge(&world, argv[3], argv[4]);
	world_clear(&world);
	return r;
}
