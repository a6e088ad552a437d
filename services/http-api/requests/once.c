#include "services/http-api/requests/once.h"

#include <stddef.h>
#include <strings.h>

static const char *const names[] = {"Host", "Authorization", "Content-Type", "Content-Length", "Origin",
				    "Content-Encoding", "Idempotency-Key"};

void
once_see(struct once *once, const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(names[i], name) != 0)
			continue;
		if (once->seen & 1U << i && !once->twice)
			once->twice = names[i];
		once->seen |= 1U << i;
	}
}
