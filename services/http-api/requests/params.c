#include "services/http-api/requests/params.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "proto/ids.h"
#include "services/http-api/commands/sync_batch.h"

#define HEX_MOST 256

/* Digits only, the whole text, no more than fit; -1 otherwise. */
static int64_t
number_of(const char *text, size_t n, size_t most)
{
	if (!n || n > most || strspn(text, "0123456789") < n)
		return -1;
	return strtoll(text, NULL, 10);
}

static int
lower_uuid(const char *text, char *value)
{
	size_t i;

	if (strlen(text) != 36)
		return -1;
	for (i = 0; i <= 36; i++)
		value[i] = (char)tolower((unsigned char)text[i]);
	return ids_valid(value) ? 0 : -1;
}

static int
read_number(const struct param *p, const char *text, char *value, struct problem *problem)
{
	int64_t n = number_of(text, strlen(text), 15);

	if (n < p->min || n > p->max)
		return problem_set(problem, 400, p->name, "must be from %lld to %lld",
				   (long long)p->min, (long long)p->max);
	(void)snprintf(value, PARAM_MAX, "%lld", (long long)n);
	return 0;
}

static int
read_time(const struct param *p, const char *text, char *value, struct problem *problem)
{
	int64_t us;

	if (clock_parse(text, &us) < 0 || us < MSG_TIME_MIN || us > MSG_TIME_MAX)
		return problem_set(problem, 400, p->name, "must be ISO 8601 text (a + as %%2B), or "
				   "seconds, ms or us since 1970");
	(void)clock_text(us, value);
	return 0;
}

static int
read_word(const struct param *p, const char *text, char *value, struct problem *problem)
{
	char list[200];

	if (!*text || words_find(p->words, text) < 0) {
		(void)problem_set(problem, 400, p->name, "must be one of %s",
				  words_list(p->words, list, sizeof(list)));
		problem->words = p->words;
		return -1;
	}
	(void)snprintf(value, PARAM_MAX, "%s", text);
	return 0;
}

/* "{uuid,uuid}" */
static int
read_sessions_list(const struct param *p, const char *text, char *value, struct problem *problem)
{
	char name[65], id[37];
	size_t used = 0, len;
	int64_t n = 0;

	for (; n < p->max && *text; n++, text += len + (text[len] == ',')) {
		len = strcspn(text, ",");
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, text);
		if (len >= sizeof(name) || sync_batch_session(name, id) < 0)
			break;
		used += (size_t)snprintf(value + used, PARAM_MAX - used, "%c%s", n ? ',' : '{', id);
	}
	if (*text || n < p->min || text[-1] == ',')
		return problem_set(problem, 400, p->name, "must be %lld to %lld sessions: UUIDs or "
				   "local ids", (long long)p->min, (long long)p->max);
	value[used] = '}';
	value[used + 1] = 0;
	return 0;
}

static int
part_is(char kind, const char *text, size_t n)
{
	char uuid[37] = "", lower[37];

	switch (kind) {
	case 't':
		return number_of(text, n, 16) >= 0 && number_of(text, n, 16) <= MSG_TIME_MAX;
	case 'n':
		return number_of(text, n, 17) >= 0;
	case 'u':
		if (n == 36)
			memcpy(uuid, text, n);
		return lower_uuid(uuid, lower) == 0 && !strcmp(uuid, lower);
	default:
		return n <= HEX_MOST / 2 && strspn(text, "0123456789abcdef") >= n;
	}
}

/* What follows another page's last row, made by us: "<part>.<part>". */
static int
read_cursor(const struct param *p, const char *text, char *value, struct problem *problem)
{
	const char *kind, *part = text;
	size_t n;

	for (kind = p->parts; *kind; kind++, part += n + (part[n] == '.')) {
		n = strcspn(part, ".");
		if (!part_is(*kind, part, n) || (part[n] == '.') != (kind[1] != 0))
			return problem_set(problem, 400, p->name,
					   "must be `next` of the page before it");
	}
	(void)snprintf(value, PARAM_MAX, "%s", text);
	return 0;
}

int
param_read(const struct param *p, const char *text, char value[PARAM_MAX],
	   struct problem *problem)
{
	switch (p->kind) {
	case PARAM_NUMBER:
		return read_number(p, text, value, problem);
	case PARAM_TIME:
		return read_time(p, text, value, problem);
	case PARAM_WORD:
		return read_word(p, text, value, problem);
	case PARAM_CURSOR:
		return read_cursor(p, text, value, problem);
	case PARAM_SESSIONS:
		return read_sessions_list(p, text, value, problem);
	case PARAM_UUID:
		return lower_uuid(text, value) == 0 ? 0
		       : problem_set(problem, 400, p->name, "must be a UUID");
	case PARAM_FLAG:
		if (strcmp(text, "true") && strcmp(text, "false"))
			return problem_set(problem, 400, p->name, "must be true or false");
		break;
	case PARAM_TEXT:
		if ((int64_t)strlen(text) < p->min || (int64_t)strlen(text) > p->max)
			return problem_set(problem, 400, p->name, "must be %lld to %lld bytes",
					   (long long)p->min, (long long)p->max);
		break;
	}
	(void)snprintf(value, PARAM_MAX, "%s", text);
	return 0;
}
