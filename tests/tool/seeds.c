/*
 * seeds - what a fuzzer begins with: valid input of its kind
 *
 *	seeds msg|columns|records|crate|msg_json|clock|devices FOLDER
 *
 * For another name it writes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "common/clock.h"
#include "proto/columns.h"
#include "proto/crate.h"
#include "proto/ids.h"
#include "proto/msg_json.h"
#include "proto/records.h"
#include "tests/unit/any_msg.h"

static uint8_t bytes[1 << 20];
static char msg[1 << 20];
static struct reading rows[20];

static size_t
seed_msg(int n)
{
	const struct message *m = msg_at(n % 23);
	struct msg_head head = {1, 5, n};
	struct err err;
	size_t len = 0;

	if (!m)
		return 0;
	any_msg(m, msg);
	bytes[0] = (uint8_t)m->index;
	head.version = m->version;
	return msg_encode(m, &head, msg, bytes + 1, sizeof(bytes) - 1, &len, &err) < 0 ? 0 : len + 1;
}

static size_t
seed_columns(int n)
{
	size_t i, len = 0;
	struct err err;

	for (i = 0; i < (size_t)n % 20; i++)
		any_msg(&msg_reading, &rows[i]);
	return columns_pack(&msg_reading, rows, (size_t)n % 20, bytes, sizeof(bytes), &len, &err) < 0
		       ? 0 : len;
}

static size_t
seed_records(int n)
{
	static const struct message *const records[] = {&msg_session, &msg_survey, &msg_event, &msg_gap,
					       &msg_phase_stats, &msg_progression};
	struct err err;
	const struct message *m;
	uint32_t len = 0;
	int i;

	for (i = 0; i < n % 4; i++) {
		m = records[any(6)];
		any_msg(m, msg);
		(void)records_add(bytes, sizeof(bytes), &len, m, msg, &err);
	}
	return len;
}

/* How many, then the content before zstd, as fuzz_crate.c takes it. */
static size_t
seed_crate(int n)
{
	static uint8_t room[4][CRATE_BYTES / 4];
	static struct crate crate;
	struct crate_item items[4];
	struct session s;
	struct err err;
	uint32_t len;
	size_t columns;
	int i;

	for (i = 0; i <= n % 4; i++) {
		len = 0;
		any_msg(&msg_session, &s);
		strcpy(s.local_session_id, "IHHT_1_abcdef");
		ids_session(s.local_session_id, s.id);
		(void)records_add(room[i], sizeof(room[i]), &len, &msg_session, &s, &err);
		columns = seed_columns(n + i);
		memcpy(room[i] + len, bytes, columns);
		items[i] = (struct crate_item){room[i], room[i] + len, len, (uint32_t)columns, (n + i) % 20, i % 2};
	}
	if (crate_pack(items, (size_t)i, &crate, &err) < 0)
		return 0;
	bytes[0] = (uint8_t)i;
	return 1 + ZSTD_decompress(bytes + 1, sizeof(bytes) - 1, crate.content.bytes, crate.content.len);
}

static size_t
seed_msg_json(int n)
{
	const struct message *m = msg_at(n % 23);
	json_t *object;
	size_t len;

	if (!m)
		return 0;
	any_msg(m, msg);
	object = msg_json(m, msg);
	bytes[0] = (uint8_t)m->index;
	len = json_dumpb(object, (char *)bytes + 1, sizeof(bytes) - 1, 0);
	json_decref(object);
	return len + 1;
}

static size_t
seed_clock(int n)
{
	static const char *const ends[] = {"", "Z", "+02", "+0200", "-05:30"};
	char text[CLOCK_TEXT];

	clock_text((int64_t)any(4102444800000000), text);
	text[19 + (size_t)(n % 3) * 3] = 0;
	return (size_t)snprintf((char *)bytes, sizeof(bytes), "%s%s", text, ends[n % 5]);
}

/* Each sixth line of the vectors of a kind, and `before` the steps that lead to it (see
 * fuzz_devices.c). */
