#include "services/ihht/doctor/diagnose.h"

json_t *
diagnose_json(const struct diagnosis hops[N_HOPS])
{
	enum hop first = diagnose_first(hops);
	json_t *all = json_array();
	int i;

	for (i = 0; i < N_HOPS; i++)
		json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:s}", "hop", hop_name((enum hop)i),
						     "state", hop_state_name(hops[i].state), "evidence",
						     hops[i].evidence, "cure", hops[i].cure));
	return json_pack("{s:s?, s:o}", "first_broken", first == N_HOPS ? NULL : hop_name(first), "hops",
			 all);
}

const char *
hop_name(enum hop hop)
{
	static const char *const names[N_HOPS] = {"device", "spool", "store", "worker", "postgres",
						  "watcher"};

	return names[hop];
}

const char *
hop_state_name(enum hop_state state)
{
	static const char *const names[] = {"ok", "note", "broken", "hidden"};

	return names[state];
}
