#include "services/ihht/import/sheet.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MOST_COLUMNS 32
#define MOST_CELL    80
#define DAY_S        86400

enum column { TIME, SPO2, PULSE, MOTION, KNOWN, UNKNOWN };

static const struct {
	const char *name;
	enum column column;
} names[] = {
	{"time", TIME}, {"date", TIME}, {"datetime", TIME}, {"timestamp", TIME},
	{"oxygenlevel", SPO2}, {"spo2", SPO2}, {"o2level", SPO2}, {"o2", SPO2},
	{"pulserate", PULSE}, {"heartrate", PULSE}, {"pulse", PULSE}, {"pr", PULSE}, {"hr", PULSE},
	{"motion", MOTION}, {"movement", MOTION},
	{"o2reminder", KNOWN}, {"spo2reminder", KNOWN}, {"oxygenlevelreminder", KNOWN},
	{"prreminder", KNOWN}, {"pulseratereminder", KNOWN}, {"vibration", KNOWN}, {"", KNOWN},
};

struct sheet {
	const char *p, *end;
	int64_t line;
	char between;
	enum column columns[MOST_COLUMNS];
	char heads[MOST_COLUMNS][MOST_CELL];
	int n_columns;
	enum stamp_order order;     /* of the file, as far as it has told */
	int64_t order_line, doubt_line;
	int64_t *month_first_s;     /* of each row */
	size_t room;
};

/* ---- cells */

/* What is shown of a cell that is wrong. */
static const char *
shown(const char *cell, char text[24])
{
	size_t i;

	(void)snprintf(text, 24, strlen(cell) > 20 ? "%.17s..." : "%s", cell);
	for (i = 0; text[i]; i++)
		if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] > '~')
			text[i] = '?';
	return text;
}

static void
trim(char *cell)
{
	size_t n = strlen(cell), from = strspn(cell, " \t");

	while (n > from && strchr(" \t", cell[n - 1]))
		n--;
	memmove(cell, cell + from, n - from);
	cell[n - from] = 0;
}

/* The next cell of the line: 1; 0 it was the line's last; -1. */
static int
take_cell(struct sheet *s, char cell[MOST_CELL], struct err *err)
{
	int in_quotes = 0;
	size_t n = 0;

	*cell = 0;
	for (; s->p < s->end && (in_quotes || (*s->p != s->between && *s->p != '\n')); s->p++) {
		if (*s->p == '\n' || *s->p == 0)
			return err_set(err, EBADMSG, in_quotes ? "a quote is not closed" : "a byte of 0");
		if (*s->p == '"')
			in_quotes = !in_quotes;
		else if (*s->p != '\r' && n < MOST_CELL - 1)
			cell[n++] = *s->p;
		else if (*s->p != '\r')
			return err_set(err, EBADMSG, "a cell of more than %d bytes", MOST_CELL - 1);
	}
	cell[n] = 0;
	if (in_quotes)
		return err_set(err, EBADMSG, "a quote is not closed");
	trim(cell);
	if (s->p == s->end || *s->p++ == '\n')
		return 0;
	return 1;
}

/* 1 none, 0 *v, -1. */
static int
take_value(const char *cell, double most, double *v, struct err *err)
{
	char *end, text[24];

	*v = NAN;
	if (!*cell || !strcmp(cell, "--") || !strcmp(cell, "-"))
		return 1;
	*v = strtod(cell, &end);
	if (!isdigit((unsigned char)*cell) || cell[strspn(cell, "0123456789.")] || *end)
		return err_set(err, EBADMSG, "\"%s\" is no number", shown(cell, text));
	if (*v > most)
		return err_set(err, EBADMSG, "%s is beyond %.0f", shown(cell, text), most);
	return 0;
}

/* What the rings show for "none". */
static int
take_measured(const char *cell, const double none[3], double most, double *v, struct err *err)
{
	int r = take_value(cell, 1000000, v, err), i;

	for (i = 0; r == 0 && i < 3; i++)
		if (*v == none[i]) {
			*v = NAN;
			return 0;
		}
	return r == 0 ? take_value(cell, most, v, err) : r;
}

