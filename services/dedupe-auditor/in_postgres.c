#include "services/dedupe-auditor/in_postgres.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"
#include "common/pg.h"
#include "services/dedupe-auditor/in_copy.h"

struct in_postgres {
	PGconn *pg;
	struct pause *pause;
	struct copy copy;
};

struct in_postgres *
postgres_open(const char *conninfo, struct pause *pause, struct err *err)
{
	struct in_postgres *in = calloc(1, sizeof(*in));

	ASSERT(in);
	in->pause = pause;
	in->pg = pg_connect(conninfo, "dedupe-auditor", err);
	if (!in->pg)
		postgres_close(&in);
	return in;
}

void
postgres_close(struct in_postgres **in)
{
	if (!*in)
		return;
	copy_release(&(*in)->copy);
	pg_close(&(*in)->pg);
	free(*in);
	*in = NULL;
}

int
postgres_begin(struct in_postgres *in, struct err *err)
{
	/* the first query takes the snapshot that all others see */
	return pg_exec(in->pg, "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", err) < 0 ||
	       pg_exec(in->pg, "SELECT 1", err) < 0 ? -1 : 0;
}

int
postgres_end(struct in_postgres *in, struct err *err)
{
	return pg_exec(in->pg, "COMMIT", err);
}

/* ---- queries */

/* '{uuid,...}'::uuid[] of the listed sessions, or of their people. */
static char *
array_of(const struct list *list, int people)
{
	char *text = malloc(list->n * 37 + 20), *to = text;
	size_t i;

	ASSERT(text);
	*to++ = '\'';
	*to++ = '{';
	for (i = 0; i < list->n; i++, to += 36) {
		if (i)
			*to++ = ',';
		uuid_unparse_lower(people ? list->items[i].user : list->items[i].id, to);
	}
	(void)snprintf(to, 20, "}'::uuid[]");
	return text;
}

static int
start_with(struct in_postgres *in, int n_columns, const struct list *list, const char *select,
	   const char *tail, struct err *err)
{
	char *ids = array_of(list, 0), *query;
	int r;

	ASSERT(asprintf(&query, "%s = ANY(%s) %s", select, ids, tail) > 0);
	r = copy_start(&in->copy, in->pg, in->pause, n_columns, query, err);
	free(query);
	free(ids);
	return r;
}

int
postgres_sessions(struct in_postgres *in, const struct list *list, const char *gateway,
		  struct err *err)
{
	char *quoted = gateway ? PQescapeLiteral(in->pg, gateway, strlen(gateway)) : NULL;
	char *tail;
	int r;

	ASSERT(asprintf(&tail, "OR gateway = %s", quoted ? quoted : "NULL") > 0);
	r = start_with(in, 2, list, "SELECT id::uuid, user_id::uuid FROM public.sessions WHERE id",
		       tail, err);
	free(tail);
	PQfreemem(quoted);
	return r < 0 ? err_in(err, "reading sessions") : 0;
}

/* The keys are those of in_sqlite.c. */
#define RECORDS                                                                           \
	"SELECT s::uuid, k, h::bigint FROM ("                                             \
	"SELECT id AS s, '" RECORD_SESSION "' AS k, hlc AS h FROM public.sessions"                   \
	" UNION ALL SELECT session_id, 'survey pre', pre_hlc"                             \
	" FROM public.session_surveys WHERE pre_hlc <> 0"                                 \
	" UNION ALL SELECT session_id, 'survey post', post_hlc"                           \
	" FROM public.session_surveys WHERE post_hlc <> 0"                                \
	" UNION ALL SELECT session_id, 'survey intra ' || phase_number, hlc"              \
	" FROM public.intra_session_responses"                                            \
	" UNION ALL SELECT session_id, 'event ' || id, hlc"                               \
	" FROM public.session_adaptive_events"                                            \
	" UNION ALL SELECT session_id, 'phase_stats ' || phase_type || ' ' || phase_number, hlc" \
	" FROM public.session_phase_stats"                                                \
	" UNION ALL SELECT session_id, 'progression', hlc FROM public.progression"        \
	" UNION ALL SELECT session_id, 'gap ' || device_id || ' ' || epoch || ' ' || seq, 0" \
	" FROM public.gaps) r WHERE s"

int
postgres_records(struct in_postgres *in, const struct list *list, int by_key, struct err *err)
{
	const char *tail = by_key ? "ORDER BY s, k COLLATE \"C\"" : "";

	if (start_with(in, 3, list, RECORDS, tail, err) < 0)
		return err_in(err, "reading records");
	return 0;
}

