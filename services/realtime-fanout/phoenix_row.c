/*
 * phoenix_row - a row of public.readings, and whether a filter of a subscription lets it pass
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "phoenix_parts.h"

/* As in deploy/postgres/004_readings.sql. */
const char phoenix_columns[] =
	"[{\"name\":\"user_id\",\"type\":\"uuid\"},{\"name\":\"session_id\",\"type\":\"uuid\"},"
	"{\"name\":\"timestamp\",\"type\":\"timestamptz\"},{\"name\":\"epoch\",\"type\":\"int8\"},"
	"{\"name\":\"seq\",\"type\":\"int8\"},{\"name\":\"device_time\",\"type\":\"timestamptz\"},"
	"{\"name\":\"status\",\"type\":\"int8\"},{\"name\":\"spo2\",\"type\":\"float4\"},"
	"{\"name\":\"heart_rate\",\"type\":\"float4\"},{\"name\":\"perfusion_index\",\"type\":\"float4\"},"
	"{\"name\":\"motion\",\"type\":\"float4\"},{\"name\":\"signal_strength\",\"type\":\"int4\"},"
	"{\"name\":\"cycle_number\",\"type\":\"int4\"},{\"name\":\"fio2_level\",\"type\":\"int4\"},"
	"{\"name\":\"battery\",\"type\":\"int2\"},{\"name\":\"is_valid\",\"type\":\"bool\"},"
	"{\"name\":\"data_source\",\"type\":\"text\"},{\"name\":\"phase_type\",\"type\":\"text\"},"
	"{\"name\":\"invalid\",\"type\":\"text\"},{\"name\":\"rr\",\"type\":\"int8\"}]";

/* "2026-11-23T05:06:07.123456+00:00", as PostgREST writes it. */
static void
put_time(struct text *text, const char *name, int64_t us)
{
	char time[CLOCK_TEXT + 8];

	if (us == MSG_NONE) {
		text_member(text, name, "");
		return;
	}
	(void)clock_text(us, time);
	memcpy(strchr(time, 'Z'), "+00:00", sizeof("+00:00"));
	text_member(text, name, time);
}

static void
put_opt(struct text *text, const char *name, int64_t value)
{
	if (value == MSG_NONE)
		text_member(text, name, "");
	else
		text_member_int(text, name, value);
}

void
phoenix_row(struct text *text, const struct sample *s, const struct session *session, int64_t utc_us)
{
	text_put(text, "{");
	put_time(text, "commit_timestamp", utc_us);
	text_put(text, ",\"record\":{");
	text_member(text, "user_id", session->user_id);
	text_member(text, "session_id", session->id);
	put_time(text, "timestamp", s->taken_us);
	text_member_int(text, "epoch", s->epoch);
	text_member_int(text, "seq", s->seq);
	put_time(text, "device_time", s->device_us);
	put_opt(text, "status", s->status);
	text_member_real(text, "spo2", s->spo2);
	text_member_real(text, "heart_rate", s->heart_rate);
	text_member_real(text, "perfusion_index", s->perfusion_index);
	text_member_real(text, "motion", s->motion);
	put_opt(text, "signal_strength", s->signal_strength);
	put_opt(text, "cycle_number", session->current_phase ? session->current_cycle : MSG_NONE);
	put_opt(text, "fio2_level", session->current_altitude_level);
	put_opt(text, "battery", s->battery);
	text_name(text, "is_valid");
	text_put(text, s->invalid ? "false" : "true");
	text_member(text, "data_source", words_text(&words_data_source, s->data_source));
	text_member(text, "phase_type", words_text(&words_phase, session->current_phase));
	text_member(text, "invalid", words_text(&words_invalid, s->invalid));
	put_opt(text, "rr", s->rr);
	text_put(text, "}");
}

/* ---- filters */

static const char *const ops[] = {"eq", "neq", "lt", "lte", "gt", "gte", "in"};
enum op { EQ, NEQ, LT, LTE, GT, GTE, IN, N_OPS };

int
phoenix_filter_read(const char *text, struct phoenix_filter *filter, struct err *err)
{
	const char *equals = strchr(text, '='), *dot = equals ? strchr(equals, '.') : NULL;
	char name[sizeof(filter->column) + 12];

	*filter = (struct phoenix_filter){0};
	if (!*text)
		return 0;
	if (!dot || (size_t)(equals - text) >= sizeof(filter->column) ||
	    strlen(dot + 1) >= sizeof(filter->value))
		return err_set(err, EBADMSG, "a filter is column=op.value");
	(void)snprintf(filter->column, sizeof(filter->column), "%.*s", (int)(equals - text), text);
	(void)snprintf(filter->value, sizeof(filter->value), "%s", dot + 1);
	(void)snprintf(name, sizeof(name), "\"name\":\"%s\"", filter->column);
	if (!strstr(phoenix_columns, name))
		return err_set(err, EBADMSG, "readings has no such column: %s", filter->column);
	while (filter->op < N_OPS && (strlen(ops[filter->op]) != (size_t)(dot - equals - 1) ||
				      strncmp(ops[filter->op], equals + 1, (size_t)(dot - equals - 1))))
		filter->op++;
	if (filter->op == N_OPS)
		return err_set(err, EBADMSG, "a filter's op is one of eq, neq, lt, lte, gt, gte, in");
	return 0;
}

/* The column's value in the row's text, without quotes; 0: it is null. */
static int
value_of(const char *row, size_t len, const char *column, char *value, size_t size)
{
	char name[48];
	const char *p;
	size_t n;

	(void)snprintf(name, sizeof(name), "\"%s\":", column);
	p = memmem(row, len, name, strlen(name));
	ASSERT(p);
	p += strlen(name);
	p += *p == '"';
	n = strcspn(p, ",\"}");
	(void)snprintf(value, size, "%.*s", (int)n, p);
	return strcmp(value, "null") != 0;
}

static int
compare(const char *a, const char *b)
{
	char *end_a, *end_b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);

	if (*a && *b && !*end_a && !*end_b)
		return x < y ? -1 : x > y;
	return strcmp(a, b);
}

static int
is_in(const char *value, const char *list)
{
	char one[sizeof(((struct phoenix_filter *)0)->value)];
	size_t n;

	for (list += *list == '('; *list && *list != ')'; list += n + (list[n] == ',')) {
		n = strcspn(list, ",)");
		(void)snprintf(one, sizeof(one), "%.*s", (int)n, list);
		if (!compare(value, one))
			return 1;
	}
	return 0;
}

int
phoenix_filter_passes(const struct phoenix_filter *filter, const char *row, size_t len)
{
	char value[200];
	int c;

	if (!*filter->column)
		return 1;
	if (!value_of(row, len, filter->column, value, sizeof(value)))
		return 0;  /* as in SQL, null is neither equal nor unequal */
	c = filter->op == IN ? 0 : compare(value, filter->value);
	switch ((enum op)filter->op) {
	case EQ:
		return c == 0;
	case NEQ:
		return c != 0;
	case LT:
		return c < 0;
	case LTE:
		return c <= 0;
	case GT:
		return c > 0;
	case GTE:
		return c >= 0;
	case IN:
		return is_in(value, filter->value);
	case N_OPS:
		break;
	}
	return 0;
}