/* ---- the head */

/* "Pulse Rate(bpm)" is pulserate. */
static enum column
column_of(const char *head)
{
	char plain[MOST_CELL];
	size_t i, n = 0;

	for (i = 0; head[i] && head[i] != '('; i++)
		if (isalnum((unsigned char)head[i]))
			plain[n++] = (char)tolower((unsigned char)head[i]);
	plain[n] = 0;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(plain, names[i].name))
			return n || !head[0] ? names[i].column : UNKNOWN;
	return UNKNOWN;
}

static void
note_ignored(struct recorded *r, const char *head)
{
	size_t n = strlen(r->ignored);
	char text[24];

	(void)snprintf(r->ignored + n, sizeof(r->ignored) - n, "%s%s", n ? ", " : "",
		       shown(head, text));
}

static int
check_head(const struct sheet *s, struct err *err)
{
	static const char *const wanted[] = {"Time", "Oxygen Level or SpO2", "Pulse Rate"};
	int column, i, n;

	for (column = TIME; column <= MOTION; column++) {
		for (i = n = 0; i < s->n_columns; i++)
			n += s->columns[i] == (enum column)column;
		if (!n && column <= PULSE)
			return err_set(err, EBADMSG, "line 1: no column %s: this is no export of ViHealth "
				       "or O2 Insight", wanted[column]);
		if (n > 1)
			return err_set(err, EBADMSG, "line 1: more than one column %s",
				       column == MOTION ? "Motion" : wanted[column]);
	}
	return 0;
}

static int
take_head(struct sheet *s, struct recorded *r, struct err *err)
{
	const char *eol = memchr(s->p, '\n', (size_t)(s->end - s->p));
	size_t n = (size_t)((eol ? eol : s->end) - s->p);
	int more = 1;

	s->between = memchr(s->p, ',', n) ? ',' : memchr(s->p, ';', n) ? ';' : '\t';
	for (s->line = 1; more > 0; s->n_columns++) {
		if (s->n_columns == MOST_COLUMNS)
			return err_set(err, EBADMSG, "line 1: more than %d columns", MOST_COLUMNS);
		if ((more = take_cell(s, s->heads[s->n_columns], err)) < 0)
			return err_in(err, "line 1, column %d", s->n_columns + 1);
		s->columns[s->n_columns] = column_of(s->heads[s->n_columns]);
		if (s->columns[s->n_columns] == UNKNOWN)
			note_ignored(r, s->heads[s->n_columns]);
	}
	return check_head(s, err);
}

/* ---- rows */

/* A row that can be read only one way tells it of all. */
static int
take_time(struct sheet *s, const char *cell, struct recorded_row *row, size_t i, struct err *err)
{
	struct stamp stamp;
	char text[24];

	if (stamp_read(cell, &stamp, err) < 0)
		return err_in(err, "\"%s\"", shown(cell, text));
	if (stamp.order && s->order && s->order != stamp.order)
		return err_set(err, EBADMSG, "\"%s\": the %s comes first here, and not %s",
			       shown(cell, text), stamp.order == STAMP_DAY_FIRST ? "day" : "month",
			       s->order_line ? "in a line before" : "as was said");
	if (stamp.order && !s->order) {
		s->order = stamp.order;
		s->order_line = s->line;
	}
	if (i >= s->room) {
		s->room = s->room ? 2 * s->room : 1024;
		s->month_first_s = realloc(s->month_first_s, s->room * sizeof(*s->month_first_s));
		ASSERT(s->month_first_s);
	}
	s->month_first_s[i] = stamp.month_first_s;
	row->local_s = stamp.local_s;
	if (stamp.month_first_s != stamp.local_s && !s->doubt_line)
		s->doubt_line = s->line;
	if (stamp.has_zone)
		row->utc_s = stamp.local_s - stamp.east_s;
	return 0;
}

static int
take_column(struct sheet *s, int c, const char *cell, struct recorded_row *row, size_t i,
	    struct err *err)
{
	static const double no_spo2[] = {0, 127, 255}, no_pulse[] = {0, 255, 65535};

