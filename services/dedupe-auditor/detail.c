#include "services/dedupe-auditor/detail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

/* The three looks: SQLite before Postgres (still open), Postgres, SQLite after it. */
struct detail {
	struct in_sqlite *before, *after;
	struct in_postgres *cloud;
	const struct list *sessions;  /* all of them */
	struct list suspects;
	char *ids;               /* of the suspects, for SQLite */
};

static char *
json_ids(const struct list *list)
{
	char *text = malloc(list->n * 39 + 3), *to = text;
	size_t i;

	ASSERT(text);
	*to++ = '[';
	for (i = 0; i < list->n; i++) {
		if (i)
			*to++ = ',';
		*to++ = '"';
		uuid_unparse_lower(list->items[i].id, to);
		to += 36;
		*to++ = '"';
	}
	(void)snprintf(to, 2, "]");
	return text;
}

/* Of what has left only the sum is at hand, so that all of the session is sent again, what has left
 * and what has not: it comes back, and is looked at row by row. */
static void
find_archived(const struct audited *a, struct finding *f)
{
	if (a->cloud.count < a->local.count)
		finding_missing(f, a->local.count - a->cloud.count, a->from_us, a->to_us);
	else
		finding_wrong(f, "readings of it have left SQLite, and are not those of Postgres: `ihht archive restore` "
			      "brings them back, to be compared row by row");
}

static void
choose(const struct list *sessions, struct list *suspects)
{
	const struct audited *a;
	struct audited *s;

	for (a = sessions->items; a < sessions->items + sessions->n; a++) {
		if (audited_digests_agree(a) && !a->finding && !a->other_user)
			continue;
		s = list_add(suspects, a->id);
		memcpy(s->user, a->user, 16);
		s->no = a->no;
		(void)audited_finding(s);
		s->archived_then = a->archived.count != 0;
		if (s->archived_then && !digest_equal(&a->cloud, &a->local_then))
			find_archived(a, s->finding);
		if (a->other_user)
			finding_wrong(s->finding, "Postgres: sessions has it under another person");
	}
	list_sort(suspects);
}

/* ---- records: a merge of three */

enum { BEFORE, CLOUD, AFTER, N_LOOKS };
struct look {
	struct record record;
	int has;
};

static int
next_record(struct detail *d, int which, struct look *look, struct err *err)
{
	struct audited *a;
	int r;

	r = which == CLOUD ? postgres_next_record(d->cloud, &look->record, err)
			   : sqlite_next_record(which == BEFORE ? d->before : d->after,
						&look->record, err);
	look->has = r > 0;
	if (r == 2 && (a = list_find(&d->suspects, look->record.session)))
		finding_wrong(a->finding, err->text);
	return r < 0 ? -1 : 0;
}

static int
record_order(const struct record *a, const struct record *b)
{
	int r = memcmp(a->session, b->session, 16);

	return r ? r : strcmp(a->key, b->key);
}

static const struct record *
lowest(const struct look looks[N_LOOKS])
{
	const struct record *low = NULL;
	int i;

	for (i = 0; i < N_LOOKS; i++)
		if (looks[i].has && (!low || record_order(&looks[i].record, low) < 0))
			low = &looks[i].record;
	return low;
}

static int
merge_records(struct detail *d, struct err *err)
{
	struct look looks[N_LOOKS];
	struct record_states s;
	struct record low;
	struct audited *a;
	int64_t hlc[N_LOOKS];
	int i;

	for (i = 0; i < N_LOOKS; i++)
		if (next_record(d, i, &looks[i], err) < 0)
			return -1;
	while (lowest(looks)) {
		low = *lowest(looks);
		s.settled = s.quarantine = 0;
		if (looks[BEFORE].has && !record_order(&looks[BEFORE].record, &low)) {
			s.settled = looks[BEFORE].record.settled;
			s.quarantine = looks[BEFORE].record.quarantine;
		}
		for (i = 0; i < N_LOOKS; i++) {
			hlc[i] = -1;
			if (!looks[i].has || record_order(&looks[i].record, &low))
				continue;
			hlc[i] = looks[i].record.hlc;
			if (next_record(d, i, &looks[i], err) < 0)
				return -1;
		}
		s.before = hlc[BEFORE];
		s.cloud = hlc[CLOUD];
		s.after = hlc[AFTER];
		if ((a = list_find(&d->suspects, low.session)))
			compare_record(a->finding, low.key, &s);
	}
	return 0;
}

/* ---- readings: a merge of two */

