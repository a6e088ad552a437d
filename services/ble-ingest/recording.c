#include "services/ble-ingest/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "proto/msg.h"

#define READ_BYTES 4096
#define N_STEPS    8

/* Votes for the usual step: Misra and Gries, so that the file is never held in memory. */
struct steps {
	int64_t ms[N_STEPS], votes[N_STEPS];
};

struct recording {
	char *path;
	int fd;
	int64_t at, size;           /* read so far; what was there when it was opened */
	char bytes[READ_BYTES];
	size_t next, end;           /* in bytes */
	int64_t line;               /* number of the line last read */
	int64_t last_ms;            /* of the row last given, -1 before */
	int64_t epoch, period_ms, length_ms, n_rows, n_bad, changed_us;
	struct err first_bad;
};

/* ---- one line */

/* Digits with at most one point, up to 15 of them: then m / 10^k is correctly rounded, and
 * the very value that a reader of the text gets. */
static int
parse_number(const char *p, size_t len, double *value)
{
	static const double tens[] = {1,   1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
				      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
	int64_t mantissa = 0;
	int digits = 0, after = -1;
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == '.' && after < 0) {
			after = 0;
			continue;
		}
		if (p[i] < '0' || p[i] > '9' || ++digits > 15)
			return -1;
		mantissa = mantissa * 10 + (p[i] - '0');
		after += after >= 0;
	}
	if (!digits || p[0] == '.' || after == 0)
		return -1;
	*value = (double)mantissa / tens[after > 0 ? after : 0];
	return 0;
}

static const struct {
	const char *name;
	double max;
} columns[] = {
	{"t_ms", (double)RECORDING_MOST_T_MS}, {"spo2", 100}, {"heart_rate", 500},
	{"motion", 1000000}, {"perfusion_index", 100},
};
#define N_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static int
parse_column(size_t n, const char *text, size_t len, double *value, struct err *err)
{
	*value = NAN;
	if (!len && n)
		return 0;
	if (parse_number(text, len, value) < 0 || (!n && memchr(text, '.', len)))
		return err_set(err, EBADMSG, "column %zu (%s): must be %s", n + 1, columns[n].name,
			       n ? "a number or empty" : "a whole number");
	if (*value > columns[n].max)
		return err_set(err, EBADMSG, "column %zu (%s): must be from 0 to %.0f", n + 1,
			       columns[n].name, columns[n].max);
	return 0;
}

int
recording_parse(const char *line, size_t len, struct recording_row *row, struct err *err)
{
	const char *p = line, *end = line + len, *comma;
	double values[N_COLUMNS];
	size_t n = 0;

	for (;; p = comma + 1) {
		comma = memchr(p, ',', (size_t)(end - p));
		if (n == N_COLUMNS)
			return err_set(err, EBADMSG, "column %zu: there must be %zu", n + 1, N_COLUMNS);
		if (parse_column(n, p, (size_t)((comma ? comma : end) - p), &values[n], err) < 0)
			return -1;
		n++;
		if (!comma)
			break;
	}
	if (n < N_COLUMNS)
		return err_set(err, EBADMSG, "column %zu (%s): is missing", n + 1, columns[n].name);
	*row = (struct recording_row){(int64_t)values[0], values[1], values[2], values[3],
				      values[4]};
	return 0;
}

/* ---- lines of a file */

/* 1 a byte, 0 the end, -1 and err. */
static int
refill(struct recording *r, struct err *err)
{
	int64_t left = r->size - r->at;
	ssize_t n;

	if (left <= 0)
		return 0;
	n = pread(r->fd, r->bytes, left < READ_BYTES ? (size_t)left : READ_BYTES, r->at);
	if (n < 0)
		return err_set(err, errno, "%s: %s", r->path, strerror(errno));
	r->at += n;
	r->next = 0;
	r->end = (size_t)n;
	return n > 0;
}

/* 1 and the line without its end, *len more than RECORDING_LONGEST when it was cut; 0; -1. */
static int
next_line(struct recording *r, char line[RECORDING_LONGEST + 1], size_t *len, struct err *err)
{
	const char *from, *newline = NULL;
	size_t n, fits;
	int any = 0, more;

	*len = 0;
	while (!newline) {
		if (r->next == r->end && (more = refill(r, err)) <= 0) {
			if (more < 0 || !any)
				return more;
			break;
		}
		any = 1;
		from = r->bytes + r->next;
		newline = memchr(from, '\n', r->end - r->next);
		n = newline ? (size_t)(newline - from) : r->end - r->next;
		fits = RECORDING_LONGEST + 1 - *len;
		memcpy(line + *len, from, n < fits ? n : fits);
		*len += n < fits ? n : fits;
		r->next += n + !!newline;
	}
	r->line++;
	if (*len && *len <= RECORDING_LONGEST && line[*len - 1] == '\r')
		--*len;
	return 1;
}

static int
check_header(struct recording *r, struct err *err)
{
	static const char bom[] = "\xef\xbb\xbf";
	char line[RECORDING_LONGEST + 1], *p = line;
	size_t len;
	int got = next_line(r, line, &len, err);

	if (got < 0)
		return -1;
	if (len > 3 && !memcmp(p, bom, 3)) {
		p += 3;
		len -= 3;
	}
	if (!got || len != strlen(RECORDING_HEADER) || memcmp(p, RECORDING_HEADER, len))
		return err_set(err, EBADMSG, "%s: line 1: column 1: must be %s", r->path,
			       RECORDING_HEADER);
	return 0;
}

