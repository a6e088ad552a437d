#include "services/dedupe-auditor/watch/backups.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

TEST(the_newest_stay_and_nothing_else_is_touched)
{
	static const char *const names[] = {"audit.plan.5.dump", "audit.plan.1.dump", "audit.plan.9.dump",
					    "audit.plan.3.dump", "audit.plan", "mine.plan.2.dump"};
	static const int stays[] = {0, 0, 1, 1, 1, 1};
	char dir[] = "/tmp/test_backups.XXXXXX", path[80];
	struct timespec at[2] = {{0}};
	size_t i;
	FILE *to;

	ok(mkdtemp(dir) != NULL);
	for (i = 0; i < 6; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		to = fopen(path, "w");
		at[0].tv_sec = at[1].tv_sec = 1000 + (time_t)i;
		is_int(futimens(fileno(to), at), 0);
		(void)fclose(to);
	}
	is_int(backups_prune(dir, 2), 2);
	is_int(backups_prune(dir, 2), 0);
	for (i = 0; i < 6; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		ok((access(path, F_OK) == 0) == stays[i], "%s", names[i]);
		(void)unlink(path);
	}
	is_int(rmdir(dir), 0);
	is_int(backups_prune(dir, 2), 0);
}

int
main(void)
{
	RUN(the_newest_stay_and_nothing_else_is_touched);
	return test_done();
}
