#include "services/http-api/commands/legacy.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

#define NAME_MOST   48
#define FIELDS_MOST 40
#define LIST_MOST   1000  /* bytes of a list inside text */

/* Under which name, and how good a name, each field has been given. */
struct given {
	const char *name[FIELDS_MOST];
	int rank[FIELDS_MOST];
};

/* What has other words for the same in the app's history. */
static const char *const old_words[][3] = {
	{"phase", "HYPOXIC", "ALTITUDE"},
	{"phase", "HYPOXIA", "ALTITUDE"},
	{"phase", "HYPEROXIC", "RECOVERY"},
	{"phase", "HYPEROXIA", "RECOVERY"},
	{"phase", "TERMINATED", "COMPLETED"},
	{"event_type", "altitude_complete", "altitude_phase_complete"},
	{"event_type", "mask_lift_escalated", "mask_lift"},
	{"event_type", "dial_adjustment_confirmed", "dial_adjustment"},
};

/* "spo2Value" to "spo2_value"; 0 when it is too long to be a name of ours. */
static int
to_snake(const char *from, char to[NAME_MOST])
{
	size_t n = 0, i;

	for (i = 0; from[i]; i++) {
		if (n + 2 >= NAME_MOST)
			return 0;
		if (isupper((unsigned char)from[i]) && i && from[i - 1] != '_')
			to[n++] = '_';
		to[n++] = (char)tolower((unsigned char)from[i]);
	}
	to[n] = 0;
	return 1;
}

const json_t *
legacy_find(const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);
	char camel[NAME_MOST];
	size_t n = 0;

	if (!v) {
		for (; *name && n + 1 < sizeof(camel); name++)
			camel[n++] = *name == '_' && name[1]
					     ? (char)toupper((unsigned char)*++name) : *name;
		camel[n] = 0;
		v = json_object_get(object, camel);
	}
	return json_is_null(v) ? NULL : v;
}

int
legacy_time(const json_t *value, int64_t *utc_us)
{
	char text[32];

	if (json_is_string(value))
		return clock_parse(json_string_value(value), utc_us);
	if (json_is_integer(value))
		(void)snprintf(text, sizeof(text), "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		(void)snprintf(text, sizeof(text), "%.6f", json_real_value(value));
	else
		return -1;
	return clock_parse(text, utc_us);
}

/* ---- one value */

static void
put(const struct msg_field *f, void *msg, const void *value)
{
	memcpy((char *)msg + f->offset, value, 8);
}

static int
is_time(const struct msg_field *f)
{
	size_t n = strlen(f->name);

	return n > 3 && !strcmp(f->name + n - 3, "_us");
}

static const char *
take_number(const struct msg_field *f, const json_t *v, void *msg)
{
	double d = json_number_value(v);
	int64_t n;

	if (is_time(f)) {
		if (legacy_time(v, &n) < 0)
			return "must be ISO 8601 text, or seconds, ms or us since 1970";
		put(f, msg, &n);
		return NULL;
	}
	if (!json_is_number(v))
		return "must be a number";
	if (f->kind == MSG_REAL) {
		put(f, msg, &d);
		return NULL;
	}
	if (json_is_real(v) && (rint(d) != d || fabs(d) > 9e15))
		return "must be an integer";
	n = json_is_real(v) ? (int64_t)d : json_integer_value(v);
	if (n == MSG_NONE)
		return "must be an integer";
	put(f, msg, &n);
	return NULL;
}

static int
find_word(const struct words *words, const char *text)
{
	size_t k;
	int i;

	for (i = 0; i < words->n; i++)
		if (!strcasecmp(words->texts[i], text))
			return i;
	for (k = 0; k < sizeof(old_words) / sizeof(old_words[0]); k++)
		if (!strcmp(old_words[k][0], words->name) && !strcasecmp(old_words[k][1], text))
			return words_find(words, old_words[k][2]);
	return -1;
}

static const char *
take_word(const struct msg_field *f, const json_t *v, void *msg)
{
	int64_t word = json_is_string(v) ? find_word(f->words, json_string_value(v)) : -1;

	if (word < 0)
		return "must be one of ";
	put(f, msg, &word);
	return NULL;
}

static const char *
take_set(const struct msg_field *f, const json_t *v, void *msg)
{
	/* body.h has not bounded what is inside text */
	json_t *parsed = json_is_string(v) && json_string_length(v) < LIST_MOST
				 ? json_loads(json_string_value(v), 0, NULL) : NULL, *item;
	json_t *list = parsed ? parsed : (json_t *)v;
	const char *complaint = json_is_array(list) ? NULL : "must be a list of ";
	int64_t set = 0;
	size_t i;
	int word;

	json_array_foreach(list, i, item) {
		word = json_is_string(item) ? find_word(f->words, json_string_value(item)) : -1;
		if (word < 0)
			complaint = "must be a list of ";
		else
			set |= (int64_t)1 << word;
	}
	json_decref(parsed);
	if (!complaint)
		put(f, msg, &set);
	return complaint;
}

static const char *
take_text(const struct msg_field *f, const json_t *v, void *msg)
{
	char *dumped = json_is_object(v) ? json_dumps(v, JSON_COMPACT) : NULL;
	const char *text = dumped ? dumped : json_string_value(v), *complaint = NULL;
	char *to = (char *)msg + f->offset;
	size_t len = text ? strlen(text) : 0, i;

	if (!text)
		complaint = "must be text";
	else if (len > (size_t)f->max)
		complaint = "is too long";
	else
		memcpy(to, text, len + 1);
	if (!complaint && f->kind == MSG_UUID)
		for (i = 0; i < len; i++)
			to[i] = (char)tolower((unsigned char)to[i]);
	free(dumped);
	return complaint;
}

/* NULL, or what would be right. */
static const char *
take_value(const struct msg_field *f, const json_t *v, void *msg)
{
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
	case MSG_REAL:
		return take_number(f, v, msg);
	case MSG_WORD:
		return take_word(f, v, msg);
	case MSG_SET:
		return take_set(f, v, msg);
	case MSG_STR:
	case MSG_UUID:
		return take_text(f, v, msg);
	case MSG_BIN:
		break;
	}
	return "must not be given";
}

