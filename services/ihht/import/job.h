/*
 * job - one run of `ihht import`: what was asked, and what became of each file
 */
#ifndef JOB_H
#define JOB_H

#include <jansson.h>

#include "services/ihht/import/stamp.h"
#include "services/ihht/import/target.h"
#include "services/ihht/verb.h"

#define MOST_FILES 200

struct file {
	const char *path;
	struct recorded recorded;
	struct target target;
	size_t n_valueless, n_inside;
	int64_t added, seen;
};

struct job {
	struct ihht *me;
	const char *user, *session, *device, *zone;
	enum stamp_order order;
	int is_dry;
	struct file files[MOST_FILES];
	size_t n;
	sqlite3 *db;              /* NULL: nothing is stored yet */
	struct client *client;    /* NULL: is_dry */
	struct import piece;
};

/* What was done with a file, or would be. */
void job_print_file(const struct job *job, const struct file *file);
json_t *job_file_json(const struct job *job, const struct file *file);

#endif
