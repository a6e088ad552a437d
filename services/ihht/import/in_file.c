#include "services/ihht/import/in_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/vld.h"
#include "services/ihht/import/sheet.h"
#include "services/ihht/import/zone.h"

static int
read_fd(int fd, char **bytes, size_t *len, struct err *err)
{
	struct stat st;
	ssize_t got;

	if (fstat(fd, &st) < 0)
		return err_set(err, errno, "%s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, EBADMSG, "is no file");
	if (st.st_size > RECORDED_MOST_BYTES)
		return err_set(err, EBADMSG, "more than %d MiB: this is no recording",
			       RECORDED_MOST_BYTES >> 20);
	*bytes = malloc((size_t)st.st_size + 1);
	ASSERT(*bytes);
	for (*len = 0; *len < (size_t)st.st_size; *len += (size_t)got)
		if ((got = read(fd, *bytes + *len, (size_t)st.st_size - *len)) <= 0)
			return err_set(err, errno, "%s", got ? strerror(errno) : "became shorter");
	return 0;
}

/* The ring counts on, whatever clocks on walls do in that night. */
static int
read_vld(const uint8_t *bytes, size_t len, struct recorded *r, struct err *err)
{
	struct recorded_row *row;
	struct vld_record record;
	struct vld vld;
	int64_t i, start_s;

	if (len < VLD_HEAD)
		return err_set(err, EBADMSG, "%zu bytes: a recording has %d before the first value", len,
			       VLD_HEAD);
	if (vld_head(&vld, bytes, len, err) < 0)
		return -1;
	(void)snprintf(r->format, sizeof(r->format), "Viatom .vld, version %d", vld.version);
	r->n_missing = vld.n_missing;
	start_s = zone_utc(vld.local_s, INT64_MIN);
	for (i = 0; i < vld.n_records; i++) {
		vld_record(&vld, i, bytes + VLD_HEAD + i * VLD_RECORD, &record);
		row = recorded_add(r);
		ASSERT(row);  /* VLD_MOST_RECORDS are less than RECORDED_MOST_ROWS */
		row->local_s = record.local_s;
		row->utc_s = start_s + (record.local_s - vld.local_s);
		row->line = i + 1;
		row->spo2 = record.spo2;
		row->heart_rate = record.heart_rate;
		row->motion = record.motion;
	}
	return 0;
}

int
in_file_read(const char *path, enum stamp_order order, struct recorded *r, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code = -1;  /* a FIFO waits */
	char *bytes = NULL;
	int64_t name_s;
	size_t len = 0;

	if (fd < 0)
		return err_set(err, errno, "%s", strerror(errno));
	recorded_name(path, r->device_id, &name_s);
	if (read_fd(fd, &bytes, &len, err) == 0)
		/* text begins with a letter or a byte order mark, a .vld with a small number */
		code = len && (uint8_t)bytes[0] < ' ' && bytes[0] != '\r' && bytes[0] != '\n'
			       ? read_vld((const uint8_t *)bytes, len, r, err)
			       : sheet_read(bytes, len, order, name_s, r, err);
	if (code == 0)
		code = recorded_place(r, err);
	free(bytes);
	close(fd);
	return code;
}