/* ---- one row */

static int
field_at(const struct message *m, const char *name)
{
	int i;

	for (i = 0; i < m->n_fields; i++)
		if (!strcmp(m->fields[i].name, name))
			return i;
	return -1;
}

/* The field a name stands for, -1 none; *rank: 0 its own name, the lower the better. */
static int
find_field(const struct message *m, const struct legacy_name *names, const char *snake, int *rank)
{
	int i;

	*rank = 0;
	for (i = 0; names[i].from; i++)
		if (!strcmp(names[i].from, snake)) {
			*rank = names[i].to ? i + 1 : -1;
			return names[i].to ? field_at(m, names[i].to) : -1;
		}
	/* ours to set, not a caller's */
	return !strcmp(snake, "hlc") || !strcmp(snake, "request_id") ? -1 : field_at(m, snake);
}

static int
take_pair(const struct message *m, const struct legacy_name *names, const char *name,
	  const json_t *v, struct given *given, void *msg, struct err *err)
{
	char snake[NAME_MOST], list[240] = "";
	const char *complaint;
	int rank = 0, i = to_snake(name, snake) ? find_field(m, names, snake, &rank) : -1;

	if (i < 0)
		return rank < 0 ? 0 : err_set(err, EBADMSG, "%s.%.40s: no such field", m->name, name);
	if (json_is_null(v) || (given->name[i] && given->rank[i] <= rank))
		return 0;
	given->name[i] = name;
	given->rank[i] = rank;
	if (!(complaint = take_value(&m->fields[i], v, msg)))
		return 0;
	if (m->fields[i].words)
		(void)words_list(m->fields[i].words, list, sizeof(list));
	return err_set(err, EBADMSG, "%s.%.40s: %s%s", m->name, name, complaint, list);
}

/* An INT has no value that means absent; counts of any size are 0 when not given. */
static int
check_missing(const struct message *m, const struct legacy_name *names,
	      const struct given *given, struct err *err)
{
	const char *name;
	int i, k;

	for (i = 0; i < m->n_fields; i++) {
		if (given->name[i] || m->fields[i].kind != MSG_INT || m->fields[i].max >= MSG_COUNT)
			continue;
		name = m->fields[i].name;
		for (k = 0; names[k].from; k++)
			if (names[k].to && !strcmp(names[k].to, m->fields[i].name)) {
				name = names[k].from;  /* the app's own, rather than ours */
				break;
			}
		return err_set(err, EBADMSG, "%s.%s: must be given", m->name, name);
	}
	return 0;
}

/* msg_check() names our field: say it by the caller's name. */
static int
check(const struct message *m, const struct given *given, const void *msg, struct err *err)
{
	struct err why;
	const char *colon;
	int i;

	if (msg_check(m, msg, &why) == 0)
		return 0;
	colon = strstr(why.text, ": ");
	for (i = 0; colon && i < m->n_fields; i++) {
		size_t n = strlen(m->fields[i].name);

		if (given->name[i] && (size_t)(colon - why.text) >= n &&
		    colon[-(long)n - 1] == '.' && !memcmp(colon - n, m->fields[i].name, n))
			return err_set(err, EBADMSG, "%s.%.40s%s", m->name, given->name[i], colon);
	}
	return err_set(err, EBADMSG, "%s", why.text);
}

int
legacy_take(const struct message *message, const struct legacy_name *names,
	    const json_t *object, void *msg, struct err *err)
{
	struct given given;
	const char *name;
	json_t *v;

	ASSERT(message->n_fields <= FIELDS_MOST);
	memset(&given, 0, sizeof(given));
	if (!json_is_object(object))
		return err_set(err, EBADMSG, "%s: must be a JSON object", message->name);
	json_object_foreach((json_t *)object, name, v)
		if (take_pair(message, names, name, v, &given, msg, err) < 0)
			return -1;
	return check_missing(message, names, &given, err) < 0 ? -1 : check(message, &given, msg, err);
}
