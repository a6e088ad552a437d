#include "services/dedupe-auditor/record/out_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/clock.h"

struct record {
	int fd;
	struct chain chain;
};

/* 1 a line, without its newline; 0 the end; 2 a line that is cut off. */
static int
next_line(FILE *from, char *line, size_t *len)
{
	int c;

	*len = 0;
	while ((c = getc_unlocked(from)) != EOF && c != '\n')
		if (*len < CHAIN_LINE)
			line[(*len)++] = (char)c;
	return c == '\n' ? 1 : *len ? 2 : 0;
}

/* *whole: bytes up to the end of the last line that has one. */
static int
check_all(FILE *from, struct chain *chain, long *whole, struct err *err)
{
	char line[CHAIN_LINE + 1];
	size_t len;
	int r;

	chain_init(chain);
	*whole = 0;
	while ((r = next_line(from, line, &len)) == 1) {
		if (chain_check(chain, line, len, err) < 0)
			return err_in(err, "entry %lld", (long long)chain->n + 1);
		*whole = ftell(from);
	}
	if (ferror(from))
		return err_set(err, errno, "%s", strerror(errno));
	return r == 2 ? err_set(err, EAGAIN, "entry %lld: is cut off", (long long)chain->n + 1) : 0;
}

int
record_check(const char *path, struct chain *chain, struct err *err)
{
	FILE *from = fopen(path, "r");
	long whole;
	int r;

	chain_init(chain);
	if (!from)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	r = check_all(from, chain, &whole, err);
	(void)fclose(from);
	return r < 0 ? err_in(err, "%s", path) : 0;
}

static int
read_all(struct record *record, struct err *err)
{
	FILE *from = fdopen(dup(record->fd), "r");
	long whole;
	int r;

	ASSERT(from);
	r = check_all(from, &record->chain, &whole, err);
	(void)fclose(from);
	if (r < 0 && err->code == EAGAIN)
		r = ftruncate(record->fd, whole) < 0 ? err_set(err, errno, "%s", strerror(errno)) : 0;
	return r;
}

struct record *
record_open(const char *path, struct err *err)
{
	struct record *record = calloc(1, sizeof(*record));

	ASSERT(record);
	record->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (record->fd < 0)
		(void)err_set(err, errno, "%s: %s", path, strerror(errno));
	else if (flock(record->fd, LOCK_EX | LOCK_NB) < 0)
		(void)err_set(err, EAGAIN, "%s: another dedupe-auditor writes it", path);
	else if (read_all(record, err) < 0)
		(void)err_in(err, "%s", path);
	else
		return record;
	record_close(&record);
	return NULL;
}

void
record_close(struct record **record)
{
	if (!*record)
		return;
	if ((*record)->fd >= 0)
		(void)close((*record)->fd);
	free(*record);
	*record = NULL;
}

int
record_add(struct record *record, const char *what, const char *format, ...)
{
	struct chain next = record->chain;
	char text[CHAIN_LINE], line[CHAIN_LINE];
	size_t len;
	ssize_t n;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	chain_add(&next, clock_utc_us(), what, text, line);
	len = strlen(line);
	n = write(record->fd, line, len);
	if (n >= 0 && (size_t)n < len) {         /* half a line would break the next one */
		(void)ftruncate(record->fd, lseek(record->fd, 0, SEEK_END) - n);
		errno = ENOSPC;
		n = -1;
	}
	if (n < 0 || fdatasync(record->fd) < 0)
		return -1;
	record->chain = next;
	return 0;
}

const struct chain *
record_head(const struct record *record)
{
	return &record->chain;
}
