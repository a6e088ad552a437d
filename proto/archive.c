#include "proto/archive.h"

#include <errno.h>
#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uuid/uuid.h>
#include <zstd.h>

#include "common/clock.h"
#include "proto/columns.h"
#include "proto/records.h"

#define MAGIC     "ihht-archive 1 "
#define HASH_AT   (sizeof(MAGIC) - 1)
#define HEAD      (HASH_AT + 64 + 1)
#define COLUMNS   1000000  /* ARCHIVE_ROWS readings, however badly they pack */
#define LEVEL     9

struct draft {
	uint8_t body[ARCHIVE_RECORDS + COLUMNS];
	size_t len;
};

const char *
archive_name(const struct session *session, int64_t part, char name[ARCHIVE_NAME])
{
	time_t began = session->start_us / CLOCK_SECOND;
	struct tm utc;

	(void)gmtime_r(&began, &utc);
	(void)snprintf(name, ARCHIVE_NAME, "%04u-%02u/%s-%lld.ihht", (unsigned)(utc.tm_year + 1900) % 10000,
		       (unsigned)(utc.tm_mon + 1) % 100, session->id, (long long)part);
	return name;
}

static void
hash(const uint8_t *bytes, size_t len, char text[65])
{
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n;
	size_t i;

	ASSERT(EVP_Digest(bytes, len, sum, &n, EVP_sha256(), NULL) == 1 && n == 32);
	for (i = 0; i < 32; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", sum[i]);
}

/* ---- what the readings say of themselves */

static void
sum_up(struct archive *a)
{
	struct row row = {0};
	size_t i;

	(void)uuid_parse(a->session.user_id, row.user);
	a->digest = (struct digest){0};
	a->from_us = a->n ? INT64_MAX : 0;
	a->to_us = 0;
	for (i = 0; i < a->n; i++) {
		row.reading = a->rows[i];
		row.is_valid = !row.reading.invalid;
		digest_add(&a->digest, &row);
		a->from_us = row.reading.taken_us < a->from_us ? row.reading.taken_us : a->from_us;
		a->to_us = row.reading.taken_us > a->to_us ? row.reading.taken_us : a->to_us;
	}
}

static json_t *
manifest(const struct archive *a, int64_t n_records, size_t columns_len)
{
	char digest[DIGEST_TEXT], from[CLOCK_TEXT], to[CLOCK_TEXT], made[CLOCK_TEXT];

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s, s:s, s:I, s:I, s:I, s:s}",
			 "session_id", a->session.id, "local_session_id", a->session.local_session_id,
			 "user_id", a->session.user_id, "device_id", a->session.device_id, "gateway",
			 a->session.gateway, "part", (json_int_t)a->part, "readings", (json_int_t)a->n,
			 "records", (json_int_t)n_records, "from", clock_text(a->from_us, from), "to",
			 clock_text(a->to_us, to), "digest", digest_text(&a->digest, digest),
			 "schema", (json_int_t)msg_reading.version, "records_bytes",
			 (json_int_t)a->records_len, "columns_bytes", (json_int_t)columns_len, "made",
			 clock_text(a->made_us, made));
}

/* How many there are; the first must be the session's row, which is copied.  -1. */
static int64_t
read_records(struct archive *a, struct err *err)
{
	struct records all = {a->records, a->records + a->records_len};
	const struct message *message;
	uint8_t record[RECORDS_MAX];
	int64_t n = 0;
	int r;

	while ((r = records_next(&all, &message, record, err)) > 0)
		if (!n++ && message == &msg_session)
			memcpy(&a->session, record, sizeof(a->session));
		else if (n == 1)
			return err_set(err, EBADMSG, "the session's row is not its first record");
	if (r == 0 && !n)
		return err_set(err, EBADMSG, "without the session's row");
	return r < 0 ? -1 : n;
}

/* ---- packing */

static int
pack_body(struct archive *a, struct draft *d, size_t *columns_len, struct err *err)
{
	memcpy(d->body, a->records, a->records_len);
	if (columns_pack(&msg_reading, a->rows, a->n, d->body + a->records_len, COLUMNS, columns_len,
			 err) < 0)
		return -1;
	d->len = a->records_len + *columns_len;
	return 0;
}

static int
pack(struct archive *a, struct draft *d, uint8_t *out, size_t *len, struct err *err)
{
	size_t columns_len = 0, line, packed;
	int64_t n_records = read_records(a, err);
	json_t *json;

	if (n_records < 0 || pack_body(a, d, &columns_len, err) < 0)
		return -1;
	sum_up(a);
	json = manifest(a, n_records, columns_len);
	line = json_dumpb(json, (char *)out + HEAD, 4000, JSON_COMPACT);
	json_decref(json);
	ASSERT(line && line < 4000);
	out[HEAD + line++] = '\n';
	packed = ZSTD_compress(out + HEAD + line, ARCHIVE_BYTES - HEAD - line, d->body, d->len, LEVEL);
	if (ZSTD_isError(packed))
		return err_set(err, EMSGSIZE, "larger than a file may be");
	*len = HEAD + line + packed;
	hash(out + HEAD, *len - HEAD, a->sha256);
	memcpy(out, MAGIC, HASH_AT);
	memcpy(out + HASH_AT, a->sha256, 64);
	out[HEAD - 1] = '\n';
	return 0;
}

