#include "rights.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

struct person
person_of(const char *uuid)
{
	struct person p = {0, 0};
	int n = 0;

	for (; *uuid && n < 32; uuid++) {
		if (!isxdigit((unsigned char)*uuid))
			continue;
		p.high = p.high << 4 | p.low >> 60;
		p.low = p.low << 4 | (uint64_t)(*uuid <= '9' ? *uuid - '0' : (*uuid | 32) - 'a' + 10);
		n++;
	}
	if (n < 32 || !(p.high | p.low))
		p = (struct person){0, 1};
	return p;
}

int
person_same(struct person a, struct person b)
{
	return a.high == b.high && a.low == b.low;
}

int
rights_init(struct rights *rights, const struct caller *caller)
{
	size_t i;

	*rights = (struct rights){.all = caller->role == ACCESS_ADMIN,
				  .until_us = caller->expires_s * CLOCK_SECOND,
				  .key = caller->key};
	if (rights->all)
		return 0;
	if (!(rights->people = calloc(caller->n_people + 1, sizeof(*rights->people))))
		return -1;
	rights->people[rights->n++] = person_of(caller->user_id);
	for (i = 0; i < caller->n_people; i++)
		rights->people[rights->n++] = person_of(caller->people[i]);
	return 0;
}

void
rights_release(struct rights *rights)
{
	free(rights->people);
	*rights = (struct rights){0};
}

int
rights_may(const struct rights *rights, struct person person)
{
	size_t i;

	if (rights->all || !(person.high | person.low))
		return 1;
	for (i = 0; i < rights->n; i++)
		if (person_same(rights->people[i], person))
			return person.high != 0;
	return 0;
}

int
rights_same(const struct rights *a, const struct rights *b)
{
	return a->all == b->all && a->n == b->n &&
	       (!a->n || !memcmp(a->people, b->people, a->n * sizeof(*a->people)));
}
