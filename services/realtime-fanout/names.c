#include "names.h"

#include <stdlib.h>

static uint64_t
key_of(struct person person)
{
	return person.high ^ person.low;
}

static size_t
bucket(uint64_t key)
{
	return (key ^ key >> 32) % NAMES_BUCKETS;
}

int
names_add(struct names *names, const struct query *query, struct watcher *who, struct name **mine)
{
	size_t n = query->n_devices + query->n_sessions + query->n_people, i, k = 0;

	*mine = NULL;
	if (!n)
		return 0;
	if (!(*mine = calloc(n, sizeof(**mine))))
		return -1;
	for (i = 0; i < query->n_devices; i++)
		(*mine)[k++].key = query->device_hash[i];
	for (i = 0; i < query->n_sessions; i++)
		(*mine)[k++].key = query->session_hash[i];
	for (i = 0; i < query->n_people; i++)
		(*mine)[k++].key = key_of(query->people[i]);
	for (i = 0; i < n; i++) {
		(*mine)[i].who = who;
		(*mine)[i].next = names->buckets[bucket((*mine)[i].key)];
		names->buckets[bucket((*mine)[i].key)] = &(*mine)[i];
	}
	return (int)n;
}

void
names_remove(struct names *names, struct name *mine, int n)
{
	struct name **at;
	int i;

	for (i = 0; i < n; i++) {
		for (at = &names->buckets[bucket(mine[i].key)]; *at != &mine[i]; at = &(*at)->next)
			;
		*at = mine[i].next;
	}
}

static void
tell_of(const struct names *names, uint64_t key, void (*tell)(struct watcher *who, void *context),
	void *context)
{
	const struct name *name;

	for (name = names->buckets[bucket(key)]; name; name = name->next)
		if (name->key == key)
			tell(name->who, context);
}

void
names_tell(const struct names *names, const struct frame *frame,
	   void (*tell)(struct watcher *who, void *context), void *context)
{
	tell_of(names, frame->device, tell, context);
	tell_of(names, frame->session, tell, context);
	tell_of(names, key_of(frame->wearer), tell, context);
}
