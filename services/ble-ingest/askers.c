#include "services/ble-ingest/askers.h"

#include <stdio.h>
#include <string.h>

int
askers_take(struct askers *a, const char *prefix, int left)
{
	size_t i = 0;

	if (strncmp(prefix, "raw/", 4))
		return 0;
	while (i < a->n && strcmp(a->wishes[i], prefix))
		i++;
	if (left && i < a->n)
		memmove(a->wishes[i], a->wishes[i + 1], (--a->n - i) * sizeof(a->wishes[0]));
	else if (!left && i == ASKERS_MOST)
		a->too_many = 1;
	else if (!left && i == a->n)
		(void)snprintf(a->wishes[a->n++], sizeof(a->wishes[0]), "%s", prefix);
	return 1;
}

int
askers_any(const struct askers *a)
{
	return a->n || a->too_many;
}