int
postgres_readings(struct in_postgres *in, const struct list *list, const struct list *people,
		  int by_key, struct err *err)
{
	const char *order = by_key ? " ORDER BY session_id, \"timestamp\", epoch, seq" : "";
	char *users = array_of(people, 1), *tail;
	int r;

	ASSERT(asprintf(&tail, "AND user_id = ANY(%s)%s", users, order) > 0);
	/* casts cost nothing where the type is right, and say what is wrong where it is not */
	r = start_with(in, 20, list, "SELECT session_id::uuid, user_id::uuid, "
		       "\"timestamp\"::timestamptz, epoch::bigint, seq::bigint, "
		       "device_time::timestamptz, spo2::real, "
		       "heart_rate::real, perfusion_index::real, motion::real, "
		       "signal_strength::integer, battery::smallint, status::bigint, "
		       "invalid::text, is_valid::boolean, data_source::text, phase_type::text, "
		       "cycle_number::integer, fio2_level::integer, rr::bigint "
		       "FROM public.readings WHERE session_id", tail, err);
	free(tail);
	free(users);
	return r < 0 ? err_in(err, "reading readings") : 0;
}

/* ---- rows */

int
postgres_next_session(struct in_postgres *in, uint8_t id[16], uint8_t user[16], struct err *err)
{
	int r = copy_next(&in->copy, err);

	if (r <= 0)
		return r;
	r = field_uuid(&in->copy.fields[0], "id", id, err);
	r |= field_uuid(&in->copy.fields[1], "user_id", user, err);
	return r == 1 ? 1 : (err_in(err, "Postgres: sessions"), 2);
}

int
postgres_next_record(struct in_postgres *in, struct record *record, struct err *err)
{
	const struct field *key = &in->copy.fields[1];
	int r = copy_next(&in->copy, err);

	if (r <= 0)
		return r;
	(void)snprintf(record->key, sizeof(record->key), "%.*s", key->len < 0 ? 1 : key->len,
		       key->len < 0 ? "?" : (const char *)key->p);
	record->settled = 1;
	record->quarantine = 0;
	r = field_uuid(&in->copy.fields[0], "session", record->session, err);
	r |= field_int(&in->copy.fields[2], "hlc", 0, &record->hlc, err);
	if (r == 1 && key->len >= 0)
		return 1;
	(void)err_set(err, EBADMSG, "Postgres: %s without session, key or hlc", record->key);
	record->hlc = 0;
	return 2;
}

static int
read_row(const struct field *f, struct row *row, struct err *err)
{
	struct reading *r = &row->reading;
	int bad = 0;

	bad |= field_uuid(f++, "session_id", row->session, err);
	bad |= field_uuid(f++, "user_id", row->user, err);
	bad |= field_time(f++, "timestamp", 0, &r->taken_us, err);
	bad |= field_int(f++, "epoch", 0, &r->epoch, err);
	bad |= field_int(f++, "seq", 0, &r->seq, err);
	bad |= field_time(f++, "device_time", 1, &r->device_us, err);
	field_real(f++, &r->spo2);
	field_real(f++, &r->heart_rate);
	field_real(f++, &r->perfusion_index);
	field_real(f++, &r->motion);
	bad |= field_int(f++, "signal_strength", 1, &r->signal_strength, err);
	bad |= field_int(f++, "battery", 1, &r->battery, err);
	bad |= field_int(f++, "status", 1, &r->status, err);
	bad |= field_word(f++, "invalid", &words_invalid, &r->invalid, err);
	bad |= field_int(f, "is_valid", 0, &row->is_valid, err);
	bad |= field_word(f + 1, "data_source", &words_data_source, &r->data_source, err);
	bad |= field_word(f + 2, "phase_type", &words_phase, &r->phase_type, err);
	bad |= field_int(f + 3, "cycle_number", 1, &r->cycle_number, err);
	bad |= field_int(f + 4, "fio2_level", 1, &r->altitude_level, err);
	bad |= field_int(f + 5, "rr", 1, &r->rr, err);
	return bad & 2 || msg_check(&msg_reading, r, err) < 0 ? 2 : 1;
}

int
postgres_next_reading(struct in_postgres *in, struct row *row, struct err *err)
{
	char at[CLOCK_TEXT];
	int r = copy_next(&in->copy, err);

	if (r <= 0)
		return r;
	row->id = 0;
	row->quarantine = 0;
	if (read_row(in->copy.fields, row, err) == 1)
		return 1;
	(void)err_in(err, "Postgres: readings at %s", clock_text(row->reading.taken_us, at));
	return 2;
}
