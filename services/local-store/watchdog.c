#include "services/local-store/watchdog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SECOND_US   1000000
#define MINUTE_US   (60 * (int64_t)SECOND_US)
#define CLOCK_IS_US (5 * MINUTE_US)      /* a clock that was set is told so long, then taken as right */
#define LEAST       20                   /* bundles; of fewer a percentage says nothing */
#define RING        (WATCHDOG_MINUTES + 1)

static const char *const names[N_RULES] = {"unsynced", "failing", "backlog", "clock", "disk", "database",
					    "archive", "archive_size"};

void
watchdog_init(struct watchdog *r, const struct watchdog_limits *limits, const struct watchdog_facts *facts)
{
	memset(r, 0, sizeof(*r));
	r->limits = *limits;
	r->clock_ahead_us = facts->utc_us - facts->mono_us;
	r->next_us = facts->mono_us;
}

/* ---- the last ten minutes */

static void
remember(struct watchdog *r, const struct watchdog_facts *f)
{
	while (f->mono_us >= r->next_us) {
		r->minutes[r->n_minutes % RING].pending = f->pending;
		r->minutes[r->n_minutes % RING].n_arrived = f->n_arrived;
		r->minutes[r->n_minutes % RING].n_failed = f->n_failed;
		r->n_minutes++;
		r->next_us = f->mono_us + MINUTE_US;
	}
}

static int
has_grown(const struct watchdog *r)
{
	int64_t n;

	if (r->n_minutes < RING)
		return 0;
	for (n = r->n_minutes - WATCHDOG_MINUTES; n < r->n_minutes; n++)
		if (r->minutes[n % RING].pending <= r->minutes[(n - 1) % RING].pending)
			return 0;
	return 1;
}

static double
failed_percent(const struct watchdog *r, const struct watchdog_facts *f)
{
	int64_t first = r->n_minutes > WATCHDOG_MINUTES ? r->n_minutes - RING : 0;
	uint64_t failed = f->n_failed - r->minutes[first % RING].n_failed;
	uint64_t all = failed + f->n_arrived - r->minutes[first % RING].n_arrived;

	return all < LEAST ? 0 : 100.0 * (double)failed / (double)all;
}

/* ---- each rule: its level now, and in words */

__attribute__((format(printf, 3, 4))) static int64_t
says(char text[301], int64_t level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, 301, format, args);
	va_end(args);
	return level;
}

static int64_t
unsynced(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	int64_t age_s = f->oldest_us && f->utc_us > f->oldest_us ? (f->utc_us - f->oldest_us) / SECOND_US : 0;

	if (age_s <= r->limits.unsynced_warn_s)
		return LEVEL_NONE;
	return says(text, age_s > r->limits.unsynced_critical_s ? LEVEL_CRITICAL : LEVEL_WARN,
		    "the oldest row that Postgres lacks is %lld minutes old; ihht doctor says why",
		    (long long)(age_s / 60));
}

static int64_t
failing(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	double percent = failed_percent(r, f);

	if (percent <= (double)r->limits.failing_percent)
		return LEVEL_NONE;
	return says(text, LEVEL_WARN, "%.0f %% of the bundles of the last %d minutes failed; ihht doctor says "
		    "why", percent, WATCHDOG_MINUTES);
}

static int64_t
backlog(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	if (!has_grown(r))
		return LEVEL_NONE;
	return says(text, LEVEL_WARN, "what waits for Postgres has grown for %d minutes, to %lld readings; ihht "
		    "doctor says why", WATCHDOG_MINUTES, (long long)f->pending);
}

/* A step is told for some minutes; after that the new time is taken as the right one. */
static int64_t
clock_rule(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	int64_t off_us = f->utc_us - f->mono_us - r->clock_ahead_us;

	if (off_us <= r->limits.clock_s * SECOND_US && off_us >= -r->limits.clock_s * SECOND_US) {
		r->clock_since_us = 0;
		return LEVEL_NONE;
	}
	if (!r->clock_since_us)
		r->clock_since_us = f->mono_us;
	if (f->mono_us - r->clock_since_us >= CLOCK_IS_US) {
		r->clock_ahead_us += off_us;
		r->clock_since_us = 0;
		return LEVEL_NONE;
	}
	return says(text, LEVEL_WARN, "the clock of this machine was set by %+.1f s; is its time synchronised? "
		    "(timedatectl)", (double)off_us / SECOND_US);
}