/* Some of it stands in files: what is at hand are not its rows. */
static int
is_archived(const struct audited *a)
{
	return a->archived_then || a->archived.count;
}

static int
next_local(struct detail *d, struct row *row, int *has, struct err *err)
{
	struct audited *a;
	int64_t no;
	int r;

	do {
		r = sqlite_next_reading(d->after, &no, row, err);
		a = r > 0 ? list_find_no(&d->suspects, no) : NULL;
	} while (r > 0 && (!a || is_archived(a)));
	*has = r > 0;
	if (r <= 0)
		return r;
	memcpy(row->session, a->id, 16);
	memcpy(row->user, a->user, 16);
	if (r == 2)
		finding_wrong(a->finding, err->text);
	return 0;
}

static int
next_cloud(struct detail *d, struct row *row, int *has, struct err *err)
{
	struct audited *a;
	int r;

	do {
		r = postgres_next_reading(d->cloud, row, err);
		a = r > 0 ? list_find(&d->suspects, row->session) : NULL;
	} while (r > 0 && (!a || is_archived(a)));
	*has = r > 0;
	if (r == 2)
		finding_wrong(a->finding, err->text);
	return r < 0 ? -1 : 0;
}

static int
merge_readings(struct detail *d, struct err *err)
{
	struct row local, cloud;
	int has_local, has_cloud, order, take;
	struct audited *a;

	if (next_local(d, &local, &has_local, err) < 0 || next_cloud(d, &cloud, &has_cloud, err) < 0)
		return -1;
	while (has_local || has_cloud) {
		order = !has_local ? 1 : !has_cloud ? -1 : memcmp(local.session, cloud.session, 16);
		a = list_find(&d->suspects, order <= 0 ? local.session : cloud.session);
		take = compare_step(a->finding, a->synced, order <= 0 ? &local : NULL,
				    order >= 0 ? &cloud : NULL);
		if (take & TAKE_LOCAL && next_local(d, &local, &has_local, err) < 0)
			return -1;
		if (take & TAKE_CLOUD && next_cloud(d, &cloud, &has_cloud, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- all of it */

/* What has left since the digests were made is looked at the next time. */
static void
wait_for_archived(struct detail *d)
{
	struct audited *s;

	for (s = d->suspects.items; s < d->suspects.items + d->suspects.n; s++)
		if (s->archived.count && !s->archived_then)
			s->finding->pending += s->archived.count;
}

static int
look_thrice(struct detail *d, struct err *err)
{
	if (sqlite_begin(d->before, err) < 0 || sqlite_synced(d->before, &d->suspects, err) < 0 ||
	    postgres_begin(d->cloud, err) < 0 || sqlite_begin(d->after, err) < 0)
		return -1;
	if (sqlite_records(d->before, d->ids, err) < 0 ||
	    postgres_records(d->cloud, &d->suspects, 1, err) < 0 ||
	    sqlite_records(d->after, d->ids, err) < 0 || merge_records(d, err) < 0)
		return -1;
	sqlite_end(d->before);  /* lets SQLite's log be folded back meanwhile */
	if (postgres_readings(d->cloud, &d->suspects, d->sessions, 1, err) < 0 ||
	    sqlite_archived(d->after, &d->suspects, err) < 0 ||
	    sqlite_readings(d->after, d->ids, err) < 0 || merge_readings(d, err) < 0)
		return -1;
	wait_for_archived(d);
	sqlite_end(d->after);
	return postgres_end(d->cloud, err);
}

static void
give_findings(struct list *suspects, struct list *sessions)
{
	struct audited *a, *s;

	for (s = suspects->items; s < suspects->items + suspects->n; s++) {
		a = list_find(sessions, s->id);
		free(a->finding);
		a->finding = s->finding;
		s->finding = NULL;
	}
}

int
detail_run(const char *database, struct in_sqlite *lite, struct in_postgres *cloud,
	   struct pause *pause, struct list *sessions, struct err *err)
{
	struct detail d = {.before = lite, .cloud = cloud, .sessions = sessions};
	int r = 0;

	pause->doing = "comparing what differs";
	choose(sessions, &d.suspects);
	if (d.suspects.n) {
		d.ids = json_ids(&d.suspects);
		d.after = sqlite_open(database, pause, err);
		r = d.after ? look_thrice(&d, err) : -1;
		sqlite_close(&d.after);
		free(d.ids);
	}
	if (r == 0)
		give_findings(&d.suspects, sessions);
	list_clear(&d.suspects);
	return r;
}
