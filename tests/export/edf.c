/*
 * edf - an EDF+ file as JSON, read by EDFlib, which knows nothing of our writer
 *
 *	edf FILE: {"start": s since 1970, "patient", "recording", "signals": {LABEL: [...]},
 *	           "annotations": [[onset in 100 ns, duration or null, text]]}
 */
#include <edflib.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void
put_text(const char *text)
{
	putchar('"');
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else
			putchar(*text);
	putchar('"');
}

static void
put_signal(const struct edf_hdr_struct *head, int i)
{
	long long n = head->signalparam[i].smp_in_file, k;
	double *samples = calloc((size_t)n + 1, sizeof(*samples));

	if (!samples || edfread_physical_samples(head->handle, i, (int)n, samples) != n)
		exit(1);
	put_text(head->signalparam[i].label);
	printf(":[");
	for (k = 0; k < n; k++)
		printf("%s%.10g", k ? "," : "", samples[k]);
	printf("]");
	free(samples);
}

static void
put_annotation(const struct edf_hdr_struct *head, int i)
{
	struct edf_annotation_struct a;

	if (edf_get_annotation(head->handle, i, &a) < 0)
		exit(1);
	printf("%s[%lld,", i ? "," : "", a.onset);
	if (a.duration_l < 0)
		printf("null,");
	else
		printf("%lld,", a.duration_l);
	put_text(a.annotation);
	printf("]");
}

int
main(int argc, char **argv)
{
	struct edf_hdr_struct head;
	struct tm tm = {0};
	int i;

	if (argc != 2 || edfopen_file_readonly(argv[1], &head, EDFLIB_READ_ALL_ANNOTATIONS) < 0) {
		fprintf(stderr, "edf: EDFlib refuses it: %d\n", head.filetype);
		return 1;
	}
	tm.tm_year = head.startdate_year - 1900;
	tm.tm_mon = head.startdate_month - 1;
	tm.tm_mday = head.startdate_day;
	tm.tm_hour = head.starttime_hour;
	tm.tm_min = head.starttime_minute;
	tm.tm_sec = head.starttime_second;
	printf("{\"start\":%lld,\"type\":%d,\"patient\":", (long long)timegm(&tm), head.filetype);
	put_text(head.patientcode);
	printf(",\"recording\":");
	put_text(head.admincode);
	printf(",\"equipment\":");
	put_text(head.equipment);
	printf(",\"seconds\":%lld,\"signals\":{", head.file_duration / EDFLIB_TIME_DIMENSION);
	for (i = 0; i < head.edfsignals; i++) {
		if (i)
			putchar(',');
		put_signal(&head, i);
	}
	printf("},\"annotations\":[");
	for (i = 0; i < head.annotations_in_file; i++)
		put_annotation(&head, i);
	printf("]}\n");
	return edfclose_file(head.handle) ? 1 : 0;
}
