/*
 * seeds - what a fuzzer begins with: valid input of its kind
 *
 *	seeds msg|columns|records|msg_json|clock FOLDER
 *
 * For another name it writes nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "proto/columns.h"
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

static const struct {
	const char *name;
	size_t (*seed)(int n);
} kinds[] = {{"msg", seed_msg}, {"columns", seed_columns}, {"records", seed_records},
	     {"msg_json", seed_msg_json}, {"clock", seed_clock}};

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
