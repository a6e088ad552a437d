#include "services/ihht/import/job.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "services/ihht/import/zone.h"
#include "services/ihht/rows.h"

static const char *
local_time(int64_t utc_s, char text[64])
{
	char offset[16];

	rows_local_time(utc_s * CLOCK_SECOND, text);
	(void)snprintf(text + strlen(text), 64 - strlen(text), " %s", zone_offset(utc_s, offset));
	return text;
}

void
job_print_file(const struct job *job, const struct file *file)
{
	const struct recorded *r = &file->recorded;
	char from[64], to[64];

	printf("%s\n  %s: %zu readings of %s, %zu of them without a value\n", file->path, r->format, r->n,
	       r->device_id, file->n_valueless);
	printf("  %s to %s%s\n", local_time(r->rows[0].utc_s, from), local_time(r->rows[r->n - 1].utc_s, to),
	       job->zone ? "" : "; taken for this machine's time, --zone says another");
	if (*r->ignored)
		printf("  not imported: column %s\n", r->ignored);
	if (r->n_repeated)
		printf("  left out: %lld more values of the same second\n", (long long)r->n_repeated);
	if (r->n_missing)
		printf("  cut off: %lld readings are missing at its end\n", (long long)r->n_missing);
	if (file->n_inside < r->n)
		printf("  left out: %zu readings outside the session's span\n", r->n - file->n_inside);
	if (job->is_dry)
		printf("  would go into session %s\n", file->target.session_id);
	else
		printf("  session %s: %lld added, %lld known already\n", file->target.session_id,
		       (long long)file->added, (long long)file->seen);
}

json_t *
job_file_json(const struct job *job, const struct file *file)
{
	const struct recorded *r = &file->recorded;
	char from[CLOCK_TEXT], to[CLOCK_TEXT], offset[16];

	return json_pack("{ss ss ss ss ss ss sI sI sI sI sI ss sb sI sI}", "file", file->path, "format",
			 r->format, "device_id", r->device_id, "from",
			 clock_text(r->rows[0].utc_s * CLOCK_SECOND, from), "to",
			 clock_text(r->rows[r->n - 1].utc_s * CLOCK_SECOND, to), "offset",
			 zone_offset(r->rows[0].utc_s, offset), "readings", (json_int_t)r->n,
			 "without_value", (json_int_t)file->n_valueless, "repeated",
			 (json_int_t)r->n_repeated, "missing", (json_int_t)r->n_missing, "outside",
			 (json_int_t)(r->n - file->n_inside), "session_id", file->target.session_id,
			 "dry_run", job->is_dry, "added", (json_int_t)file->added, "seen",
			 (json_int_t)file->seen);
}