static int64_t
disk(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	double percent = f->disk_used * 100;

	if (f->disk_used < 0 || percent <= (double)r->limits.disk_percent)
		return LEVEL_NONE;
	return says(text, percent > 95 ? LEVEL_CRITICAL : LEVEL_WARN,
		    "the disk of the store is used to %.0f %%; make room before it is full", percent);
}

/* Of a room 50, 80, 95 % are used, or all of it: a level, and what that means. */
struct step {
	int64_t percent, level;
	const char *text;
};

/* A further step is told at once, also where the level is the same. */
static const struct step *
step_of(struct watchdog *r, enum rule rule, const struct step *steps, int64_t percent, int64_t now_us)
{
	while (percent < steps->percent)
		steps++;
	if (steps->percent != r->step[rule])
		r->told_us[rule] = now_us - MINUTE_US;
	r->step[rule] = steps->percent;
	return steps;
}

static int64_t
database(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	static const struct step steps[] = {
		{100, LEVEL_CRITICAL, "no new reading is taken, their senders keep them, until Postgres has taken some; "
		 "ihht doctor says why it does not"},
		{95, LEVEL_CRITICAL, "what is left waits for Postgres; ihht doctor says why"},
		{80, LEVEL_WARN, "what Postgres has leaves it early"},
		{50, LEVEL_WARN, "see local-store/keep-days and database-most-mb"},
		{0, LEVEL_NONE, ""},
	};
	const struct step *step = step_of(r, RULE_DATABASE, steps, f->database_percent, f->mono_us);

	return !step->percent ? LEVEL_NONE
			      : says(text, step->level, "the database holds %lld %% of what it may: %s",
				     (long long)f->database_percent, step->text);
}

static int64_t
archive_size(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	static const struct step steps[] = {
		{100, LEVEL_CRITICAL, ""}, {95, LEVEL_CRITICAL, ""}, {80, LEVEL_WARN, ""}, {50, LEVEL_WARN, ""},
		{0, LEVEL_NONE, ""},
	};
	int64_t percent = r->limits.archive_bytes ? f->archive_bytes * 100 / r->limits.archive_bytes : 0;
	const struct step *step = step_of(r, RULE_ARCHIVE_SIZE, steps, percent, f->mono_us);

	return !step->percent ? LEVEL_NONE
			      : says(text, step->level, "the archive's files hold %lld MB, %lld %% of local-store/"
				     "alert-archive-mb; none is removed: move old months elsewhere, or expect more",
				     (long long)(f->archive_bytes / 1000000), (long long)percent);
}

static int64_t
archive(struct watchdog *r, const struct watchdog_facts *f, char text[301])
{
	(void)r;
	if (!f->archive_why || !*f->archive_why)
		return LEVEL_NONE;
	return says(text, LEVEL_WARN, "rows cannot leave the database as they should: %.200s", f->archive_why);
}

/* ---- telling */

static int
is_due(const struct watchdog *r, int i, int64_t level, int64_t now_us)
{
	if (level != r->level[i])
		return 1;
	return level && now_us - r->told_us[i] >= MINUTE_US;
}

size_t
watchdog_look(struct watchdog *r, const struct watchdog_facts *f, struct alert out[N_RULES])
{
	static int64_t (*const looks[N_RULES])(struct watchdog *, const struct watchdog_facts *, char[301]) = {
		unsynced, failing, backlog, clock_rule, disk, database, archive,
		archive_size,
	};
	struct alert *a = out;
	int64_t level;
	int i;

	remember(r, f);
	for (i = 0; i < N_RULES; i++) {
		msg_clear(&msg_alert, a);
		level = looks[i](r, f, a->text);
		if (!is_due(r, i, level, f->mono_us))
			continue;
		(void)snprintf(a->name, sizeof(a->name), "%s", names[i]);
		if (!level)
			(void)snprintf(a->text, sizeof(a->text), "over");
		a->level = level ? level : LEVEL_INFO;
		a->at_us = f->utc_us;
		r->level[i] = level;
		r->told_us[i] = f->mono_us;
		a++;
	}
	return (size_t)(a - out);
}
