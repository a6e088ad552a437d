/* What a database holds now, as the world's rows. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"
#include "tests/world/world.h"

/* Which true session a text names: by the rows there were, and by local ids. */
struct name {
	const char *text;
	int truth;
};

struct names {
	struct name *items;
	size_t n;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

static void
add_name(struct names *names, const char *text, int truth)
{
	if (text)
		names->items[names->n++] = (struct name){text, truth};
}

static void
names_open(struct names *names, const struct world *w)
{
	const struct rows *now = &w->now;
	size_t i;

	names->items = calloc(w->n + now->n_sessions * 2 + now->n_readings + now->n_children * 2 + 1,
			      sizeof(*names->items));
	ASSERT(names->items);
	for (i = 0; i < w->n; i++)
		add_name(names, w->sessions[i].local_id, (int)i);
	for (i = 0; i < now->n_sessions; i++)
		if (!now->sessions[i].source)
			add_name(names, now->sessions[i].id, now->sessions[i].truth);
	for (i = 0; i < now->n_readings; i++)
		if (!i || now->readings[i].session != now->readings[i - 1].session)
			add_name(names, now->readings[i].session, now->readings[i].truth);
	for (i = 0; i < now->n_children; i++) {
		add_name(names, now->children[i].session, now->children[i].truth);
		if (!now->children[i].source)
			add_name(names, now->children[i].id, now->children[i].truth);
	}
	qsort(names->items, names->n, sizeof(*names->items), by_text);
}

static int
truth_of(const struct names *names, const char *text)
{
	struct name key = {.text = text}, *found;

	found = text ? bsearch(&key, names->items, names->n, sizeof(key), by_text) : NULL;
	return found ? found->truth : -1;
}

struct cursor {
	struct world *w;
	PGresult *result;
	int row;
};

static const char *
text(const struct cursor *c, int column)
{
	if (PQgetisnull(c->result, c->row, column))
		return NULL;
	return say(c->w, "%s", PQgetvalue(c->result, c->row, column));
}

static int64_t
number(const struct cursor *c, int column)
{
	return PQgetisnull(c->result, c->row, column)
		       ? MSG_NONE : strtoll(PQgetvalue(c->result, c->row, column), NULL, 10);
}

static double
real(const struct cursor *c, int column)
{
	return PQgetisnull(c->result, c->row, column)
		       ? NAN : strtod(PQgetvalue(c->result, c->row, column), NULL);
}

#define MS(column) "round(extract(epoch FROM " column ") * 1000)::bigint"

static int
read_sessions(struct cursor *c, const struct names *names, struct rows *rows, struct err *err)
{
	int status, truth;

	for (c->row = 0; c->row < PQntuples(c->result); c->row++) {
		const char *id = text(c, 0), *local_id = text(c, 1);
		struct a_session *s;

		truth = truth_of(names, id);
		truth = truth < 0 ? truth_of(names, local_id) : truth;
		if (truth < 0)
			return err_set(err, EBADMSG, "session %s was never there", id);
		status = words_find(&words_session_status, text(c, 6));
		s = add_session(rows);
		*s = (struct a_session){
			.id = id, .local_id = local_id, .device = text(c, 2), .user = text(c, 3),
			.start_ms = number(c, 4), .end_ms = number(c, 5), .status = status,
			.n = number(c, 7), .avg_spo2 = real(c, 8), .min_spo2 = real(c, 9),
			.max_spo2 = real(c, 10), .avg_hr = real(c, 11), .min_hr = real(c, 12),
			.max_hr = real(c, 13), .duration_s = MSG_NONE, .truth = truth,
		};
	}
	return 0;
}

static int
read_readings(struct cursor *c, const struct names *names, struct rows *rows, struct err *err)
{
	for (c->row = 0; c->row < PQntuples(c->result); c->row++) {
		struct a_reading *r = add_reading(rows);

		r->session = text(c, 0);
		r->ms = number(c, 1);
		r->spo2 = number(c, 2);
		r->hr = number(c, 3);
		r->signal = number(c, 4);
		r->truth = truth_of(names, r->session);
		if (r->truth < 0)
			return err_set(err, EBADMSG, "readings are under %s, which never was", r->session);
	}
	return 0;
}

/* {a,b} as ["a","b"]: the two forms of a list are one. */
static const char *
as_json(struct world *w, const char *value)
{
	char to[300] = "[";

	if (!value || *value != '{' || strchr(value, ':'))
		return value;
	for (value++; *value && *value != '}'; value += strcspn(value, ",}")) {
		value += *value == ',';
		(void)snprintf(to + strlen(to), sizeof(to) - strlen(to), "%s\"%.*s\"",
			       to[1] ? ", " : "", (int)strcspn(value, ",}"), value);
	}
	return say(w, "%s]", to);
}

static int
read_children(struct cursor *c, const struct names *names, enum legacy_table table,
	      struct rows *rows, struct err *err)
{
	int k;

