/*
 * legacy - what the app left behind, as the rules see it
 *
 * Rows of the old cloud database (source 0) and of any number of the app's SQLite files
 * (source 1, 2 ...), with the columns a rule looks at.  Sessions and their children are held
 * one struct a row; readings only as groups, one for each session id they name, so that
 * memory goes with sessions and never with readings.  No I/O.
 *
 * Ids are text: the old data has UUIDs, local ids ("IHHT_<ms>_<random>" and older forms), ids
 * of nothing ("session_<ms>") side by side.  Absent text is NULL, absent numbers and times
 * are MSG_NONE.  Times are microseconds since 1970, UTC (times.h makes them so).
 */
#ifndef LEGACY_H
#define LEGACY_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "proto/msg.h"

#define LEGACY_CLOUD 0                   /* the source that is repaired */

enum legacy_table {
	LEGACY_SESSIONS,
	LEGACY_READINGS,
	LEGACY_SURVEYS,                  /* session_surveys */
	LEGACY_RESPONSES,                /* intra_session_responses */
	LEGACY_EVENTS,                   /* session_adaptive_events */
	LEGACY_PHASE_STATS,              /* session_phase_stats */
	LEGACY_CYCLE_METRICS,            /* session_cycle_metrics */
	LEGACY_ADAPTATION_METRICS,       /* session_adaptation_metrics */
	LEGACY_TABLES
};
const char *legacy_table_name(enum legacy_table table);  /* as in both databases */

/* What a stretch of readings amounts to.  Of spo2 and heart_rate only what is > 0 counts. */
struct legacy_figures {
	int64_t n;                       /* rows */
	int64_t n_spo2, n_heart_rate;    /* of them with a value */
	double sum_spo2, min_spo2, max_spo2;                     /* NAN: no value */
	double sum_heart_rate, min_heart_rate, max_heart_rate;
};

struct legacy_session {
	int source;
	const char *id;                  /* its key there */
	const char *local_id;            /* local_session_id; of a phone's row its id */
	const char *device_id, *user_id;
	int64_t start_us, end_us, created_us, updated_us;
	int64_t status;                  /* enum session_status; SESSION_NONE: a word unknown to us */
	int64_t total_cycles, hypoxic_s, hyperoxic_s;    /* planned, as the row says */
	int64_t set;                     /* how many of its columns are not null */
	int64_t stated_n;                /* total_readings and so on, as the row says */
	double stated_avg_spo2, stated_min_spo2, stated_max_spo2;            /* NAN: null */
	double stated_avg_heart_rate, stated_min_heart_rate, stated_max_heart_rate;
	int64_t stated_duration_s;
};

/* A row of one of the six tables below sessions. */
struct legacy_child {
	enum legacy_table table;
	int source;
	const char *id;                  /* its key there, as text */
	const char *session_id;          /* as the row says: may name nothing */
	const char *user_id, *device_id; /* where the table has them */
	int64_t type;                    /* events: enum event_type; stats: enum phase; -1 another */
	const char *type_text;           /* events, stats: the row's own word */
	int64_t number;                  /* phase or cycle: coalesce(phase_number, cycle_number) */
	int64_t altitude_phase, recovery_phase, spo2;    /* events */
	int64_t at_us;                   /* events: event_timestamp; responses: timestamp */
	int64_t created_us, updated_us;  /* updated: created where there is no such column */
	int has_pre, has_post;           /* surveys: any of the columns of that half is not null */
	/* Of the columns that the cloud's table has, in its order; what only a phone's table has
	 * counts in neither. */
	uint64_t set;                    /* a bit for each that is not null; not ids, created, updated */
	uint64_t digest;                 /* of their values: equal, the same is told */
};

/* The readings that name one session, read in order of time and passed through
 * readings_fold() (fold.h); what that would fold is counted and not in `kept`. */
struct legacy_readings {
	int source;
	const char *session_id;          /* as the rows say */
	const char *user_id, *device_id; /* when all rows agree, else NULL */
	int64_t first_us, last_us;
	int64_t n;                       /* rows */
	int64_t n_again, n_twice;        /* rows that fold: sent again, fed twice */
	int64_t n_clash, n_dense;        /* rows no rule folds: see fold.h */
	struct legacy_figures kept;
};

struct legacy {
	struct legacy_session *sessions;
	struct legacy_child *children;
	struct legacy_readings *readings;
	size_t n_sessions, n_children, n_readings;
	size_t room_sessions, room_children, room_readings;
	struct texts *texts;             /* holds what the pointers above point to */
};

/* All zero is an empty one.  The struct added is cleared (numbers MSG_NONE, reals NAN, counts
 * 0) and valid until the next of its kind is added. */
struct legacy_session *legacy_add_session(struct legacy *legacy);
struct legacy_child *legacy_add_child(struct legacy *legacy);
struct legacy_readings *legacy_add_readings(struct legacy *legacy);
void legacy_clear(struct legacy *legacy);

/* The text, kept once however often it comes, until legacy_clear(); NULL for NULL and "". */
const char *legacy_text(struct legacy *legacy, const char *text);

void legacy_figures_clear(struct legacy_figures *figures);
void legacy_figures_add(struct legacy_figures *figures, int64_t spo2, int64_t heart_rate);
void legacy_figures_join(struct legacy_figures *figures, const struct legacy_figures *more);

#endif