int
archive_pack(struct archive *a, uint8_t *out, size_t *len, struct err *err)
{
	struct draft *d = malloc(sizeof(*d));
	int r;

	ASSERT(d);
	r = pack(a, d, out, len, err);
	free(d);
	return r;
}

/* ---- and back */

static int
check_hash(const uint8_t *in, size_t len, struct archive *a, struct err *err)
{
	if (len <= HEAD || memcmp(in, "ihht-archive ", 13))
		return err_set(err, EBADMSG, "is no archive of readings");
	if (memcmp(in, MAGIC, HASH_AT))
		return err_set(err, EBADMSG, "is of another version of this format");
	hash(in + HEAD, len - HEAD, a->sha256);
	if (memcmp(in + HASH_AT, a->sha256, 64) || in[HEAD - 1] != '\n')
		return err_set(err, EBADMSG, "its SHA-256 is not the one in its first line: it is damaged");
	return 0;
}

/* A number of the manifest that must lie within 0 and `most`; -1 else. */
static int64_t
number(const json_t *json, const char *name, int64_t most, struct err *err)
{
	const json_t *v = json_object_get(json, name);
	int64_t n = json_is_integer(v) ? json_integer_value(v) : -1;

	return n >= 0 && n <= most ? n : err_set(err, EBADMSG, "manifest: %s is wrong", name);
}

static int
inflate(const uint8_t *in, size_t len, struct draft *d, struct err *err)
{
	d->len = ZSTD_decompress(d->body, sizeof(d->body), in, len);
	return ZSTD_isError(d->len) ? err_set(err, EBADMSG, "does not unpack: %s", ZSTD_getErrorName(d->len)) : 0;
}

/* What came out of it must give the same manifest again. */
static int
compare(struct archive *a, const json_t *json, int64_t n_records, size_t columns_len, struct err *err)
{
	const char *made = json_string_value(json_object_get(json, "made"));
	json_t *again;
	int same;

	if (!made || clock_parse(made, &a->made_us) < 0)
		return err_set(err, EBADMSG, "manifest: made is no time");
	sum_up(a);
	again = manifest(a, n_records, columns_len);
	json_object_set(again, "schema", json_object_get(json, "schema"));
	same = json_equal(again, json);
	json_decref(again);
	return same ? 0 : err_set(err, EBADMSG, "its manifest is not that of its rows");
}

static int
unpack_body(struct archive *a, const json_t *json, const struct draft *d, struct err *err)
{
	int64_t readings = number(json, "readings", ARCHIVE_ROWS, err);
	int64_t part = number(json, "part", MSG_COUNT, err);
	int64_t records_len = number(json, "records_bytes", ARCHIVE_RECORDS, err);
	int64_t columns_len = number(json, "columns_bytes", COLUMNS, err), n_records;

	if (readings < 0 || part < 0 || records_len < 0 || columns_len < 0)
		return -1;
	if ((size_t)(records_len + columns_len) != d->len)
		return err_set(err, EBADMSG, "manifest: the bytes are not as many as it says");
	a->part = part;
	a->records_len = (uint32_t)records_len;
	memcpy(a->records, d->body, a->records_len);
	if ((n_records = read_records(a, err)) < 0 ||
	    columns_unpack(&msg_reading, d->body + records_len, (size_t)columns_len, a->rows,
			   (size_t)readings, &a->n, err) < 0)
		return -1;
	return compare(a, json, n_records, (size_t)columns_len, err);
}

static int
unpack(const uint8_t *in, size_t len, struct draft *d, struct archive *a, struct err *err)
{
	const uint8_t *end = memchr(in + HEAD, '\n', len - HEAD);
	json_t *json = end ? json_loadb((const char *)in + HEAD, (size_t)(end - in) - HEAD, 0, NULL) : NULL;
	int r;

	if (!json_is_object(json))
		r = err_set(err, EBADMSG, "its manifest is not JSON");
	else if ((r = inflate(end + 1, len - (size_t)(end + 1 - in), d, err)) == 0)
		r = unpack_body(a, json, d, err);
	json_decref(json);
	return r;
}

int
archive_unpack(const uint8_t *in, size_t len, struct archive *a, struct err *err)
{
	struct draft *d;
	int r;

	if (check_hash(in, len, a, err) < 0)
		return -1;
	d = malloc(sizeof(*d));
	ASSERT(d);
	r = unpack(in, len, d, a, err);
	free(d);
	if (r < 0)
		err->code = EBADMSG;
	return r;
}

int
archive_load(const char *folder, const char *name, struct archive *a, struct err *err)
{
	uint8_t *bytes = malloc(ARCHIVE_BYTES);
	char path[4300];
	FILE *file;
	size_t n = 0;
	int r;

	ASSERT(bytes);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((file = fopen(path, "rbe")))
		n = fread(bytes, 1, ARCHIVE_BYTES, file);
	if (!file || ferror(file))
		r = err_set(err, errno, "%s: %s", path, strerror(errno));
	else if ((r = archive_unpack(bytes, n, a, err)) < 0)
		(void)err_in(err, "%s", path);
	if (file)
		(void)fclose(file);
	free(bytes);
	return r;
}
