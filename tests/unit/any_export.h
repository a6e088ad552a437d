/*
 * any_export - an export into memory, and what must hold of every file
 */
#ifndef ANY_EXPORT_H
#define ANY_EXPORT_H

#include <jansson.h>
#include <stdlib.h>

#include "services/http-api/export/export.h"
#include "services/http-api/export/thrift.h"

static inline int
export_keep(void *out, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	bytes_add(out, bytes, n);
	return 0;
}

static const struct export_about export_any_about = {1767225600000000, "a \"test\"", MSG_NONE, MSG_NONE, 1};

/* NULL, or what is wrong with the file. */
static inline const char *
export_wrong(const struct format *format, const struct bytes *out)
{
	const char *at = (const char *)out->at;
	uint32_t footer;
	json_t *json;
	size_t i, head;

	if (format == &format_parquet) {
		if (out->n < 12 || memcmp(at, "PAR1", 4) || memcmp(at + out->n - 4, "PAR1", 4))
			return "no Parquet";
		memcpy(&footer, at + out->n - 8, sizeof(footer));
		return footer <= out->n - 12 ? NULL : "the footer is longer than the file";
	}
	if (format == &format_edf) {
		head = out->n >= 256 ? (size_t)atoi(at + 184) : 0;
		for (i = 0; i < head && i < out->n; i++)
			if (at[i] < ' ' || at[i] > '~')
				return "the head is no ASCII";
		return head && (out->n - head) % (size_t)atoi(at + 236) == 0 ? NULL : "records of different size";
	}
	if (format == &format_csv)
		return out->n >= 2 && !memcmp(at + out->n - 2, "\r\n", 2) ? NULL : "the last line has no end";
	json = json_loadb(at, out->n, JSON_REJECT_DUPLICATES, NULL);
	json_decref(json);
	return json ? NULL : "no JSON";
}

#endif
