#include "proto/ids.h"

#include <stdio.h>
#include <string.h>
#include <uuid/uuid.h>
#include <xxhash.h>

/* Made once with uuidgen; changing it would give every row a new id. */
static const char name_space[] = "5f0c1f1e-7a58-4c57-9b6e-3b0f6e4f2a11";

struct name {
	char bytes[512];
	size_t len;
};

static void
add_part(struct name *name, const void *bytes, size_t len)
{
	int head = snprintf(name->bytes + name->len, sizeof(name->bytes) - name->len, "%zu:", len);

	name->len += (size_t)head;
	ASSERT(name->len + len <= sizeof(name->bytes));
	memcpy(name->bytes + name->len, bytes, len);
	name->len += len;
}

static struct name
start(const char *kind)
{
	struct name name = {.len = 0};

	add_part(&name, kind, strlen(kind));
	return name;
}

static void
add_text(struct name *name, const char *text)
{
	add_part(name, text, strlen(text));
}

static void
add_number(struct name *name, int64_t v)
{
	char text[24];

	add_part(name, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)v));
}

static void
add_digest(struct name *name, const void *bytes, size_t len)
{
	XXH128_canonical_t digest;  /* the same on every machine */

	XXH128_canonicalFromHash(&digest, XXH3_128bits(bytes, len));
	add_part(name, &digest, sizeof(digest));
}

static void
finish(const struct name *name, ids_uuid id)
{
	uuid_t ns, out;

	ASSERT(uuid_parse(name_space, ns) == 0);
	uuid_generate_sha1(out, ns, name->bytes, name->len);
	uuid_unparse_lower(out, id);
}

void
ids_session(const char *local_session_id, ids_uuid id)
{
	struct name name = start("session");

	add_text(&name, local_session_id);
	finish(&name, id);
}

void
ids_survey(const char *session_id, ids_uuid id)
{
	struct name name = start("survey");

	add_text(&name, session_id);
	finish(&name, id);
}

void
ids_response(const char *session_id, int64_t phase_number, ids_uuid id)
{
	struct name name = start("response");

	add_text(&name, session_id);
	add_number(&name, phase_number);
	finish(&name, id);
}

void
ids_event(const struct event *event, ids_uuid id)
{
	struct name name = start("event");

	add_text(&name, event->session_id);
	add_number(&name, event->event_type);
	add_number(&name, event->event_us);
	add_number(&name, event->altitude_phase_number);
	add_number(&name, event->recovery_phase_number);
	finish(&name, id);
}

void
ids_phase_stats(const char *session_id, int64_t phase_type, int64_t phase_number, ids_uuid id)
{
	struct name name = start("phase_stats");

	add_text(&name, session_id);
	add_number(&name, phase_type);
	add_number(&name, phase_number);
	finish(&name, id);
}

void
ids_bundle(const char *gateway, const void *records, size_t records_len, const void *columns,
	   size_t columns_len, ids_uuid id)
{
	struct name name = start("bundle");

	add_text(&name, gateway);
	add_digest(&name, records, records_len);
	add_digest(&name, columns, columns_len);
	finish(&name, id);
}

void
ids_keyed(const char *caller, const char *key, ids_uuid id)
{
	struct name name = start("keyed");

	add_text(&name, caller);
	add_text(&name, key);
	finish(&name, id);
}

void
ids_random(ids_uuid id)
{
	uuid_t out;

	uuid_generate_random(out);
	uuid_unparse_lower(out, id);
}

int
ids_valid(const char *text)
{
	uuid_t out;
	ids_uuid back;

	if (strlen(text) != 36 || uuid_parse(text, out) < 0)
		return 0;
	uuid_unparse_lower(out, back);
	return !strcmp(back, text);
}

void
ids_local_session(int64_t now_us, char id[IDS_LOCAL])
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	uuid_t random;
	char tail[7];
	int i;

	uuid_generate_random(random);
	for (i = 0; i < 6; i++)
		tail[i] = digits[(random[i * 2] << 8 | random[i * 2 + 1]) % 36];
	tail[6] = 0;
	(void)snprintf(id, IDS_LOCAL, "IHHT_%lld_%s", (long long)(now_us / 1000), tail);
}
