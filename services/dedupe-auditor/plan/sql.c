#include "services/dedupe-auditor/plan/sql.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"

static PGresult *
run(PGconn *pg, const char *format, va_list args)
{
	PGresult *result;
	char *sql;

	ASSERT(vasprintf(&sql, format, args) >= 0);
	result = PQexec(pg, sql);
	free(sql);
	return result;
}

int
sql_run(PGconn *pg, int64_t *n, struct err *err, const char *format, ...)
{
	PGresult *result;
	va_list args;
	int r;

	va_start(args, format);
	result = run(pg, format, args);
	va_end(args);
	r = PQresultStatus(result) == PGRES_COMMAND_OK || PQresultStatus(result) == PGRES_TUPLES_OK
		    ? 0 : pg_err(pg, result, NULL, err);
	if (r == 0 && n)
		*n = atoll(PQcmdTuples(result));
	PQclear(result);
	return r;
}

char *
sql_ask(PGconn *pg, struct err *err, const char *format, ...)
{
	char *text = NULL;
	PGresult *result;
	va_list args;

	va_start(args, format);
	result = run(pg, format, args);
	va_end(args);
	if (PQresultStatus(result) != PGRES_TUPLES_OK) {
		(void)pg_err(pg, result, NULL, err);
	} else {
		text = strdup(PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
		ASSERT(text);
	}
	PQclear(result);
	return text;
}

/* ---- rows for COPY */

void
sql_rows_open(struct sql_rows *rows)
{
	*rows = (struct sql_rows){0};
	rows->to = open_memstream(&rows->text, &rows->size);
	ASSERT(rows->to);
}

void
sql_cell(struct sql_rows *rows, const char *text)
{
	if (rows->n_cells++)
		(void)fputc('\t', rows->to);
	if (!text)
		(void)fputs("\\N", rows->to);
	for (; text && *text; text++) {
		if (*text == '\t' || *text == '\n' || *text == '\r' || *text == '\\')
			(void)fprintf(rows->to, "\\%c", *text == '\t' ? 't' : *text == '\n' ? 'n'
							: *text == '\r' ? 'r' : '\\');
		else
			(void)fputc(*text, rows->to);
	}
}

void
sql_cell_int(struct sql_rows *rows, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)n);
	sql_cell(rows, text);
}

void
sql_rows_next(struct sql_rows *rows)
{
	(void)fputc('\n', rows->to);
	rows->n_cells = 0;
	rows->n++;
}

int
sql_rows_send(struct sql_rows *rows, PGconn *pg, const char *table, struct err *err)
{
	char sql[200];
	int r;

	ASSERT(fflush(rows->to) == 0);
	if (!rows->n)
		return 0;
	(void)snprintf(sql, sizeof(sql), "COPY %s FROM STDIN", table);
	if (pg_expect(pg, PQexec(pg, sql), PGRES_COPY_IN, err) < 0)
		return -1;
	if (PQputCopyData(pg, rows->text, (int)rows->size) < 0 || PQputCopyEnd(pg, NULL) < 0)
		return pg_err(pg, NULL, NULL, err);
	r = pg_expect(pg, PQgetResult(pg), PGRES_COMMAND_OK, err);
	PQclear(PQgetResult(pg));
	return r;
}

void
sql_rows_close(struct sql_rows *rows)
{
	if (rows->to)
		(void)fclose(rows->to);
	free(rows->text);
	*rows = (struct sql_rows){0};
}

/* ---- casts that cannot fail */

const char *
sql_fits(const struct column *c, const char *text, char buffer[300])
{
	if (!strcmp(c->type, "uuid"))
		(void)snprintf(buffer, 300, "%s ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'",
			       text);
	else if (c->category == 'N')
		(void)snprintf(buffer, 300, "%s ~ '^-?[0-9]{1,18}$'", text);
	else
		(void)snprintf(buffer, 300, "%s IS NOT NULL", text);
	return buffer;
}

char *
sql_array(PGconn *pg, const char *const *texts, size_t n)
{
	char *text = NULL, *quoted;
	size_t size, i;
	FILE *to = open_memstream(&text, &size);

	ASSERT(to);
	(void)fputs("ARRAY[", to);
	for (i = 0; i < n; i++) {
		quoted = PQescapeLiteral(pg, texts[i], strlen(texts[i]));
		ASSERT(quoted);
		(void)fprintf(to, "%s%s", i ? ", " : "", quoted);
		PQfreemem(quoted);
	}
	(void)fputs("]::text[]", to);
	ASSERT(fclose(to) == 0);
	return text;
}
