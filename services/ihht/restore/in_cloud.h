/*
 * in_cloud - one person's sessions as Postgres has them
 *
 * Read as the person: row-level security shows no one else's rows, whatever is asked.  What
 * comes is checked like any other input.  NULL or -1: see err; EBADMSG: a row holds what cannot
 * be stored here, and the others can still be asked for.
 */
#ifndef IN_CLOUD_H
#define IN_CLOUD_H

#include "proto/ids.h"
#include "proto/process.h"

struct cloud;
struct cloud *cloud_open(const struct process *process, const char *user_id, struct err *err);
void cloud_close(struct cloud **cloud);

/* Ids of sessions that are over, newest first, at most `most` (0: all); gives an array to
 * free().  *n_running are not over. */
ids_uuid *cloud_sessions(struct cloud *cloud, int64_t most, size_t *n, int64_t *n_running,
			 struct err *err);

/* The person's revision: all changes up to it are there to be read, and no later one gets one
 * that is not higher (see 005_sync.sql). */
int cloud_revision(struct cloud *cloud, int64_t *revision, struct err *err);

/* Sessions that are over and were changed after *revision, by whatever gateway (a change of ours
 * may have lost there), each once; an array to free().  *revision is then the last change that
 * was looked at. */
ids_uuid *cloud_changes(struct cloud *cloud, int64_t *revision, size_t *n, struct err *err);

/* The session's rows as of one moment, from here until cloud_end(). */
int cloud_begin(struct cloud *cloud, const char *session_id, struct err *err);
void cloud_end(struct cloud *cloud);

/* Its row, then its records: 1 and *message and *record (room for RECORDS_MAX bytes), 0 after
 * the last. */
int cloud_record(struct cloud *cloud, const struct message **message, void *record,
		 struct err *err);

/* The next readings, at most `most`, oldest first; *n 0 after the last. */
int cloud_readings(struct cloud *cloud, struct reading *rows, size_t most, size_t *n,
		   struct err *err);

#endif
