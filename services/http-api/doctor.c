#include "services/http-api/doctor.h"

#include <stdlib.h>
#include <string.h>

#include "services/ihht/doctor/diagnose.h"
#include "services/ihht/doctor/evidence.h"

/* What was heard once should still run, whatever the settings of this host say. */
static void
see(const struct health *health, int64_t now_us, struct facts *facts)
{
	struct seen *seen;
	size_t i;

	for (i = 0; i < health->n; i++) {
		if (!(seen = facts_process(facts, health->seen[i].beat.process)))
			continue;
		seen->expected = 1;
		if (now_us - health->seen[i].at_us < HEALTH_FRESH_US)
			seen_add(seen, &health->seen[i].earlier[0], &health->seen[i].beat);
	}
	facts->api.heard = 1;
}

char *
doctor_text(const struct health *health, const struct process *process, int64_t now_us, size_t *len)
{
	struct facts *facts = calloc(1, sizeof(*facts));
	struct diagnosis hops[N_HOPS];
	json_t *o;
	char *text;

	ASSERT(facts);
	evidence_expected(process, facts);
	evidence_store(process, 0, facts);
	see(health, now_us, facts);
	diagnose(facts, hops);
	free(facts);
	o = diagnose_json(hops);
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	*len = text ? strlen(text) : 0;
	return text;
}
