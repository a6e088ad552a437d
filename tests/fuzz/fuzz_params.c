/*
 * Any bytes as a request's path, its arguments and the headers that choose an answer: found or
 * refused with words, and what is taken is a value that SQL can be given.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/http-api/requests/representation.h"
#include "services/http-api/requests/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_params(const struct route *route, const char *text)
{
	const struct param *p = route->params;
	char value[PARAM_MAX];
	struct problem problem;
	size_t len;

	for (; p && p->name; p++) {
		memset(&problem, 0, sizeof(problem));
		if (param_read(p, text, value, &problem) == 0) {
			ASSERT(strlen(value) < PARAM_MAX);
			ASSERT(p->kind == PARAM_TEXT || !strpbrk(value, "';\\\""));
		} else {
			ASSERT(problem.status == 400 && !strcmp(problem.field, p->name));
			free(problem_text(&problem, &len));
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), key[ROUTE_KEY];
	const struct route *route;
	struct problem problem;

	memcpy(text, data, size);
	text[size] = 0;
	if (route_find("GET", text, &route, key, &problem) == 0)
		ASSERT(strlen(key) < ROUTE_KEY && !strpbrk(key, "'; /."));
	for (route = routes; route->method; route++)
		try_params(route, text);
	(void)etag_listed(text, "W/\"0123456789abcdef\"");
	(void)accepts_gzip(text);
	free(text);
	return 0;
}
