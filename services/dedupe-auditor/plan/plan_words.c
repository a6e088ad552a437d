#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/plan/plan_text.h"
#include "services/dedupe-auditor/rules/times.h"

/* After a backslash: what plan_put_word() writes there.  -1: something else. */
static int
take_escaped(struct reader *r)
{
	unsigned c;

	if (*r->at == '"' || *r->at == '\\')
		return *r->at++;
	if (*r->at != 'u' || strspn(r->at + 1, "0123456789abcdefABCDEF") < 4 || sscanf(r->at, "u%4x", &c) != 1 || !c ||
	    c > 0x7f)
		return -1;
	r->at += 5;
	return (int)c;
}

static int
take_quoted(struct reader *r, struct err *err)
{
	size_t n = 0;
	int c;

	for (r->at++; *r->at != '"';) {
		c = (unsigned char)*r->at++;
		if (c == '\\')
			c = take_escaped(r);
		if (c <= 0 || c == '\n' || n + 1 == sizeof(r->word))
			return err_set(err, EINVAL, "not a quoted text");
		r->word[n++] = (char)c;
	}
	r->word[n] = 0;
	r->at++;
	return 1;
}

int
plan_take(struct reader *r, const char *stop, struct err *err)
{
	size_t n = 0;

	r->is_none = 0;
	while (isspace((unsigned char)*r->at))
		r->at++;
	if (!*r->at || *r->at == '#')
		return 0;
	if (*r->at == '"')
		return take_quoted(r, err) < 0 ? -1 : 1;
	while (*r->at && !isspace((unsigned char)*r->at) && !strchr(stop, *r->at)) {
		if (n + 1 == sizeof(r->word))
			return err_set(err, EINVAL, "a word is too long");
		r->word[n++] = *r->at++;
	}
	r->word[n] = 0;
	r->is_none = !strcmp(r->word, "-");
	return 1;
}

int
plan_need(struct reader *r, const char *what, const char **text, struct err *err)
{
	int got = plan_take(r, "", err);

	if (got == 0)
		return err_set(err, EINVAL, "%s is missing", what);
	if (got > 0)
		*text = r->is_none ? NULL : plan_file_text(r->file, r->word);
	return got < 0 ? -1 : 0;
}

int
plan_need_number(struct reader *r, const char *what, int64_t *n, struct err *err)
{
	const char *text;
	char *end;

	if (plan_need(r, what, &text, err) < 0)
		return -1;
	*n = text ? strtoll(text, &end, 10) : 0;
	return text && !*end ? 0 : err_set(err, EINVAL, "%s is no number", what);
}

int
plan_need_time(struct reader *r, const char *what, int64_t *us, struct err *err)
{
	struct legacy_time time;
	const char *text;

	if (plan_need(r, what, &text, err) < 0)
		return -1;
	*us = MSG_NONE;
	if (!text)
		return 0;
	if (times_text(text, &time, NULL) <= 0)
		return err_set(err, EINVAL, "%s is no time", what);
	*us = time.us;
	return 0;
}

int
plan_at_end(struct reader *r, struct err *err)
{
	int got = plan_take(r, "", err);

	return got > 0 ? err_set(err, EINVAL, "\"%.40s\" is too much", r->word) : got;
}

int
plan_need_word(struct reader *r, const char *word, struct err *err)
{
	int got = plan_take(r, "", err);

	if (got < 0)
		return -1;
	return got && !strcmp(r->word, word) ? 0 : err_set(err, EINVAL, "the word %s is missing", word);
}