static int
read_row(struct recording *r, struct recording_row *row, struct err *err)
{
	char line[RECORDING_LONGEST + 1];
	size_t len;
	int got = next_line(r, line, &len, err);

	if (got <= 0)
		return got;
	if (len > RECORDING_LONGEST)
		return err_set(err, EBADMSG, "column 1: longer than %d bytes", RECORDING_LONGEST);
	if (recording_parse(line, len, row, err) < 0)
		return -1;
	if (row->t_ms <= r->last_ms)
		return err_set(err, EBADMSG, "column 1 (t_ms): must be more than the %lld before it",
			       (long long)r->last_ms);
	r->last_ms = row->t_ms;
	return 1;
}

int
recording_next(struct recording *r, struct recording_row *row, struct err *err)
{
	int got = read_row(r, row, err);

	if (got < 0 && err && err->code == EBADMSG)
		return err_in(err, "%s: line %lld", r->path, (long long)r->line);
	if (got < 0)
		r->at = r->size;  /* cannot be read any further */
	return got;
}

/* ---- the whole file, once */

static void
vote(struct steps *s, int64_t ms)
{
	int i, free_one = -1;

	for (i = 0; i < N_STEPS; i++) {
		if (s->votes[i] && s->ms[i] == ms) {
			s->votes[i]++;
			return;
		}
		if (!s->votes[i])
			free_one = i;
	}
	if (free_one >= 0) {
		s->ms[free_one] = ms;
		s->votes[free_one] = 1;
		return;
	}
	for (i = 0; i < N_STEPS; i++)
		s->votes[i]--;
}

static int64_t
most_voted(const struct steps *s)
{
	int i, best = 0;

	for (i = 1; i < N_STEPS; i++)
		if (s->votes[i] > s->votes[best] ||
		    (s->votes[i] == s->votes[best] && s->ms[i] < s->ms[best]))
			best = i;
	return s->votes[best] ? s->ms[best] : 1000;
}

static int
digest(struct recording *r, struct err *err)
{
	XXH3_state_t *state = XXH3_createState();
	int more;

	ASSERT(state);
	XXH3_64bits_reset(state);
	while ((more = refill(r, err)) > 0)
		XXH3_64bits_update(state, r->bytes, r->end);
	r->epoch = (int64_t)(XXH3_64bits_digest(state) % (MSG_COUNT - 1)) + 1;
	XXH3_freeState(state);
	return more;
}

static void
from_the_start(struct recording *r)
{
	r->at = r->line = 0;
	r->next = r->end = 0;
	r->last_ms = -1;
}

static int
survey(struct recording *r, struct err *err)
{
	struct steps steps = {{0}, {0}};
	struct recording_row row;
	struct err e = {0, ""};
	int64_t before;
	int got;

	if (digest(r, err) < 0)
		return -1;
	from_the_start(r);
	if (check_header(r, err) < 0)
		return -1;
	while (before = r->last_ms, (got = recording_next(r, &row, &e)) != 0) {
		if (got < 0 && !r->n_bad++)
			r->first_bad = e;
		if (got < 0)
			continue;
		r->n_rows++;
		if (before >= 0)
			vote(&steps, row.t_ms - before);
	}
	r->length_ms = r->last_ms < 0 ? 0 : r->last_ms;
	r->period_ms = most_voted(&steps);
	from_the_start(r);
	return check_header(r, err);
}

struct recording *
recording_open(const char *path, struct err *err)
{
	struct recording *r = calloc(1, sizeof(*r));
	struct stat st;

	ASSERT(r && (r->path = strdup(path)));
	r->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0 || fstat(r->fd, &st) < 0) {
		err_set(err, errno, "%s: %s", path, strerror(errno));
		goto fail;
	}
	if (!S_ISREG(st.st_mode)) {
		err_set(err, EINVAL, "%s: is not a file", path);
		goto fail;
	}
	r->size = st.st_size;
	r->changed_us = st.st_mtim.tv_sec * 1000000LL + st.st_mtim.tv_nsec / 1000;
	if (survey(r, err) < 0)
		goto fail;
	return r;
fail:
	recording_close(&r);
	return NULL;
}

void
recording_close(struct recording **recording)
{
	if (!*recording)
		return;
	if ((*recording)->fd >= 0)
		close((*recording)->fd);
	free((*recording)->path);
	free(*recording);
	*recording = NULL;
}

int64_t
recording_epoch(const struct recording *r)
{
	return r->epoch;
}

int64_t
recording_period_ms(const struct recording *r)
{
	return r->period_ms;
}

int64_t
recording_last_ms(const struct recording *r)
{
	return r->length_ms;
}

int64_t
recording_rows(const struct recording *r)
{
	return r->n_rows;
}

int64_t
recording_bad(const struct recording *r, struct err *first)
{
	if (r->n_bad)
		*first = r->first_bad;
	return r->n_bad;
}

int64_t
recording_changed_us(const struct recording *r)
{
	return r->changed_us;
}
