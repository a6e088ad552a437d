/*
 * world - a small made-up world: what really happened, and what the app made of it
 *
 * From a seed: persons with sessions, readings and what is recorded with them (the truth), and
 * the rows of a cloud database and of phones after the app's known faults have been at them
 * (reference: the faults D1 to D6, and the edge cases of the merge rules).  The same seed
 * gives the same world, so whoever has the seed can judge a repaired database.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdio.h>

#include "common/err.h"
#include "services/dedupe-auditor/rules/rules.h"

#define WORLD_COLUMNS 17

/* How a session's rows were damaged. */
enum shape {
	SHAPE_GOOD,
	SHAPE_TWINS,             /* D1, D2: two or three rows of one local id, readings anywhere */
	SHAPE_BOTH_COMPLETED,
	SHAPE_REINSTALLED,       /* one local id, one person, two devices */
	SHAPE_NAMELESS_TWIN,     /* D5: a row with local id and one without */
	SHAPE_BOTH_NAMELESS,
	SHAPE_EMPTY_TWIN,        /* D4 */
	SHAPE_CRASHED,           /* active only */
	SHAPE_END_BEFORE_START,
	SHAPE_ONLY_ON_PHONE,
	SHAPE_TRAINING,          /* local id IHHT_TRAINING: names nothing */
	SHAPE_NEAR,              /* two real sessions seconds apart */
	/* what nobody can tell */
	SHAPE_TWO_PERSONS,       /* one local id, rows of two persons */
	SHAPE_TWO_DEVICES,       /* one local id, two devices, nobody's */
	SHAPE_MADE_LATE,         /* nameless twins, created minutes apart */
	SHAPES
};

struct a_session {
	int source;              /* as in legacy.h */
	const char *id, *local_id, *device, *user;
	int64_t start_ms, end_ms, created_ms, updated_ms;   /* MSG_NONE: null */
	int64_t status, cycles, hypoxic_s, hyperoxic_s;
	int64_t n, duration_s;   /* as stated */
	double avg_spo2, min_spo2, max_spo2, avg_hr, min_hr, max_hr;
	int truth;               /* which of the true sessions */
	int gone;                /* archived */
};

struct a_reading {
	int source;
	const char *session, *user;
	int64_t ms, spo2, hr, signal;
	const char *phase;
	int truth, gone;
	int reached_cloud;       /* of a true one: it was in the cloud, before the repair */
};

/* Values as text, NULL is null; times as milliseconds. */
struct a_child {
	enum legacy_table table;
	int source;
	const char *id, *session, *user;
	int64_t created_ms, updated_ms;
	const char *values[WORLD_COLUMNS];
	int truth, gone;
};

struct rows {
	struct a_session *sessions;
	struct a_reading *readings;
	struct a_child *children;
	size_t n_sessions, n_readings, n_children;
	size_t room_sessions, room_readings, room_children;
};

struct true_session {
	enum shape shape;
	int undecided;           /* its rows cannot all be judged; they must be reported */
	int survey_lost;         /* its post survey cannot be placed: reported */
	int folded_twice;        /* some readings were fed twice */
	int person;
	const char *user, *device, *local_id;
	int64_t start_ms, end_ms, status;
	size_t readings, n_readings, children, n_children;  /* in world.truth, from here on */
	const char *final;       /* judge: the row in the cloud it became */
};

struct world {
	uint64_t seed, random;
	int n_persons, readings_each;
	struct true_session *sessions;
	size_t n, room;
	struct rows truth, now;
	struct texts *texts;
	int n_sources;
	int empty_twins;         /* merging D4 is asked for */
	int text_ids;            /* the cloud's session_id columns are text: any id can stand there */
	int foreign_keys;        /* the cloud has them: no id that is nowhere */
	const char **aliases, **aliases_into;
	size_t n_aliases;
	int n_wrong_merges;      /* of rows that are two sessions in truth */
};

struct world_size {
	int persons, sessions;   /* sessions: of each person */
	int readings;            /* of each session, about */
	int phones;              /* 1: persons have phones */
};

void world_make(struct world *world, uint64_t seed, const struct world_size *size);
void world_clear(struct world *world);

/* truth.c: what happened.  damage.c: what was recorded of it. */
void truth_make(struct world *world, const struct world_size *size);
void damage_make(struct world *world, const struct world_size *size);

/* model.c: the rows as the rules see them. */
void world_model(const struct world *world, struct legacy *legacy);

/* repair.c: a plan carried out in memory; how many entries changed nothing. */
int world_repair(struct world *world, const struct plan *plan);

/*
 * judge.c: is the truth there again?  Each complaint goes to `complain`; returns how many.
 * `plan` is the one that was carried out: what it left is what was reported.
 */
int world_judge(struct world *world, const struct plan *plan,
		void (*complain)(void *arg, const char *text), void *arg);

/* out_sql.c: the cloud's rows as SQL for psql, in one of the shapes the app's database had.
 * out_app.c: a phone's as an SQLite file of the app. */
void world_write_sql(struct world *world, FILE *to);
int world_write_app(struct world *world, int source, const char *path, struct err *err);

/* in_cloud.c: world->now becomes what that database holds. */
int world_read_cloud(struct world *world, const char *conninfo, struct err *err);

/* ---- used by all of them */
uint64_t dice(struct world *world, uint64_t sides);     /* 0 ... sides - 1 */
int chance(struct world *world, int percent);
const char *a_uuid(struct world *world);
__attribute__((format(printf, 2, 3)))
const char *say(struct world *world, const char *format, ...);

struct a_session *add_session(struct rows *rows);
struct a_reading *add_reading(struct rows *rows);
struct a_child *add_a_child(struct rows *rows);

struct columns_of {
	const char *names[WORLD_COLUMNS];        /* up to NULL */
	const char *times;                       /* names of those that are times, "a b" */
	const char *integers;
	const char *reals;
};
extern const struct columns_of columns_of[LEGACY_TABLES];
int column_of(enum legacy_table table, const char *name);
const char *value_of(const struct a_child *child, const char *name);
void set_value(struct a_child *child, const char *name, const char *value);
int is_in(const char *words, const char *word);

int same(const char *a, const char *b);                 /* NULL is equal to NULL */

#endif
