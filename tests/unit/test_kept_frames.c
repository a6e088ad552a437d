/*
 * Frames kept from every version: what was on the wire once must be understood for ever.
 *
 * tests/vectors/frames.txt has for each message "message version", its bytes in hex with
 * what they are, and "=" with the JSON form they must decode to.  When a message got a new
 * version (and never otherwise):  build/release/tests/unit/test_kept_frames --keep
 */
#include <ctype.h>
#include <stdlib.h>

#include "proto/msg_json.h"
#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"
#include "tests/unit/wire.h"

static const char path[] = "tests/vectors/frames.txt";
static int kept[100][100];  /* [message][version]: seen in the file */

struct frame {
	const struct message *message;
	int version, line;
	uint8_t bytes[2000];
	size_t len;
};

static void
add_hex(struct frame *f, const char *p)
{
	unsigned byte;
	int n;

	for (; f->len < sizeof(f->bytes) && sscanf(p, "%2x%n", &byte, &n) == 1 && n == 2; p += 2)
		f->bytes[f->len++] = (uint8_t)byte;
	ok(*p == '\0' || isspace((unsigned char)*p), "line %d: hex at %s", f->line, p);
}

static void
check_frame(const struct frame *f, const char *json)
{
	json_error_t why;
	json_t *want = json_loads(json, 0, &why), *got, *v;
	struct msg_head head;
	struct err err;
	const char *key;
	char *msg;

	if (!ok(want && f->message, "line %d: %s", f->line, want ? "no such message" : why.text))
		return;
	kept[f->message->index][f->version] = 1;
	msg = malloc(f->message->size);
	if (ok(msg_decode(f->message, f->bytes, f->len, &head, msg, &err) == 0, "line %d: %s", f->line,
	       err.text)) {
		is_int(head.version, f->version);
		got = msg_json(f->message, msg);
		json_object_foreach(want, key, v)
			ok(json_equal(v, json_object_get(got, key)), "line %d: %s.%s is not what it was",
			   f->line, f->message->name, key);
		json_decref(got);
	}
	free(msg);
	json_decref(want);
}

TEST(every_kept_frame_means_what_it_meant)
{
	char line[8000], name[64];
	FILE *file = fopen(path, "r");
	struct frame f = {0};
	int n = 0;

	if (!ok(file != NULL, "%s is not here: run in the top folder", path))
		return;
	while (fgets(line, sizeof(line), file)) {
		f.line = ++n;
		if (line[0] == '=') {
			check_frame(&f, line + 1);
		} else if (line[0] == ' ') {
			add_hex(&f, line + 1);
		} else if (line[0] != '#' && line[0] != '\n') {
			f.len = 0;
			ok(sscanf(line, "%60s %d", name, &f.version) == 2 && f.version > 0 && f.version < 100,
			   "line %d", n);
			f.message = msg_find(name, strlen(name));
		}
	}
	fclose(file);
}

TEST(every_version_of_every_message_is_kept)
{
	const struct message *m;
	int i, version;

	for (i = 0; (m = msg_at(i)); i++)
		for (version = 1; version <= m->version; version++)
			ok(kept[i][version], "%s %d: run build/release/tests/unit/test_kept_frames --keep", m->name,
			   version);
}

/* ---- --keep */

static void
print_part(const struct wire *w, size_t from, const char *name, const char *meaning)
{
	for (printf(" "); from < w->len; from++)
		printf("%02x", w->bytes[from]);
	printf("  %s%s%s\n", name, *meaning ? ": " : "", meaning);
}

static void
keep(const struct message *m)
{
	static struct wire w;
	struct msg_head head = {m->version, 1795403600306123, 42};
	char *msg = malloc(m->size), *text;
	json_t *object;
	size_t from;
	int i;

	do  /* short enough to be read, and with few fields absent */
		any_msg(m, msg);
	while (wire_start(&w, &head, (size_t)m->n_fields), wire_fields(&w, m, msg, m->n_fields),
	       w.len > 600 || any(50));
	printf("\n%s %d  %s\n", m->name, m->version, m->meaning);
	wire_start(&w, &head, (size_t)m->n_fields);
	print_part(&w, 0, "head", "how many, version, run, n");
	for (i = 0; i < m->n_fields; i++) {
		from = w.len;
		wire_field(&w, &m->fields[i], msg);
		print_part(&w, from, m->fields[i].name, m->fields[i].meaning);
	}
	object = msg_json(m, msg);
	text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
	printf("=%s\n", text);
	free(text);
	json_decref(object);
	free(msg);
}

/* Prints what is not in the file yet, for >> tests/vectors/frames.txt */
static int
keep_new(void)
{
	const struct message *m;
	int i;

	for (i = 0; (m = msg_at(i)); i++)
		if (!kept[i][m->version])
			keep(m);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--keep")) {
		test_every_kept_frame_means_what_it_meant();
		return test_state.n_bad ? 1 : keep_new();
	}
	RUN(every_kept_frame_means_what_it_meant);
	RUN(every_version_of_every_message_is_kept);
	return test_done();
}