	for (c->row = 0; c->row < PQntuples(c->result); c->row++) {
		struct a_child *child = add_a_child(rows);

		child->table = table;
		child->id = text(c, 0);
		child->session = text(c, 1);
		for (k = 0; columns_of[table].names[k]; k++)
			child->values[k] = as_json(c->w, text(c, 2 + k));
		child->truth = truth_of(names, child->session);
		if (child->truth < 0)
			child->truth = truth_of(names, child->id);
		if (child->truth < 0)
			return err_set(err, EBADMSG, "%s %s never was", legacy_table_name(table),
				       child->id);
	}
	return 0;
}

static int
select_rows(struct cursor *c, PGconn *pg, const char *sql, struct err *err)
{
	c->result = PQexec(pg, sql);
	if (PQresultStatus(c->result) == PGRES_TUPLES_OK)
		return 0;
	(void)err_set(err, EIO, "%s: %s", sql, PQerrorMessage(pg));
	PQclear(c->result);
	c->result = NULL;
	return -1;
}

static int
read_table(struct cursor *c, PGconn *pg, enum legacy_table table, const struct names *names,
	   struct rows *rows, struct err *err)
{
	const struct columns_of *of = &columns_of[table];
	char sql[2000];
	size_t n;
	int k, r;

	n = (size_t)snprintf(sql, sizeof(sql), "SELECT id, session_id");
	for (k = 0; of->names[k]; k++)
		n += (size_t)snprintf(sql + n, sizeof(sql) - n,
				      is_in(of->times, of->names[k])
				      ? ", round(extract(epoch FROM %s) * 1000)::bigint" : ", %s",
				      of->names[k]);
	(void)snprintf(sql + n, sizeof(sql) - n, " FROM public.%s", legacy_table_name(table));
	if (select_rows(c, pg, sql, err) < 0)
		return -1;
	r = read_children(c, names, table, rows, err);
	PQclear(c->result);
	return r;
}

static int
read_all(struct cursor *c, PGconn *pg, struct names *names, struct rows *rows, struct err *err)
{
	int table, r;
	size_t i;

	if (select_rows(c, pg, "SELECT id, local_session_id, device_id, user_id, " MS("start_time") ", "
			MS("end_time") ", status, total_readings, avg_spo2, min_spo2, max_spo2,"
			" avg_heart_rate, min_heart_rate, max_heart_rate FROM public.sessions", err) < 0)
		return -1;
	r = read_sessions(c, names, rows, err);
	PQclear(c->result);
	if (r < 0)
		return -1;
	for (i = 0; i < rows->n_sessions; i++)           /* and those that are new */
		add_name(names, rows->sessions[i].id, rows->sessions[i].truth);
	qsort(names->items, names->n, sizeof(*names->items), by_text);
	if (select_rows(c, pg, "SELECT session_id, " MS("timestamp") ", spo2, heart_rate,"
			" signal_strength FROM public.readings", err) < 0)
		return -1;
	r = read_readings(c, names, rows, err);
	PQclear(c->result);
	for (table = LEGACY_SURVEYS; r == 0 && table < LEGACY_TABLES; table++)
		r = read_table(c, pg, (enum legacy_table)table, names, rows, err);
	return r;
}

int
world_read_cloud(struct world *world, const char *conninfo, struct err *err)
{
	PGconn *pg = pg_connect(conninfo, "damage", err);
	struct cursor cursor = {.w = world};
	struct names names = {0};
	struct rows rows = {0};
	int r;

	if (!pg)
		return -1;
	names_open(&names, world);
	r = read_all(&cursor, pg, &names, &rows, err);
	pg_close(&pg);
	free(names.items);
	free(world->now.sessions);
	free(world->now.readings);
	free(world->now.children);
	world->now = rows;
	return r;
}