static const struct {
	const char *file, *kind, *before;
	size_t n_before;
} vectors[] = {
	{"berry", "berry", "", 0}, {"berry_bci", "berry", "", 0}, {"contec", "contec", "", 0}, {"hrs", "hrs", "", 0},
	{"nonin", "nonin", "", 0}, {"oxyii", "oxyii", "\2\0\2\0\2\0", 6}, {"pc60fw", "pc60fw", "", 0},
	{"plx", "plx", "\10\2\14\0\200\0\0\1\14\4\5\0\5\0", 14}, {"viatom", "viatom", "\2\2{}", 4},
	{"viatom_1b", "viatom", "\2\2{}\2\4\377\0\0\0\27", 11},
};

static uint8_t
sum_of(const char *kind)
{
	unsigned sum = 0;

	while (*kind)
		sum += (uint8_t)*kind++;
	return (uint8_t)sum;
}

/* A ring whose recording is read: it tells of it, is worn, an hour is recalled. */
static size_t
seed_ring_files(void)
{
	static const char told[] = "\x02\x1d{\"FileList\":\"20251123040000\"}",
		value[] = "\x02\x0d\x61\x48\0\0\0\0\0\x50\0\0\x36\x01\0", recall[] = "\x80\0\0\x3c",
		soon[] = "\x0b", size[] = "\x02\x04\x37\0\0\0",
		block[] = "\x02\x37\3\0\xe9\7\x0b\x17\4\0\0\x37\0\0\0\x0c\0________________________"
			  "_\x61\x48\0\1\0\x60\x48\0\1\0\xff\xff\xff\1\0", closed[] = "\x02\0";
	static const struct { const char *bytes; size_t len; } steps[] = {
		{told, sizeof(told) - 1}, {value, sizeof(value) - 1},
		{recall, sizeof(recall) - 1}, {told, sizeof(told) - 1}, {soon, 1},
		{size, sizeof(size) - 1}, {block, sizeof(block) - 1}, {closed, sizeof(closed) - 1},
		{"\x17", 1}, {value, sizeof(value) - 1},
	};
	size_t i, len = 2;

	bytes[0] = sum_of("viatom");
	bytes[1] = 0;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); len += steps[i++].len)
		memcpy(bytes + len, steps[i].bytes, steps[i].len);
	return len;
}

static size_t
seed_devices(int n)
{
	size_t v = (size_t)n % (sizeof(vectors) / sizeof(vectors[0])), len = 0, at;
	char path[100], line[2000];
	int skip = n / 10 * 6, used;
	unsigned port, byte;
	FILE *file;

	if (n == 59)
		return seed_ring_files();
	snprintf(path, sizeof(path), "tests/vectors/%s.txt", vectors[v].file);
	if (!(file = fopen(path, "r")))
		return 0;
	while (fgets(line, sizeof(line), file) && (line[0] < '0' || line[0] > '9' || skip-- > 0))
		;
	fclose(file);
	if (sscanf(line, "%u %n", &port, &used) != 1)
		return 0;
	bytes[len++] = sum_of(vectors[v].kind);
	bytes[len++] = 0;
	memcpy(bytes + len, vectors[v].before, vectors[v].n_before);
	len += vectors[v].n_before;
	bytes[len++] = (uint8_t)(port << 2);
	at = len++;
	for (; line[used] && line[used] != '='; used++)
		if (sscanf(line + used, "%2x", &byte) == 1 && line[used] != ' ' && line[used] != '/') {
			bytes[len++] = (uint8_t)byte;
			used++;
		}
	bytes[at] = (uint8_t)(len - at - 1);
	bytes[len++] = 5 << 2 | 3;
	return len;
}

static const struct {
	const char *name;
	size_t (*seed)(int n);
} kinds[] = {{"msg", seed_msg}, {"columns", seed_columns}, {"records", seed_records}, {"crate", seed_crate},
	     {"msg_json", seed_msg_json}, {"clock", seed_clock},
	     {"devices", seed_devices}};

int
main(int argc, char **argv)
{
	char path[500];
	size_t i, len;
	FILE *file;
	int n;

	if (argc != 3)
		return 1;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (n = 0; n < 60 && !strcmp(kinds[i].name, argv[1]); n++) {
			len = kinds[i].seed(n);
			snprintf(path, sizeof(path), "%s/seed-%d", argv[2], n);
			if (!(file = fopen(path, "w")))
				return 1;
			fwrite(bytes, 1, len, file);
			fclose(file);
		}
	return 0;
}
