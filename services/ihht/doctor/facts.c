#include "services/ihht/doctor/facts.h"

#include <stdlib.h>
#include <string.h>

double
beat_count(const struct beat *beat, const char *name, double missing)
{
	size_t len = strlen(name);
	const char *p = beat->counts;

	for (; *p; p += strcspn(p, " "), p += strspn(p, " "))
		if (!strncmp(p, name, len) && p[len] == '=')
			return strtod(p + len + 1, NULL);
	return missing;
}

struct seen *
facts_process(struct facts *f, const char *name)
{
	const struct {
		const char *name;
		struct seen *seen;
	} all[] = {{"ble-ingest", &f->ingest}, {"local-store", &f->store}, {"sync-worker", &f->worker},
		   {"dedupe-auditor", &f->auditor}, {"realtime-fanout", &f->fanout}, {"http-api", &f->api}};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!strcmp(all[i].name, name))
			return all[i].seen;
	return NULL;
}

void
seen_add(struct seen *seen, const struct beat *before, const struct beat *now)
{
	if (seen->heard && now->state != PROCESS_WAITING)
		return;
	seen->heard = 1;
	seen->before = *before;
	seen->now = *now;
}
