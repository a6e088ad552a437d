#include "services/ble-ingest/tape.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>

#include "services/ble-ingest/devices.h"

struct tape {
	FILE *from;
	char *path;
	int64_t line;                /* number of the one last read */
	int64_t epoch, n_bad;
	struct err first_bad;
};

/* ---- lines */

/* 1 and a line without its end, *len more than CAPTURE_LONGEST when it was cut; 0 the end. */
static int
next_line(struct tape *t, char line[CAPTURE_LONGEST + 1], size_t *len)
{
	int byte = getc(t->from);

	if (byte == EOF)
		return 0;
	for (*len = 0; byte != EOF && byte != '\n'; byte = getc(t->from)) {
		if (*len <= CAPTURE_LONGEST)
			line[*len] = (char)byte;
		*len += *len <= CAPTURE_LONGEST;
	}
	t->line++;
	if (*len && *len <= CAPTURE_LONGEST && line[*len - 1] == '\r')
		--*len;
	return 1;
}

static int
read_line(struct tape *t, const char *line, size_t len, struct raw *raw, struct err *err)
{
	int got = -1;

	if (len > CAPTURE_LONGEST)
		err_set(err, EBADMSG, "column 1: longer than %d bytes", CAPTURE_LONGEST);
	else if ((got = capture_read(line, len, raw, err)) > 0 && !device_by_name(raw->kind))
		got = err_set(err, EBADMSG, "column 4 (kind): no decoder is called %s", raw->kind);
	return got < 0 ? err_in(err, "%s: line %lld", t->path, (long long)t->line) : got;
}

/* The same, but wrong lines are passed over; *n_bad counts them. */
static int
next_record(struct tape *t, struct raw *raw, int64_t *n_bad)
{
	char line[CAPTURE_LONGEST + 1];
	struct err err;
	size_t len;
	int got;

	while (next_line(t, line, &len)) {
		if ((got = read_line(t, line, len, raw, &err)) > 0)
			return 1;
		if (got < 0 && !(*n_bad)++)
			t->first_bad = err;
	}
	return 0;
}

int
tape_next(struct tape *tape, struct raw *raw)
{
	int64_t told = 0;

	return next_record(tape, raw, &told);
}

/* ---- the whole file, once */

static int64_t
digest(FILE *from)
{
	XXH3_state_t *state = XXH3_createState();
	char bytes[4096];
	int64_t epoch;
	size_t n;

	ASSERT(state);
	XXH3_64bits_reset(state);
	while ((n = fread(bytes, 1, sizeof(bytes), from)))
		XXH3_64bits_update(state, bytes, n);
	epoch = (int64_t)(XXH3_64bits_digest(state) % (MSG_COUNT - 1)) + 1;
	XXH3_freeState(state);
	return epoch;
}

static int
from_the_start(struct tape *t, struct err *err)
{
	char line[CAPTURE_LONGEST + 1];
	size_t len;

	rewind(t->from);
	t->line = 0;
	if (next_line(t, line, &len) && len == strlen(CAPTURE_HEADER) &&
	    !memcmp(line, CAPTURE_HEADER, len))
		return 0;
	return err_set(err, EBADMSG, "%s: line 1: must be \"%s\"", t->path, CAPTURE_HEADER);
}

static int
survey(struct tape *t, struct err *err)
{
	struct raw raw;
	int64_t n = 0;

	t->epoch = digest(t->from);
	if (from_the_start(t, err) < 0)
		return -1;
	while (next_record(t, &raw, &t->n_bad))
		n++;
	if (ferror(t->from))
		return err_set(err, errno, "%s: %s", t->path, strerror(errno));
	if (!n && t->n_bad)
		return err_set(err, EBADMSG, "%s", t->first_bad.text);
	if (!n)
		return err_set(err, EINVAL, "%s: nothing is recorded there", t->path);
	return from_the_start(t, err);
}

struct tape *
tape_open(const char *path, struct err *err)
{
	struct tape *t = calloc(1, sizeof(*t));
	struct stat st;

	ASSERT(t && (t->path = strdup(path)));
	if (!*path)
		err_set(err, EINVAL, "is missing; zmq-sniffer --record FILE makes one");
	else if (!(t->from = fopen(path, "re")) || fstat(fileno(t->from), &st) < 0)
		err_set(err, errno, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		err_set(err, EINVAL, "%s: is not a file", path);
	else if (survey(t, err) == 0)
		return t;
	tape_close(&t);
	return NULL;
}

void
tape_close(struct tape **tape)
{
	if (!*tape)
		return;
	if ((*tape)->from)
		fclose((*tape)->from);
	free((*tape)->path);
	free(*tape);
	*tape = NULL;
}

int64_t
tape_epoch(const struct tape *tape)
{
	return tape->epoch;
}

int64_t
tape_bad(const struct tape *tape, struct err *first)
{
	if (first && tape->n_bad)
		*first = tape->first_bad;
	return tape->n_bad;
}
