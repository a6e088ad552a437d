#include "services/http-api/requests/body.h"

static int
check_size(const char *p, size_t len, struct problem *problem)
{
	const char *end = p + len;
	long depth = 0, containers = 0, commas = 0;
	int in_text = 0;

	for (; p < end; p++) {
		if (in_text) {
			in_text = *p != '"';
			p += *p == '\\';  /* and what it escapes */
			continue;
		}
		in_text = *p == '"';
		commas += *p == ',';
		if (*p == '{' || *p == '[') {
			containers++;
			depth++;
		}
		depth -= *p == '}' || *p == ']';
		if (depth > BODY_DEPTH)
			return problem_set(problem, 400, "", "JSON may be %d deep", BODY_DEPTH);
	}
	if (containers > BODY_CONTAINERS || commas > BODY_VALUES)
		return problem_set(problem, 413, "", "JSON may have %d objects and arrays and %d "
				   "values; send it in parts", BODY_CONTAINERS, BODY_VALUES);
	return 0;
}

json_t *
body_read(const char *bytes, size_t len, struct problem *problem)
{
	json_error_t error;
	json_t *body;

	if (!len) {
		(void)problem_set(problem, 400, "", "the body must be a JSON object");
		return NULL;
	}
	if (check_size(bytes, len, problem) < 0)
		return NULL;
	if (!(body = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &error))) {
		/* jansson's words can quote the body: where it stopped must do */
		(void)problem_set(problem, 400, "", "not JSON: line %d, column %d", error.line,
				  error.column);
		return NULL;
	}
	if (json_is_object(body))
		return body;
	json_decref(body);
	(void)problem_set(problem, 400, "", "the body must be a JSON object");
	return NULL;
}
