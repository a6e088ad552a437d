#include "services/http-api/export/export.h"

#include <stdlib.h>

#include "services/http-api/export/export_words.h"

static const struct format *const formats[] = {
	&format_csv, &format_parquet, &format_json, &format_edf, &format_fhir, &format_omh,
};
static const char *const format_names[] = {"csv", "parquet", "json", "edf", "fhir", "omh"};
static const char *const table_names[] = {"sessions", "surveys", "events", "phase_stats", "progression",
					  "gaps", "readings"};
const struct words export_formats = {"format", "how it is written", format_names, 6};
const struct words export_tables = {"table", "which rows", table_names, N_TABLES};
#define N_FORMATS ((int)(sizeof(formats) / sizeof(formats[0])))

const struct format *
export_format(const char *name)
{
	int i;

	for (i = 0; i < N_FORMATS; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

struct export *
export_new(const struct format *format, const struct table *table,
	   const struct export_about *about, struct sink *sink)
{
	struct export *x = calloc(1, sizeof(*x));

	ASSERT(x && (format->shape == SHAPE_TABLES) == (table != NULL));
	x->format = format;
	x->table = table;
	x->about = *about;
	x->sink = sink;
	x->state = calloc(1, format->state_size + 1);
	ASSERT(x->state);
	format->begin(x);
	return x;
}

void
export_free(struct export **export)
{
	struct export *x = *export;

	if (!x)
		return;
	if (x->format->release)
		x->format->release(x);
	free(x->state);
	free(x);
	*export = NULL;
}

int
export_wants(const struct export *x, const struct table *table)
{
	return !x->table || x->table == table;
}

void
export_session(struct export *x, const struct session *session)
{
	if (x->n_sessions++)
		x->format->session_end(x);
	ASSERT(x->format->shape != SHAPE_SESSION || x->n_sessions == 1);
	x->session = *session;
	x->format->session(x);
}

void
export_row(struct export *x, const struct message *message, const void *row)
{
	const struct table *table = table_of(message);

	ASSERT(table && x->n_sessions);
	if (!export_wants(x, table))
		return;
	x->n_readings += message == &msg_reading;
	x->format->row(x, table, row);
}

int
export_again(struct export *x)
{
	if (!x->format->twice || x->rounds++ || !x->n_sessions)
		return 0;
	x->format->session_end(x);
	x->n_sessions = x->n_readings = 0;
	return 1;
}

int
export_end(struct export *x, struct err *err)
{
	if (x->n_sessions)
		x->format->session_end(x);
	x->format->end(x);
	return sink_flush(x->sink, err);
}
