#include "services/dedupe-auditor/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"
#include "proto/ids.h"
#include "services/dedupe-auditor/detail.h"
#include "services/dedupe-auditor/in_postgres.h"

static void
say_wrong(struct audit *audit, const struct err *err)
{
	if (!audit->n_wrong++)
		(void)snprintf(audit->wrong, sizeof(audit->wrong), "%s", err->text);
}

/* ---- what must be in Postgres: SQLite's sessions and receipts */

static int
digest_local_records(struct in_sqlite *lite, struct audit *audit, struct err *err)
{
	struct record record;
	struct audited *a;
	int r = sqlite_records(lite, NULL, err);

	if (r < 0)
		return -1;
	while ((r = sqlite_next_record(lite, &record, err)) > 0) {
		a = list_find(&audit->sessions, record.session);
		if (r == 2)
			say_wrong(audit, err);
		if (r == 2 || !a)
			continue;
		digest_add_record(&a->local_records, record.key, strlen(record.key), record.hlc);
		if (record.settled)
			digest_add_record(&a->settled_records, record.key, strlen(record.key),
					  record.hlc);
	}
	return r;
}

/* A session that only Postgres has can be asked for, too. */
static int
add_unknown(struct list *list, const char *only)
{
	ids_uuid computed;
	uint8_t id[16];

	ids_session(only, computed);
	if (uuid_parse(ids_valid(only) ? only : computed, id) < 0)
		return -1;
	(void)list_add(list, id);
	list_sort(list);
	return 0;
}

static int
read_horizon(const struct verify_of *of, struct in_sqlite *lite, struct audit *audit,
	     struct err *err)
{
	struct list *list = &audit->sessions;
	int r;

	if (sqlite_begin(lite, err) < 0 ||
	    sqlite_sessions(lite, of->only, list, &audit->n_wrong, err) < 0)
		return -1;
	if (audit->n_wrong)
		(void)snprintf(audit->wrong, sizeof(audit->wrong), "%s", err->text);
	r = sqlite_quarantine(lite, list, err);
	if (r == 0)
		r = digest_local_records(lite, audit, err);
	sqlite_end(lite);
	if (r == 0 && of->only && !list->n)
		r = add_unknown(list, of->only);
	return r;
}

/* ---- what is in Postgres */

static void
move_all(struct list *from, struct list *to)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		memcpy(list_add(to, from->items[i].id)->user, from->items[i].user, 16);
	list_clear(from);
	list_sort(to);
}

static int
read_cloud_sessions(const struct verify_of *of, struct in_postgres *cloud,
		    struct audit *audit, struct err *err)
{
	struct list more = {0};
	uint8_t id[16], user[16];
	struct audited *a;
	int r = postgres_sessions(cloud, &audit->sessions, of->only ? NULL : of->gateway, err);

	if (r < 0)
		return -1;
	while ((r = postgres_next_session(cloud, id, user, err)) > 0) {
		a = list_find(&audit->sessions, id);
		if (r == 2)
			say_wrong(audit, err);
		else if (!a)
			memcpy(list_add(&more, id)->user, user, 16);
		else if (!a->no)
			memcpy(a->user, user, 16);
		else if (memcmp(a->user, user, 16))
			a->other_user = 1;
	}
	move_all(&more, &audit->sessions);
	return r;
}

static int
digest_cloud_records(struct in_postgres *cloud, struct audit *audit, struct err *err)
{
	struct record record;
	struct audited *a;
	int r = postgres_records(cloud, &audit->sessions, 0, err);

	if (r < 0)
		return -1;
	while ((r = postgres_next_record(cloud, &record, err)) > 0) {
		if (!(a = list_find(&audit->sessions, record.session)))
			continue;
		if (r == 2)
			finding_wrong(audited_finding(a), err->text);
		digest_add_record(&a->cloud_records, record.key, strlen(record.key), record.hlc);
	}
	return r;
}

static int
digest_cloud_readings(struct in_postgres *cloud, struct audit *audit, struct err *err)
{
	struct audited *a = NULL;
	struct row row;
	int r = postgres_readings(cloud, &audit->sessions, &audit->sessions, 0, err);

	if (r < 0)
		return -1;
	while ((r = postgres_next_reading(cloud, &row, err)) > 0) {
		if (!a || memcmp(a->id, row.session, 16))
			a = list_find(&audit->sessions, row.session);
		if (!a)
			continue;
		if (r == 2)
			finding_wrong(audited_finding(a), err->text);
		digest_add(&a->cloud, &row);
		audit->n_cloud++;
	}
	return r;
}

static int
read_cloud(const struct verify_of *of, struct in_postgres *cloud, struct pause *pause,
	   struct audit *audit, struct err *err)
{
	pause->doing = "reading Postgres";
	if (postgres_begin(cloud, err) < 0 || read_cloud_sessions(of, cloud, audit, err) < 0 ||
	    digest_cloud_records(cloud, audit, err) < 0 ||
	    digest_cloud_readings(cloud, audit, err) < 0)
		return -1;
	return postgres_end(cloud, err);
}

