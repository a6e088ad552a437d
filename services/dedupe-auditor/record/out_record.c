#include "services/dedupe-auditor/record/out_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"

struct record {
	char *path;
	int fd;
	struct chain chain;
	off_t whole;             /* bytes of its entries */
};

void
record_path(const struct process *process, char *path, size_t size)
{
	const char *set = conf_text(process->conf, "audit-log"), *slash = strrchr(process->database, '/');

	if (*set)
		(void)snprintf(path, size, "%s", set);
	else
		(void)snprintf(path, size, "%.*saudit.log",
			       slash ? (int)(slash + 1 - process->database) : 0, process->database);
}

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

/* Goes on where *chain and *whole, the bytes up to the end of its last line, are. */
static int
check_rest(FILE *from, struct chain *chain, off_t *whole, struct err *err)
{
	char line[CHAIN_LINE + 1];
	size_t len;
	int r;

	if (fseeko(from, *whole, SEEK_SET) < 0)
		return err_set(err, errno, "%s", strerror(errno));
	while ((r = next_line(from, line, &len)) == 1) {
		if (chain_check(chain, line, len, err) < 0)
			return err_in(err, "entry %lld", (long long)chain->n + 1);
		*whole = ftello(from);
	}
	if (ferror(from))
		return err_set(err, errno, "%s", strerror(errno));
	return r == 2 ? err_set(err, EAGAIN, "entry %lld: is cut off", (long long)chain->n + 1) : 0;
}

int
record_check(const char *path, struct chain *chain, struct err *err)
{
	FILE *from = fopen(path, "r");
	off_t whole = 0;
	int r;

	chain_init(chain);
	if (!from)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	r = check_rest(from, chain, &whole, err);
	(void)fclose(from);
	return r < 0 ? err_in(err, "%s", path) : 0;
}

/* What others have added since; what is locked is nobody's to cut off. */
static int
catch_up(struct record *record, struct err *err)
{
	FILE *from = fdopen(dup(record->fd), "r");
	struct stat st;
	int r;

	ASSERT(from);
	if (fstat(record->fd, &st) < 0)
		r = err_set(err, errno, "%s", strerror(errno));
	else if (st.st_size < record->whole)
		r = err_set(err, EBADMSG, "entries are gone that were there before");
	else
		r = check_rest(from, &record->chain, &record->whole, err);
	(void)fclose(from);
	if (r < 0 && err->code == EAGAIN)
		r = ftruncate(record->fd, record->whole) < 0 ? err_set(err, errno, "%s", strerror(errno)) : 0;
	return r;
}

int
record_follow(struct record *record, struct err *err)
{
	int r;

	if (flock(record->fd, LOCK_EX) < 0)
		return err_set(err, errno, "%s: %s", record->path, strerror(errno));
	r = catch_up(record, err);
	(void)flock(record->fd, LOCK_UN);
	return r < 0 ? err_in(err, "%s", record->path) : 0;
}

struct record *
record_open(const char *path, struct err *err)
{
	struct record *record = calloc(1, sizeof(*record));

	ASSERT(record);
	record->path = strdup(path);
	ASSERT(record->path);
	chain_init(&record->chain);
	record->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
	if (record->fd < 0)
		(void)err_set(err, errno, "%s: %s", path, strerror(errno));
	else if (record_follow(record, err) == 0)
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
	free((*record)->path);
	free(*record);
	*record = NULL;
}

static int
add(struct record *record, const char *what, const char *text, struct err *err)
{
	struct chain next;
	char line[CHAIN_LINE];
	size_t len;
	ssize_t n;

	if (catch_up(record, err) < 0)
		return -1;
	next = record->chain;
	chain_add(&next, clock_utc_us(), what, text, line);
	len = strlen(line);
	n = write(record->fd, line, len);
	if (n >= 0 && (size_t)n < len) {         /* half a line would break the next one */
		(void)ftruncate(record->fd, record->whole);
		errno = ENOSPC;
		n = -1;
	}
	if (n < 0 || fdatasync(record->fd) < 0)
		return err_set(err, errno, "%s", strerror(errno));
	record->chain = next;
	record->whole += (off_t)len;
	return 0;
}

int
record_add(struct record *record, struct err *err, const char *what, const char *format, ...)
{
	char text[CHAIN_LINE];
	va_list args;
	int r;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (flock(record->fd, LOCK_EX) < 0)
		return err_set(err, errno, "%s: %s", record->path, strerror(errno));
	r = add(record, what, text, err);
	(void)flock(record->fd, LOCK_UN);
	return r < 0 ? err_in(err, "%s", record->path) : 0;
}

const struct chain *
record_head(const struct record *record)
{
	return &record->chain;
}
