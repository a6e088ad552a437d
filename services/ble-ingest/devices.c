#include "services/ble-ingest/devices.h"

#include <strings.h>

/* devices.inc, made by the Makefile: D(plx) D(viatom) … */
#define D(name) extern const struct device_kind device_##name;
#include "devices.inc"
#undef D
#define D(name) &device_##name,
static const struct device_kind *const kinds[] = {
#include "devices.inc"
};
#undef D
#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

const struct device_kind *
device_at(unsigned i)
{
	return i < N_KINDS ? kinds[i] : NULL;
}

const struct device_kind *
device_by_name(const char *name)
{
	unsigned i;

	for (i = 0; i < N_KINDS; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

const struct device_kind *
device_find(const struct advertised *seen, unsigned n, enum device_fit *fit)
{
	enum device_fit f;
	unsigned i;

	for (f = FIT_OWN; f > FIT_NO; f--)
		for (i = 0; i < N_KINDS; i++)
			if (kinds[i]->fits(seen) == f && !n--) {
				if (fit)
					*fit = f;
				return kinds[i];
			}
	return NULL;
}

int
advertised_has(const struct advertised *seen, const char *service)
{
	unsigned i;

	for (i = 0; i < seen->n_services; i++)
		if (!strcasecmp(seen->services[i], service))
			return 1;
	return 0;
}

int
advertised_named(const struct advertised *seen, const char *const *beginnings)
{
	for (; *beginnings; beginnings++)
		if (!strncasecmp(seen->name, *beginnings, strlen(*beginnings)))
			return 1;
	return 0;
}
