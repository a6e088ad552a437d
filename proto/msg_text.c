/* A message as one line that a person can read. */
#include "proto/msg_parts.h"

#include <stdio.h>
#include <string.h>

static size_t
text_set(const struct msg_field *f, int64_t v, char *text, size_t size)
{
	size_t used = 0;
	int i;

	for (i = 0; i < f->words->n && used < size; i++)
		if (v >> i & 1)
			used += (size_t)snprintf(text + used, size - used, "%s%s",
						 used ? "+" : "", f->words->texts[i]);
	return used;
}

/* In quotes, on one line, whatever a device or a person wrote. */
static size_t
text_str(const char *s, char *text, size_t size)
{
	size_t n = (size_t)snprintf(text, size, "\"%s\"", s), i;

	for (i = 1; i + 1 < n && i + 1 < size; i++) {
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			text[i] = ' ';
		else if (text[i] == '"')
			text[i] = '\'';
		else if (text[i] == '\xc2' && text[i + 1] && (unsigned char)text[i + 1] < 0xa0)
			text[i] = text[i + 1] = ' ';  /* the control characters above ASCII */
	}
	return n;
}

static size_t
text_field(const struct msg_field *f, const void *msg, char *text, size_t size)
{
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		return (size_t)snprintf(text, size, "%lld", (long long)msg_int(f, msg));
	case MSG_REAL:
		return (size_t)snprintf(text, size, "%.10g", msg_real(f, msg));
	case MSG_WORD:
		return (size_t)snprintf(text, size, "%s", words_text(f->words, msg_int(f, msg)));
	case MSG_SET:
		return text_set(f, msg_int(f, msg), text, size);
	case MSG_UUID:
		return (size_t)snprintf(text, size, "%s", msg_str(f, msg));
	case MSG_STR:
		return text_str(msg_str(f, msg), text, size);
	case MSG_BIN:
		return (size_t)snprintf(text, size, "<%u bytes>", msg_bin(f, msg)->len);
	}
	return 0;
}

void
msg_text(const struct message *message, const void *msg, char *text, size_t size)
{
	const struct msg_field *f = message->fields;
	size_t used = (size_t)snprintf(text, size, "%s", message->name);

	for (; f < message->fields + message->n_fields && used + 1 < size; f++) {
		if (msg_absent(f, msg) || !strcmp(f->name, "request_id"))
			continue;
		used += (size_t)snprintf(text + used, size - used, " %s=", f->name);
		if (used < size)
			used += text_field(f, msg, text + used, size - used);
	}
}
