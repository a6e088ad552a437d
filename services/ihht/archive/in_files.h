/*
 * in_files - the files of the archive, and what the database says of them
 */
#ifndef IN_FILES_H
#define IN_FILES_H

#include <jansson.h>

#include "proto/archive.h"
#include "proto/process.h"

struct archived_file {
	char name[ARCHIVE_NAME];       /* within gateway/archive */
	int64_t bytes;                 /* -1: there is no such file, the database knows it all the same */
	const char *state;             /* archived, leaving, back, unknown */
	char sha256[65];               /* as the database has it; "" unknown */
};

struct archived_files {
	struct archived_file *all;     /* by name */
	size_t n, room;
};

/* All there are and all the database knows; it may be absent.  -1: the folder cannot be read. */
int files_find(const struct process *process, struct archived_files *files, struct err *err);
void files_release(struct archived_files *files);

/* A file's manifest as it stands there, not compared with anything; gives it.  NULL: see err. */
json_t *files_manifest(const struct process *process, const struct archived_file *file, struct err *err);

#endif
