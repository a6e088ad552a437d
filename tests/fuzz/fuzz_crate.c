/* What is opened as a crate must be bundles within limits, and packed again give the same. */
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "proto/crate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST (2 * CRATE_BYTES)

static uint8_t bytes[CRATE_BYTES];
static struct crate_item items[CRATE_BUNDLES];

/* What can be taken out, copied; how many. */
static size_t
take_out(struct crate_opener *opener, const struct crate *crate)
{
	const struct bundle *b;
	struct err err;
	uint8_t *p = bytes;
	size_t n = 0;
	int r;

	if (crate_open(opener, crate, &err) < 0)
		return 0;
	while ((r = crate_next(opener, "home", &b, &err)) != 0) {
		if (r < 0)
			continue;
		ASSERT(msg_check(&msg_bundle, b, &err) == 0);
		ASSERT(b->records.len + b->columns.len <= (size_t)(bytes + sizeof(bytes) - p));
		items[n++] = (struct crate_item){p, p + b->records.len, b->records.len, b->columns.len,
						 b->readings, b->fresh};
		memcpy(p, b->records.bytes, b->records.len);
		memcpy(p + b->records.len, b->columns.bytes, b->columns.len);
		p += b->records.len + b->columns.len;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct crate_opener *opener;
	static struct crate crate;
	const struct bundle *b;
	struct err err;
	size_t i, n;

	if (!opener)
		opener = crate_opener_new();
	if (!size || size > MOST)
		return 0;
	crate.bundles = data[0];
	crate.content.len = (uint32_t)ZSTD_compress(crate.content.bytes, sizeof(crate.content.bytes),
						    data + 1, size - 1, 1);
	if (!(n = take_out(opener, &crate)))
		return 0;
	ASSERT(crate_pack(items, n, &crate, &err) == 0);
	ASSERT(crate_open(opener, &crate, &err) == 0 && crate_left(opener) == n);
	for (i = 0; i < n; i++) {
		ASSERT(crate_next(opener, "home", &b, &err) == 1);
		ASSERT(b->records.len == items[i].records_len && b->columns.len == items[i].columns_len);
		ASSERT(!memcmp(b->records.bytes, items[i].records, b->records.len));
		ASSERT(!memcmp(b->columns.bytes, items[i].columns, b->columns.len));
		ASSERT(b->readings == items[i].readings && b->fresh == items[i].fresh);
	}
	return 0;
}