/* ---- what SQLite has now */

/* A reading whose session we do not list: it began just now, or it has none. */
static int
is_orphan(struct in_sqlite *lite, const struct verify_of *of, int64_t no, struct err *err)
{
	int r = of->only ? 1 : sqlite_has_no(lite, no, err);

	return r < 0 ? -1 : !r;
}

static int
stray(struct in_sqlite *lite, const struct verify_of *of, int64_t no, const struct row *row,
      struct audit *audit, struct err *err)
{
	int r = is_orphan(lite, of, no, err);

	if (r > 0) {
		(void)err_set(err, EBADMSG, "SQLite: readings id %lld: there is no session no %lld",
			      (long long)row->id, (long long)no);
		say_wrong(audit, err);
	}
	return r < 0 ? -1 : 0;
}

static void
digest_local_reading(struct audited *a, struct row *row)
{
	memcpy(row->user, a->user, 16);
	digest_add(&a->local, row);
	audited_span(a, row->reading.taken_us, row->reading.taken_us);
	a->n_settled += row->id <= a->synced;
	if (a->local.count == a->cloud.count)
		a->local_then = a->local;
}

/* They are all in Postgres, or they had not left. */
static int
digest_archived(struct in_sqlite *lite, struct audit *audit, struct err *err)
{
	struct audited *a;

	if (sqlite_archived(lite, &audit->sessions, err) < 0)
		return -1;
	for (a = audit->sessions.items; a < audit->sessions.items + audit->sessions.n; a++) {
		a->local = a->archived;
		a->n_settled = a->archived.count;
		audit->n_local += a->archived.count;
		if (a->local.count == a->cloud.count)
			a->local_then = a->local;
	}
	return 0;
}

static int
digest_local_readings(const struct verify_of *of, struct in_sqlite *lite,
		      struct audit *audit, struct err *err)
{
	int64_t no, last_no = 0;
	struct audited *a = NULL;
	struct row row;
	int r = sqlite_readings(lite, NULL, err);

	if (r < 0)
		return -1;
	while ((r = sqlite_next_reading(lite, &no, &row, err)) > 0) {
		if (no != last_no)
			a = list_find_no(&audit->sessions, last_no = no);
		if (!a && stray(lite, of, no, &row, audit, err) < 0)
			return -1;
		if (!a)
			continue;
		if (r == 2)
			finding_wrong(audited_finding(a), err->text);
		digest_local_reading(a, &row);
		audit->n_local++;
	}
	return r;
}

/* Sessions of Postgres that began after we asked SQLite are left to the next time; and one
 * that was asked for by name may be nowhere. */
static int
drop_new(struct in_sqlite *lite, struct list *list, struct err *err)
{
	struct audited *a;
	size_t i, n = 0;
	int r;

	for (i = 0; i < list->n; i++) {
		a = &list->items[i];
		r = a->no ? 0 : sqlite_has_id(lite, a->id, err);
		if (r < 0)
			return -1;
		if (r || (!a->no && !a->cloud.count && !a->cloud_records.count))
			free(a->finding);
		else
			list->items[n++] = *a;
	}
	list->n = n;
	list_sort(list);
	return 0;
}

static int
read_local(const struct verify_of *of, struct in_sqlite *lite, struct pause *pause,
	   struct audit *audit, struct err *err)
{
	int r;

	pause->doing = "reading SQLite";
	if (sqlite_begin(lite, err) < 0)
		return -1;
	r = drop_new(lite, &audit->sessions, err);
	if (r == 0)
		r = digest_archived(lite, audit, err);
	if (r == 0)
		r = digest_local_readings(of, lite, audit, err);
	sqlite_end(lite);
	return r;
}

/* ---- all of it */

int
verify_run(const struct verify_of *of, struct pause *pause, struct audit *audit,
	   struct err *err)
{
	int64_t start_us = clock_mono_us();
	struct in_postgres *cloud = NULL;
	struct in_sqlite *lite = sqlite_open(of->database, pause, err);
	int r = -1;

	pause->n_rows = 0;
	pause->doing = "reading SQLite";
	if (lite && read_horizon(of, lite, audit, err) == 0 &&
	    (cloud = postgres_open(of->conninfo, pause, err)) &&
	    read_cloud(of, cloud, pause, audit, err) == 0 &&
	    read_local(of, lite, pause, audit, err) == 0)
		r = detail_run(of->database, lite, cloud, pause, &audit->sessions, err);
	sqlite_close(&lite);
	postgres_close(&cloud);
	if (pause->stopped)
		return err_set(err, ECANCELED, "asked to stop");
	if (r == 0)
		audit_sum(audit);
	audit->took_us = clock_mono_us() - start_us;
	return r;
}
