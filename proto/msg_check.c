/* The checks: the same whether a value came from the wire, from JSON or from our own code. */
#include "proto/msg_parts.h"

#include <errno.h>
#include <string.h>

int
msg_bad(const struct message *message, const struct msg_field *field, const char *why,
	struct err *err)
{
	return err_set(err, EBADMSG, "%s.%s: %s", message->name, field->name, why);
}

int
msg_check_int(const struct message *m, const struct msg_field *f, int64_t v, struct err *err)
{
	char list[200];

	if (f->kind == MSG_WORD && (v < 0 || v >= f->words->n))
		return err_set(err, EBADMSG, "%s.%s: must be one of %s", m->name, f->name,
			       words_list(f->words, list, sizeof(list)));
	if (f->kind == MSG_SET && (v < 0 || v >> f->words->n))
		return err_set(err, EBADMSG, "%s.%s: must be some of %s", m->name, f->name,
			       words_list(f->words, list, sizeof(list)));
	if (!f->words && (v < f->min || v > f->max))
		return err_set(err, EBADMSG, "%s.%s: must be from %lld to %lld", m->name, f->name,
			       (long long)f->min, (long long)f->max);
	return 0;
}

int
msg_check_real(const struct message *m, const struct msg_field *f, double v, struct err *err)
{
	if (!(v >= (double)f->min && v <= (double)f->max))
		return err_set(err, EBADMSG, "%s.%s: must be from %lld to %lld", m->name, f->name,
			       (long long)f->min, (long long)f->max);
	return 0;
}

static int
is_uuid(const char *text)
{
	int i;

	for (i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? text[i] != '-'
		    : !text[i] || !strchr("0123456789abcdef", text[i]))
			return 0;
	return 1;
}

/* Without NUL, which would cut the text short in C and is refused by Postgres. */
static int
is_utf8(const char *s, size_t len)
{
	static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s, *end = p + len;
	uint32_t rune;
	int more, i;

	while (p < end) {
		more = *p < 0x80 ? 0 : *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
		if (!*p || (more && (*p < 0xc2 || *p > 0xf4)) || end - p <= more)
			return 0;
		rune = more ? *p & (0x3fu >> more) : *p;
		for (p++, i = 0; i < more; i++, p++) {
			if ((*p & 0xc0) != 0x80)
				return 0;
			rune = rune << 6 | (*p & 0x3fu);
		}
		if (rune < least[more] || rune > 0x10ffff || (rune >= 0xd800 && rune <= 0xdfff))
			return 0;
	}
	return 1;
}

int
msg_check_bytes(const struct message *m, const struct msg_field *f, const char *bytes, size_t len,
		struct err *err)
{
	if (len < (size_t)f->min || len > (size_t)f->max)
		return f->min == f->max
			       ? err_set(err, EBADMSG, "%s.%s: must be %lld bytes", m->name, f->name,
					 (long long)f->min)
			       : err_set(err, EBADMSG, "%s.%s: must be %lld to %lld bytes", m->name,
					 f->name, (long long)f->min, (long long)f->max);
	if (f->kind == MSG_UUID && len && (len != 36 || !is_uuid(bytes)))
		return msg_bad(m, f, "must be a UUID in lower case", err);
	if (f->kind == MSG_STR && !is_utf8(bytes, len))
		return msg_bad(m, f, "must be UTF-8 without NUL", err);
	return 0;
}

int
msg_check_field(const struct message *m, const struct msg_field *f, const void *msg,
		struct err *err)
{
	switch (f->kind) {
	case MSG_OPT:
	case MSG_REAL:
		if (msg_absent(f, msg))
			return 0;
		if (f->kind == MSG_REAL)
			return msg_check_real(m, f, msg_real(f, msg), err);
		return msg_check_int(m, f, msg_int(f, msg), err);
	case MSG_INT:
	case MSG_WORD:
	case MSG_SET:
		return msg_check_int(m, f, msg_int(f, msg), err);
	case MSG_STR:
	case MSG_UUID:
		return msg_check_bytes(m, f, msg_str(f, msg),
				   strnlen(msg_str(f, msg), (size_t)f->max + 1), err);
	case MSG_BIN:
		return msg_check_bytes(m, f, (const char *)msg_bin(f, msg)->bytes,
				   msg_bin(f, msg)->len, err);
	}
	return 0;
}

int
msg_check(const struct message *message, const void *msg, struct err *err)
{
	int i;

	for (i = 0; i < message->n_fields; i++)
		if (msg_check_field(message, &message->fields[i], msg, err) < 0)
			return -1;
	return 0;
}
