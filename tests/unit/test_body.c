#include <stdlib.h>

#include "services/http-api/requests/body.h"
#include "tests/unit/test.h"

/* In a block of exact size, so that ASan sees a byte read too far. */
static int
status_of(const char *text, size_t len)
{
	struct problem problem = {0};
	char *exact = malloc(len ? len : 1);
	json_t *body;

	memcpy(exact, text, len);
	body = body_read(exact, len, &problem);
	json_decref(body);
	free(exact);
	return body ? 200 : problem.status;
}

TEST(a_body_is_an_object_of_json)
{
	static const struct {
		const char *text;
		int status;
	} t[] = {
		{"{}", 200},
		{" {\"a\":[1,{\"b\":\"]}[{\\\"\"}]}\n", 200},
		{"", 400},
		{" ", 400},
		{"[]", 400},
		{"7", 400},
		{"null", 400},
		{"{", 400},
		{"{\"a\":1", 400},
		{"{\"a", 400},
		{"{\"a\\", 400},
		{"{\"a\":1}x", 400},
		{"{\"a\":1,\"a\":2}", 400},
		{"{\"a\":NaN}", 400},
		{"{\"a\":1e999}", 400},
		{"{\"a\":99999999999999999999}", 400},
		{"{\"a\":\"\xff\"}", 400},
		{"{\"a\":\"\\u0000\"}", 400},
		{"\xef\xbb\xbf{}", 400},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ok(status_of(t[i].text, strlen(t[i].text)) == t[i].status, "%s: %d", t[i].text,
		   status_of(t[i].text, strlen(t[i].text)));
	is_int(status_of("{}\0", 3), 400);
}

/* {"a":[[[...]]]} with n brackets. */
static int
nested(int n)
{
	char text[200];
	int len = sprintf(text, "{\"a\":%.*s%.*s}", n, "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", n,
			  "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");

	return status_of(text, (size_t)len);
}

/* {"a":[X,X,...]} with n times X. */
static int
many(const char *what, size_t n)
{
	size_t len = 6, step = strlen(what) + 1, i;
	char *text = malloc(n * step + 20);
	int status;

	strcpy(text, "{\"a\":[");
	for (i = 0; i < n; i++) {
		memcpy(text + len, what, step - 1);
		text[len + step - 1] = ',';
		len += step;
	}
	strcpy(text + len - 1, "]}");
	status = status_of(text, len + 1);
	free(text);
	return status;
}

TEST(depth_and_number_are_bounded)
{
	is_int(nested(BODY_DEPTH - 1), 200);
	is_int(nested(BODY_DEPTH), 400);
	is_int(nested(30), 400);
	is_int(many("[]", BODY_CONTAINERS - 2), 200);
	is_int(many("[]", BODY_CONTAINERS - 1), 413);
	is_int(many("{}", BODY_CONTAINERS), 413);
	is_int(many("1", BODY_VALUES), 200);
	is_int(many("1", BODY_VALUES + 2), 413);
	is_int(many("\"[{,[{\\\"[\"", 20000), 200);
}

int
main(void)
{
	RUN(a_body_is_an_object_of_json);
	RUN(depth_and_number_are_bounded);
	return test_done();
}
