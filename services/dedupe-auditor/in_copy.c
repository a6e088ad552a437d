#include "services/dedupe-auditor/in_copy.h"

#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pg.h"

int
copy_start(struct copy *copy, PGconn *pg, struct pause *pause, int n_columns, const char *query,
	   struct err *err)
{
	PGresult *result;
	char *sql;
	int r;

	ASSERT(n_columns <= COPY_COLUMNS);
	ASSERT(asprintf(&sql, "COPY (%s) TO STDOUT (FORMAT binary)", query) > 0);
	result = PQexec(pg, sql);
	free(sql);
	r = pg_expect(pg, result, PGRES_COPY_OUT, err);
	copy->pg = pg;
	copy->pause = pause;
	copy->n_columns = n_columns;
	copy->has_head = 0;
	copy->at = copy->end = NULL;
	return r;
}

static int
end_of_copy(struct copy *copy, struct err *err)
{
	PGresult *result;
	int r = 0;

	while ((result = PQgetResult(copy->pg)))
		if (pg_expect(copy->pg, result, PGRES_COMMAND_OK, r < 0 ? NULL : err) < 0)
			r = -1;
	return r;
}

static int
refill(struct copy *copy, struct err *err)
{
	int n;

	PQfreemem(copy->message);
	copy->message = NULL;
	while (!(n = PQgetCopyData(copy->pg, &copy->message, 1))) {
		if (pause_wait(copy->pause, PQsocket(copy->pg)) < 0)
			return err_set(err, ECANCELED, "Postgres: asked to stop");
		if (!PQconsumeInput(copy->pg))
			return pg_err(copy->pg, NULL, NULL, err);
	}
	if (n == -1)
		return end_of_copy(copy, err);
	if (n < 0)
		return pg_err(copy->pg, NULL, NULL, err);
	copy->at = (const uint8_t *)copy->message;
	copy->end = copy->at + n;
	return 1;
}

static int
take(struct copy *copy, void *to, size_t n)
{
	if ((size_t)(copy->end - copy->at) < n)
		return -1;
	memcpy(to, copy->at, n);
	copy->at += n;
	return 0;
}

static int
take_head(struct copy *copy)
{
	static const char signature[] = "PGCOPY\n\377\r\n";  /* and its NUL */
	char head[sizeof(signature)];
	uint32_t flags, extra;

	if (copy->has_head)
		return 0;
	if (take(copy, head, sizeof(head)) < 0 || memcmp(head, signature, sizeof(head)) ||
	    take(copy, &flags, 4) < 0 || take(copy, &extra, 4) < 0 ||
	    (size_t)(copy->end - copy->at) < be32toh(extra))
		return -1;
	copy->at += be32toh(extra);
	copy->has_head = 1;
	return 0;
}

static int
take_fields(struct copy *copy)
{
	uint32_t len;
	int i;

	for (i = 0; i < copy->n_columns; i++) {
		if (take(copy, &len, 4) < 0)
			return -1;
		copy->fields[i].len = (int32_t)be32toh(len);
		copy->fields[i].p = copy->at;
		if (copy->fields[i].len < 0)
			continue;
		if (copy->fields[i].len > copy->end - copy->at)
			return -1;
		copy->at += copy->fields[i].len;
	}
	return 0;
}

int
copy_next(struct copy *copy, struct err *err)
{
	uint16_t n;
	int r;

	for (;;) {
		while (copy->at == copy->end)
			if ((r = refill(copy, err)) <= 0)
				return r;
		if (take_head(copy) < 0)
			break;
		if (copy->at == copy->end)
			continue;
		if (take(copy, &n, 2) < 0)
			break;
		if (be16toh(n) == UINT16_MAX)  /* the end, said by the stream */
			continue;
		if (be16toh(n) != copy->n_columns || take_fields(copy) < 0)
			break;
		if (!(++copy->pause->n_rows & 0xfff) && pause_wait(copy->pause, -1) < 0)
			return err_set(err, ECANCELED, "Postgres: asked to stop");
		return 1;
	}
	return err_set(err, EIO, "Postgres: its copy stream is damaged");
}

void
copy_release(struct copy *copy)
{
	PQfreemem(copy->message);
	copy->message = NULL;
}

/* ---- fields that may hold anything */

static int
wrong(const char *column, const char *why, struct err *err)
{
	(void)err_set(err, EBADMSG, "%s %s", column, why);
	return 2;
}

int
field_uuid(const struct field *f, const char *column, uint8_t id[16], struct err *err)
{
	memset(id, 0, 16);
	if (f->len != 16)
		return wrong(column, "is NULL", err);
	memcpy(id, f->p, 16);
	return 1;
}

int
field_int(const struct field *f, const char *column, int optional, int64_t *v, struct err *err)
{
	uint64_t wide = 0;
	int i;

	*v = MSG_NONE;
	if (f->len < 0)
		return optional ? 1 : wrong(column, "is NULL", err);
	if (f->len != 1 && f->len != 2 && f->len != 4 && f->len != 8)
		return wrong(column, "is no integer", err);
	for (i = 0; i < f->len; i++)
		wide = wide << 8 | f->p[i];
	*v = f->len == 1   ? (int8_t)wide
	     : f->len == 2 ? (int16_t)wide
	     : f->len == 4 ? (int32_t)wide
			   : (int64_t)wide;
	return 1;
}

/* Microseconds since 2000; infinity is the largest and the smallest there are. */
int
field_time(const struct field *f, const char *column, int optional, int64_t *us, struct err *err)
{
	int r = field_int(f, column, optional, us, err);

	if (r == 1 && f->len >= 0 && __builtin_add_overflow(*us, PG_EPOCH_US, us)) {
		*us = INT64_MAX;
		return wrong(column, "is infinite", err);
	}
	return r;
}

void
field_real(const struct field *f, double *v)
{
	uint32_t bits;
	float real;

	*v = NAN;
	if (f->len != 4)
		return;
	memcpy(&bits, f->p, 4);
	bits = be32toh(bits);
	memcpy(&real, &bits, 4);
	*v = (double)real;
}

int
field_word(const struct field *f, const char *column, const struct words *words, int64_t *word,
	  struct err *err)
{
	int i;

	*word = -1;
	for (i = 0; f->len >= 0 && i < words->n; i++)
		if (strlen(words->texts[i]) == (size_t)f->len &&
		    !memcmp(words->texts[i], f->p, (size_t)f->len)) {
			*word = i;
			return 1;
		}
	if (f->len >= 0)
		return wrong(column, "holds a word we do not know", err);
	if (*words->texts[0])
		return wrong(column, "is NULL", err);
	*word = 0;
	return 1;
}
