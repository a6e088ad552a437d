#include "proto/standing.h"

static size_t
find(const struct standing *s, const char *name)
{
	size_t i = 0;

	while (i < s->n && strcmp(s->all[i].name, name))
		i++;
	return i;
}

int64_t
standing_level(const struct standing *s, const char *name)
{
	size_t i = find(s, name);

	return i < s->n ? s->all[i].level : LEVEL_INFO;
}

void
standing_take(struct standing *s, const struct alert *alert)
{
	size_t i = find(s, alert->name);

	if (alert->level == LEVEL_INFO && i < s->n)
		s->all[i] = s->all[--s->n];
	else if (alert->level != LEVEL_INFO && i < STANDING_MOST) {
		s->all[i] = *alert;
		s->n += i == s->n;
	}
}
