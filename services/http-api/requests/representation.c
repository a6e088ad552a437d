#include "services/http-api/requests/representation.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zlib.h>

#define GZIP_WINDOW 31   /* 15 bits and a gzip header */
#define GZIP_LEAST  1000 /* bytes: below it packing gains nothing */

void
etag_of(const char *body, size_t len, char etag[ETAG_MAX])
{
	(void)snprintf(etag, ETAG_MAX, "W/\"%016llx\"", (unsigned long long)XXH3_64bits(body, len));
}

int
etag_listed(const char *list, const char *etag)
{
	const char *opaque = strchr(etag, '"');
	size_t n = strlen(opaque);

	for (; *list; list += strcspn(list, ",")) {
		list += strspn(list, " \t,");
		if (*list == '*' && !list[1])
			return 1;
		if (!strncmp(list, "W/", 2))
			list += 2;
		if (!strncmp(list, opaque, n) && strspn(list + n, " \t,") >= !!list[n])
			return 1;
	}
	return 0;
}

/* "gzip;q=0" is a no. */
static int
is_refused(const char *params)
{
	const char *q = strstr(params, "q=");
	const char *comma = strchr(params, ',');

	if (!q || (comma && comma < q))
		return 0;
	return strtod(q + 2, NULL) <= 0;
}

int
accepts_gzip(const char *accept)
{
	const char *p = accept;

	for (; p && *p; p += strcspn(p, ","), p += *p == ',') {
		p += strspn(p, " \t");
		if (!strncasecmp(p, "gzip", 4) && strspn(p + 4, " \t;,") >= !!p[4])
			return !is_refused(p);
	}
	return 0;
}

char *
gzip(const char *body, size_t len, size_t *packed_len)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)body, .avail_in = (uInt)len,
		      .avail_out = (uInt)len};
	char *packed;

	if (len < GZIP_LEAST || len > UINT32_MAX || !(packed = malloc(len)))
		return NULL;
	z.next_out = (Bytef *)packed;
	if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(packed);
		return NULL;
	}
	if (deflate(&z, Z_FINISH) != Z_STREAM_END) {
		(void)deflateEnd(&z);
		free(packed);
		return NULL;
	}
	*packed_len = z.total_out;
	(void)deflateEnd(&z);
	return packed;
}
