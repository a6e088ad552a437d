#include "services/zmq-sniffer/record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/capture.h"

struct record {
	FILE *to;
	char *path;
};

static int
put_line(struct record *r, const char *line, struct err *err)
{
	if (fprintf(r->to, "%s\n", line) < 0)
		return err_set(err, errno, "%s: %s", r->path, strerror(errno));
	return 0;
}

struct record *
record_open(const char *path, struct err *err)
{
	struct record *r = calloc(1, sizeof(*r));
	int fd;

	ASSERT(r && (r->path = strdup(path)));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		err_set(err, errno, "%s: %s%s", path, strerror(errno),
			errno == EEXIST ? "; a capture is not written over" : "");
	} else {
		ASSERT((r->to = fdopen(fd, "w")));
		if (put_line(r, CAPTURE_HEADER, err) == 0 && record_flush(r, err) == 0)
			return r;
	}
	record_close(&r);
	return NULL;
}

void
record_close(struct record **record)
{
	if (!*record)
		return;
	if ((*record)->to)
		fclose((*record)->to);
	free((*record)->path);
	free(*record);
	*record = NULL;
}

int
record_add(struct record *record, const struct raw *raw, struct err *err)
{
	char line[CAPTURE_LONGEST];

	return capture_write(raw, line, err) < 0 ? -1 : put_line(record, line, err);
}

int
record_remark(struct record *record, const char *text, struct err *err)
{
	char line[CAPTURE_LONGEST];

	(void)snprintf(line, sizeof(line), "# %s", text);
	return put_line(record, line, err);
}

int
record_flush(struct record *record, struct err *err)
{
	if (fflush(record->to) == 0)
		return 0;
	return err_set(err, errno, "%s: %s", record->path, strerror(errno));
}
