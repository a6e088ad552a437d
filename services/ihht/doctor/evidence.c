#include "services/ihht/doctor/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "common/db.h"
#include "proto/link.h"

#define BUNDLE_S 30  /* local-store/bundle-seconds, when it is not set */

static int
has_word(const char *text, const char *word)
{
	size_t len = strlen(word), n;

	for (text += strspn(text, " "); *text; text += n, text += strspn(text, " ")) {
		n = strcspn(text, " ");
		if (n == len && !strncmp(text, word, len))
			return 1;
	}
	return 0;
}

void
evidence_expected(const struct process *process, struct facts *facts)
{
	const char *named = conf_find(process->conf, "ihht", "processes"), *name;
	struct seen *seen;
	size_t i;

	for (i = 0; (name = link_process(i)); i++)
		if ((seen = facts_process(facts, name)))
			seen->expected = !named || has_word(named, name);
}

static int
can_be_read(const char *database, struct err *err)
{
	sqlite3 *db = db_open_readonly(database, err);
	sqlite3_stmt *s = db ? db_prepare(db, "SELECT max(id) FROM readings", err) : NULL;
	int r = s ? db_step(s, err) : -1;

	db_finalize(&s);
	db_close(&db);
	return r >= 0;
}

void
evidence_store(const struct process *process, int is_here, struct facts *facts)
{
	const char *seconds = conf_find(process->conf, "local-store", "bundle-seconds");
	struct statvfs disk;
	struct err err;

	facts->bundle_s = seconds ? strtod(seconds, NULL) : BUNDLE_S;
	facts->disk_free = statvfs(process->database, &disk) < 0 || !disk.f_blocks
				   ? -1 : (double)disk.f_bavail / (double)disk.f_blocks;
	if ((is_here || access(process->database, F_OK) == 0) && !can_be_read(process->database, &err))
		(void)snprintf(facts->no_file, sizeof(facts->no_file), "%.199s", err.text);
}
