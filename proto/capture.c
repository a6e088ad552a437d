#include "proto/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- out */

/* A column of its own: no blank may be in it, and it is not the sign for none. */
static const char *
column_of(const char *text)
{
	const unsigned char *p;

	if (!strcmp(text, "-"))
		return NULL;
	for (p = (const unsigned char *)text; *p; p++)
		if (*p <= ' ' || *p == 0x7f)
			return NULL;
	return *text ? text : "-";
}

static size_t
put_hex(char *to, const uint8_t *bytes, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < n; i++) {
		*to++ = digits[bytes[i] >> 4];
		*to++ = digits[bytes[i] & 15];
	}
	if (!n)
		*to++ = '-';
	*to = 0;
	return n ? 2 * n : 1;
}

/* A name is for people: what would break the line is shown as "?". */
static void
put_name(char *to, const char *name)
{
	if (!*name)
		name = "-";
	for (; *name; name++)
		*to++ = (unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name;
	*to = 0;
}

static char *
put_optional(char *to, int64_t value)
{
	return to + (value == MSG_NONE ? sprintf(to, " -") : sprintf(to, " %lld", (long long)value));
}

static char *
put_begin(const struct raw *raw, const char *ports, char *to)
{
	to = put_optional(put_optional(to, raw->zone_us), raw->known_us);
	return to + sprintf(to, " %s ", ports);
}

int
capture_write(const struct raw *raw, char line[CAPTURE_LONGEST], struct err *err)
{
	const char *id, *kind, *ports;
	char *to = line;

	if (msg_check(&msg_raw, raw, err) < 0)
		return -1;
	id = column_of(raw->device_id);
	kind = column_of(raw->kind);
	ports = column_of(raw->port);
	if (!id || !kind || !ports)
		return err_set(err, EBADMSG, "raw.%s: cannot be a column of a capture",
			       !id ? "device_id" : !kind ? "kind" : "port");
	if (raw->what == RAW_NONE)
		return err_set(err, EBADMSG, "raw.what: is missing");
	to += sprintf(to, "%lld %lld %s %s %s", (long long)raw->at_us, (long long)raw->mono_us, id,
		      kind, words_text(&words_raw_what, raw->what));
	if (raw->what == RAW_BEGIN || raw->what == RAW_RUNNING) {
		put_name(put_begin(raw, ports, to), raw->name);
	} else if (raw->what == RAW_HEARD) {
		to += sprintf(to, " %s ", ports);
		put_hex(to, raw->bytes.bytes, raw->bytes.len);
	} else if (raw->what == RAW_END) {
		sprintf(to, " %s", raw->reason ? words_text(&words_gap_reason, raw->reason) : "-");
	}
	return 0;
}

/* ---- in */

struct line {
	const char *at, *end;
	int column;                  /* the one last read, from 1 */
	const char *name;            /* of it */
	char text[1100];             /* its text; "" for "-" */
};

static int
complain(const struct line *l, const char *why, struct err *err)
{
	return err_set(err, EBADMSG, "column %d (%s): %s", l->column, l->name, why);
}

static int
next_column(struct line *l, const char *name, struct err *err)
{
	const char *space;
	size_t len;

	l->column++;
	l->name = name;
	if (l->at > l->end)
		return complain(l, "is missing", err);
	space = memchr(l->at, ' ', (size_t)(l->end - l->at));
	len = (size_t)((space ? space : l->end) - l->at);
	if (!len)
		return complain(l, "is empty; one space between columns, - for none", err);
	if (len >= sizeof(l->text))
		return complain(l, "is too long", err);
	memcpy(l->text, l->at, len);
	l->text[len] = 0;
	l->at += len + 1;
	if (!strcmp(l->text, "-"))
		l->text[0] = 0;
	else if (memchr(l->text, 0, len) || !column_of(l->text))
		return complain(l, "has a control character in it", err);
	return 0;
}

static int
parse_number(const struct line *l, int64_t *value, struct err *err)
{
	const char *digits = l->text + (*l->text == '-');

	if (!*digits || strspn(digits, "0123456789") != strlen(digits) || strlen(digits) > 17)
		return complain(l, "must be a whole number", err);
	*value = strtoll(l->text, NULL, 10);
	return 0;
}

static int
read_number(struct line *l, const char *name, int64_t *value, struct err *err)
{
	return next_column(l, name, err) < 0 ? -1 : parse_number(l, value, err);
}

/* *value stays as it is for "-". */
static int
read_optional(struct line *l, const char *name, int64_t *value, struct err *err)
{
	if (next_column(l, name, err) < 0)
		return -1;
	return *l->text ? parse_number(l, value, err) : 0;
}

static int
read_text(struct line *l, const char *name, char *to, size_t size, struct err *err)
{
	if (next_column(l, name, err) < 0)
		return -1;
	if (strlen(l->text) >= size)
		return complain(l, "is too long", err);
	memcpy(to, l->text, strlen(l->text) + 1);
	return 0;
}

static int
read_word(struct line *l, const char *name, const struct words *words, int64_t *word,
	  struct err *err)
{
	char list[200], why[240];

	if (next_column(l, name, err) < 0)
		return -1;
	*word = words_find(words, l->text);
	if (*word >= 0)
		return 0;
	(void)snprintf(why, sizeof(why), "must be one of %s",
		       words_list(words, list, sizeof(list)));
	return complain(l, why, err);
}

static int
nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
read_bytes(struct line *l, struct raw *raw, struct err *err)
{
	size_t len, i;

	if (next_column(l, "bytes", err) < 0)
		return -1;
	len = strlen(l->text);
	if (len % 2 || len / 2 > sizeof(raw->bytes.bytes))
		return complain(l, "must be up to 512 bytes in hex, two digits each", err);
	for (i = 0; i < len; i += 2) {
		int high = nibble(l->text[i]), low = nibble(l->text[i + 1]);

		if (high < 0 || low < 0)
			return complain(l, "must be hex, in small letters", err);
		raw->bytes.bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	raw->bytes.len = (uint32_t)(len / 2);
	return 0;
}

/* The rest of the line, blanks and all. */
static int
read_name(struct line *l, struct raw *raw, struct err *err)
{
	size_t len, i;

	l->column++;
	l->name = "name";
	if (l->at >= l->end)
		return complain(l, "is missing", err);
	len = (size_t)(l->end - l->at);
	if (len >= sizeof(raw->name))
		return complain(l, "is too long", err);
	for (i = 0; i < len; i++)
		if ((unsigned char)l->at[i] < ' ' || l->at[i] == 0x7f)
			return complain(l, "has a control character in it", err);
	if (len != 1 || *l->at != '-') {
		memcpy(raw->name, l->at, len);
		raw->name[len] = 0;
	}
	l->at = l->end + 1;
	return 0;
}

static int
read_begin(struct line *l, struct raw *raw, struct err *err)
{
	if (read_optional(l, "zone_us", &raw->zone_us, err) < 0 ||
	    read_optional(l, "known_us", &raw->known_us, err) < 0)
		return -1;
	if (read_text(l, "ports", raw->port, sizeof(raw->port), err) < 0)
		return -1;
	return read_name(l, raw, err);
}

static int
read_rest(struct line *l, struct raw *raw, struct err *err)
{
	switch ((enum raw_what)raw->what) {
	case RAW_BEGIN:
	case RAW_RUNNING:
		return read_begin(l, raw, err);
	case RAW_HEARD:
		if (read_text(l, "port", raw->port, sizeof(raw->port), err) < 0)
			return -1;
		return read_bytes(l, raw, err);
	case RAW_END:
		return read_word(l, "reason", &words_gap_reason, &raw->reason, err);
	case RAW_DUE:
		return 0;
	case RAW_NONE:
		break;
	}
	return complain(l, "must be one of begin, heard, due, end, running", err);
}

int
capture_read(const char *text, size_t len, struct raw *out, struct err *err)
{
	struct line l = {.at = text, .end = text + len};
	struct raw raw;

	if (!len || *text == '#')
		return 0;
	msg_clear(&msg_raw, &raw);
	if (read_number(&l, "at_us", &raw.at_us, err) < 0 ||
	    read_number(&l, "mono_us", &raw.mono_us, err) < 0 ||
	    read_text(&l, "device_id", raw.device_id, sizeof(raw.device_id), err) < 0 ||
	    read_text(&l, "kind", raw.kind, sizeof(raw.kind), err) < 0 ||
	    read_word(&l, "what", &words_raw_what, &raw.what, err) < 0 ||
	    read_rest(&l, &raw, err) < 0)
		return -1;
	if (l.at <= l.end)
		return err_set(err, EBADMSG, "column %d: there must be %d", l.column + 1, l.column);
	if (msg_check(&msg_raw, &raw, err) < 0)
		return -1;
	*out = raw;
	return 1;
}
