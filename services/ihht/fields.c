#include "services/ihht/fields.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

const struct msg_field *
fields_find(const struct message *message, const char *name)
{
	int i;

	for (i = 0; i < message->n_fields; i++)
		if (!strcmp(message->fields[i].name, name))
			return &message->fields[i];
	return NULL;
}

/* Stamped by local-store, not by people. */
static int
is_hidden(const struct msg_field *field)
{
	return !strcmp(field->name, "hlc") || field->kind == MSG_BIN;
}

static int
is_time(const struct msg_field *field)
{
	size_t n = strlen(field->name);

	return n > 3 && !strcmp(field->name + n - 3, "_us");
}

static int
bad(const struct message *message, const struct msg_field *field, const char *why,
    struct err *err)
{
	return err_set(err, EINVAL, "%s.%s: must be %s", message->name, field->name, why);
}

static int
bad_word(const struct message *message, const struct msg_field *field, const char *how,
	 struct err *err)
{
	char list[200];

	return err_set(err, EINVAL, "%s.%s: must be %s of %s", message->name, field->name, how,
		       words_list(field->words, list, sizeof(list)));
}

static int
read_set(const struct message *message, const struct msg_field *field, const char *text,
	 int64_t *set, struct err *err)
{
	char word[64];
	size_t len;
	int w;

	for (*set = 0;; text += len + 1) {
		len = strcspn(text, "+,");
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, text);
		if ((w = words_find(field->words, word)) < 0)
			return bad_word(message, field, "some, joined by +,", err);
		*set |= (int64_t)1 << w;
		if (!text[len])
			return 0;
	}
}

static int
read_whole(const struct message *message, const struct msg_field *field, const char *text,
	   int64_t *value, struct err *err)
{
	char *end;

	if (is_time(field) && clock_parse(text, value) < 0)
		return bad(message, field, "a time such as 2026-11-23T05:06:07Z, or us since 1970",
			   err);
	if (is_time(field))
		return 0;
	errno = 0;
	*value = strtoll(text, &end, 10);
	if (errno || end == text || *end)
		return bad(message, field, "a whole number", err);
	return 0;
}

static int
set_int(const struct message *message, const struct msg_field *field, const char *text, void *msg,
	struct err *err)
{
	int64_t value = -1;

	if (field->kind == MSG_WORD && (value = words_find(field->words, text)) < 0)
		return bad_word(message, field, "one", err);
	if (field->kind == MSG_SET && read_set(message, field, text, &value, err) < 0)
		return -1;
	if (!field->words && read_whole(message, field, text, &value, err) < 0)
		return -1;
	memcpy((char *)msg + field->offset, &value, sizeof(value));
	return 0;
}

static int
set_field(const struct message *message, const struct msg_field *field, const char *text,
	  void *msg, struct err *err)
{
	double real;
	char *end;

	switch (field->kind) {
	case MSG_INT:
	case MSG_OPT:
	case MSG_WORD:
	case MSG_SET:
		return set_int(message, field, text, msg, err);
	case MSG_REAL:
		real = strtod(text, &end);
		if (end == text || *end || real != real)
			return bad(message, field, "a number", err);
		memcpy((char *)msg + field->offset, &real, sizeof(real));
		return 0;
	case MSG_STR:
	case MSG_UUID:
		if (strlen(text) > (size_t)field->max)
			return err_set(err, EINVAL, "%s.%s: at most %lld bytes", message->name,
				       field->name, (long long)field->max);
		memcpy((char *)msg + field->offset, text, strlen(text) + 1);
		return 0;
	case MSG_BIN:
		break;
	}
	return bad(message, field, "bytes, which cannot be given here", err);
}

static int
unknown(const struct message *message, const char *text, size_t len, struct err *err)
{
	char known[220] = "";
	size_t used = 0;
	int i;

	for (i = 0; i < message->n_fields && used < sizeof(known); i++)
		if (!is_hidden(&message->fields[i]))
			used += (size_t)snprintf(known + used, sizeof(known) - used, "%s%s",
						 used ? ", " : "", message->fields[i].name);
	return err_set(err, EINVAL, "%.*s: no such field; there are: %s", (int)len, text, known);
}

int
fields_set(const struct message *message, const char *name, const char *text, void *msg,
	   struct err *err)
{
	const struct msg_field *field;
	size_t len = strcspn(text, "=");
	char given[64];

	if (name)
		return set_field(message, fields_find(message, name), text, msg, err);
	if (!text[len])
		return err_set(err, EINVAL, "%s: write FIELD=VALUE", text);
	(void)snprintf(given, sizeof(given), "%.*s", (int)len, text);
	field = fields_find(message, given);
	if (!field || is_hidden(field))
		return unknown(message, text, len, err);
	return set_field(message, field, text + len + 1, msg, err);
}

static void
print_limits(FILE *to, const struct msg_field *field)
{
	int i, first = 1;

	if (field->words) {
		for (i = 0; i < field->words->n; i++)
			if (*field->words->texts[i]) {
				fprintf(to, "%s%s", first ? "" : field->kind == MSG_SET ? "+" : "|",
					field->words->texts[i]);
				first = 0;
			}
	} else if (is_time(field)) {
		fputs("a time", to);
	} else if (field->kind == MSG_STR) {
		fprintf(to, "text, at most %lld bytes", (long long)field->max);
	} else if (field->kind == MSG_UUID) {
		fputs("UUID", to);
	} else {
		fprintf(to, "%lld to %lld", (long long)field->min, (long long)field->max);
	}
}

void
fields_help(FILE *to, const struct message *message)
{
	const struct msg_field *f;

	for (f = message->fields; f < message->fields + message->n_fields; f++) {
		if (is_hidden(f))
			continue;
		fprintf(to, "  %-27s ", f->name);
		print_limits(to, f);
		fprintf(to, "%s%s\n", *f->meaning ? "; " : "", f->meaning);
	}
}
