/*
 * local_store - all the state there is of the process; its manual stands in main.c
 */
#ifndef LOCAL_STORE_H
#define LOCAL_STORE_H

#include "common/log.h"
#include "proto/link.h"
#include "services/local-store/news.h"
#include "services/local-store/retention/retention.h"
#include "services/local-store/samples.h"
#include "services/local-store/watchdog.h"

#define MAX_EFFECTS 64  /* of a transaction; a batch of commands may exceed it */
#define MAX_SYNCED  64

struct local_store {
	int signals;
	struct process *process;
	struct link *samples, *commands, *receipts, *repairs, *news, *bundles;
	struct store *store;
	struct sessions *sessions;
	struct lifecycle life;
	struct outbox *outbox;
	struct samples intake;
	struct retention *retention;
	struct shares shares;                   /* of the cap */
	int64_t percent, file_bytes;            /* used of the room for rows; of the file itself */
	int64_t archive_bytes;                  /* in the files of the archive */
	struct effects *effects;                /* to be said after the commit */
	size_t n_effects, effects_room;
	struct synced synced[MAX_SYNCED];       /* likewise */
	size_t n_synced;
	bool blocked, more;                     /* no worker takes bundles; there are more to make */
	size_t commit_rows;
	int64_t utc_us;                         /* when this link's frames are taken */
	int64_t begun_us, retry_us, recount_us; /* begun_us 0: nothing waits for a commit */
	struct err trouble;                     /* why the disk refuses; code 0: it does not */
	struct log_often bad_often, unsent_often;
	uint64_t n_commands, n_refused, n_commits, n_failures;
	int64_t n_quarantined;                  /* as was told last */
	bool apart;                             /* rows of batches have come or gone since they were counted */
	uint64_t n_arrived;                     /* bundles in Postgres, at the last beat */
	int64_t arrived_us;                     /* when these became more, or nothing waited */
	struct watchdog watchdog;
	struct standing standing;
	int64_t watch_us;
};

#endif
