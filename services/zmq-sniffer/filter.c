#include "services/zmq-sniffer/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

/* The longer sign first: "<=" begins with "<". */
static const struct {
	const char *sign;
	enum filter_op op;
} ops[] = {{"!=", FILTER_NE}, {"<=", FILTER_LE}, {">=", FILTER_GE},
	   {"=", FILTER_EQ},  {"<", FILTER_LT},  {">", FILTER_GT}};
#define N_OPS (sizeof(ops) / sizeof(ops[0]))

static const struct msg_field *
field_of(const struct message *message, const char *name)
{
	int i;

	for (i = 0; i < message->n_fields; i++)
		if (!strcmp(message->fields[i].name, name))
			return &message->fields[i];
	return NULL;
}

static int
has_order(const struct filter_condition *c)
{
	return c->op != FILTER_EQ && c->op != FILTER_NE;
}

static int
is_time(const struct msg_field *field)
{
	size_t n = strlen(field->name);

	return n > 3 && !strcmp(field->name + n - 3, "_us");
}

/* A comparable value, 0; or -1 when the text is none for this field. */
static int
read_number(const struct msg_field *field, const char *text, double *value)
{
	int64_t us;
	char *end;

	*value = strtod(text, &end);
	if (end != text && !*end)
		return 0;
	if (!is_time(field) || clock_parse(text, &us) < 0)
		return -1;
	*value = (double)us;
	return 0;
}

/* NULL when the condition makes sense for the field, else what is wrong. */
static const char *
complaint(const struct filter_condition *c, const struct msg_field *field)
{
	double value;

	if (!*c->value && !has_order(c))
		return NULL;
	switch (field->kind) {
	case MSG_INT:
	case MSG_OPT:
	case MSG_REAL:
		return read_number(field, c->value, &value) < 0 ? "needs a number" : NULL;
	case MSG_WORD:
	case MSG_SET:
		if (has_order(c))
			return "has no order; use = or !=";
		return words_find(field->words, c->value) < 0 ? "is none of its words" : NULL;
	case MSG_STR:
	case MSG_UUID:
		return has_order(c) ? "has no order; use = or !=" : NULL;
	case MSG_BIN:
		break;
	}
	return "is bytes; only presence can be asked for: FIELD= or FIELD!=";
}

/* Some field of that name, in any message, must be able to meet the condition. */
static int
check(const struct filter_condition *c, struct err *err)
{
	const struct message *message;
	const struct msg_field *field;
	const struct words *words = NULL;
	const char *why = NULL;
	char list[200];
	int i;

	for (i = 0; (message = msg_at(i)); i++) {
		if (!(field = field_of(message, c->field)))
			continue;
		if (!(why = complaint(c, field)))
			return 0;
		words = field->words;
	}
	if (!why)
		return err_set(err, EINVAL, "%s: no message has such a field; "
			       "docs/reference.md lists them", c->field);
	if (words && !has_order(c))
		return err_set(err, EINVAL, "%s: must be one of %s", c->field,
			       words_list(words, list, sizeof(list)));
	return err_set(err, EINVAL, "%s: %s", c->field, why);
}

static int
read_condition(struct filter_condition *c, const char *text, size_t len, struct err *err)
{
	size_t name = strcspn(text, "!<>=,"), sign, i;

	for (i = 0; i < N_OPS; i++)
		if (!strncmp(text + name, ops[i].sign, strlen(ops[i].sign)))
			break;
	if (!name || i == N_OPS)
		return err_set(err, EINVAL, "\"%.*s\": write FIELD=VALUE, with one of "
			       "= != < <= > >= between", (int)len, text);
	sign = strlen(ops[i].sign);
	if (name >= sizeof(c->field) || len - name - sign >= sizeof(c->value))
		return err_set(err, EINVAL, "\"%.*s\": too long", (int)len, text);
	c->op = ops[i].op;
	(void)snprintf(c->field, sizeof(c->field), "%.*s", (int)name, text);
	(void)snprintf(c->value, sizeof(c->value), "%.*s", (int)(len - name - sign),
		       text + name + sign);
	return check(c, err);
}

int
filter_add(struct filter *filter, const char *text, struct err *err)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (filter->n == FILTER_MAX)
			return err_set(err, EINVAL, "more than %d conditions", FILTER_MAX);
		if (read_condition(&filter->conditions[filter->n], text, len, err) < 0)
			return -1;
		filter->n++;
		if (!text[len])
			return 0;
	}
}

static int
compare(enum filter_op op, double a, double b)
{
	switch (op) {
	case FILTER_EQ:
		return a >= b && a <= b;
	case FILTER_NE:
		return a < b || a > b;
	case FILTER_LT:
		return a < b;
	case FILTER_LE:
		return a <= b;
	case FILTER_GT:
		return a > b;
	case FILTER_GE:
		return a >= b;
	}
	return 0;
}

static int
is_value(const struct filter_condition *c, const struct msg_field *field, const void *msg)
{
	int64_t word;

	if (field->kind == MSG_STR || field->kind == MSG_UUID)
		return !strcmp(msg_str(field, msg), c->value);
	word = words_find(field->words, c->value);
	if (field->kind == MSG_SET)
		return word >= 0 && (msg_int(field, msg) >> word & 1);
	return word == msg_int(field, msg);
}

static int
meets(const struct filter_condition *c, const struct message *message, const void *msg)
{
	const struct msg_field *field = field_of(message, c->field);
	double value;

	if (!field || complaint(c, field))
		return 0;
	if (!*c->value)
		return msg_absent(field, msg) == (c->op == FILTER_EQ);
	if (field->kind == MSG_REAL || field->kind == MSG_INT || field->kind == MSG_OPT) {
		if (msg_absent(field, msg))
			return 0;
		(void)read_number(field, c->value, &value);
		return compare(c->op, field->kind == MSG_REAL ? msg_real(field, msg)
							      : (double)msg_int(field, msg),
			       value);
	}
	return is_value(c, field, msg) == (c->op == FILTER_EQ);
}

int
filter_matches(const struct filter *filter, const struct message *message, const void *msg)
{
	size_t i;

	for (i = 0; i < filter->n; i++)
		if (!meets(&filter->conditions[i], message, msg))
			return 0;
	return 1;
}