	switch (s->columns[c]) {
	case TIME:
		return take_time(s, cell, row, i, err);
	case SPO2:
		return take_measured(cell, no_spo2, 100, &row->spo2, err);
	case PULSE:
		return take_measured(cell, no_pulse, 500, &row->heart_rate, err);
	case MOTION:
		return take_value(cell, 1000000, &row->motion, err);
	case KNOWN:
	case UNKNOWN:
		break;
	}
	return 0;
}

static int
take_row(struct sheet *s, struct recorded *r, struct err *err)
{
	struct recorded_row *row = recorded_add(r);
	char cell[MOST_CELL];
	int c, more = 1;

	if (!row)
		return err_set(err, EBADMSG, "line %lld: more than %d rows", (long long)s->line,
			       RECORDED_MOST_ROWS);
	row->line = s->line;
	for (c = 0; more > 0; c++) {
		if ((more = take_cell(s, cell, err)) < 0)
			return err_in(err, "line %lld, column %d", (long long)s->line, c + 1);
		if (c >= s->n_columns && *cell)
			return err_set(err, EBADMSG, "line %lld, column %d: the first line has only %d",
				       (long long)s->line, c + 1, s->n_columns);
		if (c < s->n_columns && take_column(s, c, cell, row, r->n - 1, err) < 0)
			return err_in(err, "line %lld, column %d (%s)", (long long)s->line, c + 1,
				      s->heads[c]);
	}
	for (; c < s->n_columns; c++)
		if (s->columns[c] < MOTION)
			return err_set(err, EBADMSG, "line %lld: ends before column %d (%s)",
				       (long long)s->line, c + 1, s->heads[c]);
	return 0;
}

/* ---- day or month */

static int
is_near(int64_t a, int64_t b)
{
	return llabs(a - b) <= DAY_S + 2 * 3600;  /* one of them may be UTC */
}

static int
settle_order(struct sheet *s, struct recorded *r, int64_t name_s, struct err *err)
{
	int day, month;
	size_t i;

	if (!s->doubt_line)
		return 0;
	if (!s->order && name_s) {
		day = is_near(r->rows[0].local_s, name_s);
		month = is_near(s->month_first_s[0], name_s);
		if (day != month)
			s->order = day ? STAMP_DAY_FIRST : STAMP_MONTH_FIRST;
	}
	if (!s->order)
		return err_set(err, EAGAIN, "line %lld: which is the day and which the month? Say "
			       "--dates day-first or --dates month-first", (long long)s->doubt_line);
	for (i = 0; i < r->n && s->order == STAMP_MONTH_FIRST; i++) {
		if (r->rows[i].utc_s != MSG_NONE)
			r->rows[i].utc_s += s->month_first_s[i] - r->rows[i].local_s;
		r->rows[i].local_s = s->month_first_s[i];
	}
	return 0;
}

int
sheet_read(const char *bytes, size_t len, enum stamp_order order, int64_t name_s,
	   struct recorded *r, struct err *err)
{
	struct sheet s = {.p = bytes, .end = bytes + len, .order = order};
	int code = -1;

	if (len >= 2 && (!memcmp(bytes, "\xff\xfe", 2) || !memcmp(bytes, "\xfe\xff", 2)))
		return err_set(err, EBADMSG, "line 1: UTF-16: save it as UTF-8");
	if (len >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3))
		s.p += 3;
	(void)snprintf(r->format, sizeof(r->format), "Viatom CSV");
	if (take_head(&s, r, err) == 0)
		for (code = 0; code == 0 && s.p < s.end;) {
			s.line++;
			s.p += *s.p == '\r';
			if (s.p == s.end || *s.p == '\n')
				s.p += s.p < s.end;
			else
				code = take_row(&s, r, err);
		}
	if (code == 0 && !r->n)
		code = err_set(err, EBADMSG, "line 2: no rows");
	if (code == 0)
		code = settle_order(&s, r, name_s, err);
	free(s.month_first_s);
	return code;
}
