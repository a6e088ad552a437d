/*
 * Claims into a caller, and where a token stands in a request.
 */
#include <stdlib.h>

#include "proto/access.h"
#include "tests/unit/test.h"

#define ME    "11111111-1111-4111-8111-111111111111"
#define HER   "22222222-2222-4222-8222-222222222222"
#define OTHER "33333333-3333-4333-8333-333333333333"

static int
read_claims(const char *text, struct caller *caller, struct err *err)
{
	json_t *claims = json_loads(text, 0, NULL);
	int r = caller_read(claims, caller, err);

	ok(claims != NULL, "%s", text);
	json_decref(claims);
	return r;
}

TEST(claims_say_who_asks_and_whom_they_may_see)
{
	static const struct {
		const char *claims;
		enum access_role role;
		int me, her, other, unknown;  /* may they see them? */
	} t[] = {
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\"}", ACCESS_PERSON, 1, 0, 0, 0},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"people\":[\"" HER "\"]}}", ACCESS_PERSON, 1, 0, 0, 0},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"user_metadata\":{\"role\":\"admin\"}}", ACCESS_PERSON, 1, 0, 0, 0},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"role\":\"Admin\"}}", ACCESS_PERSON, 1, 0, 0, 0},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"role\":\"coach\"}}", ACCESS_COACH, 1, 0, 0, 0},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"role\":\"coach\",\"people\":[\"" HER "\"]}}", ACCESS_COACH, 1, 1, 0, 0},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"role\":\"admin\"}}", ACCESS_ADMIN, 1, 1, 1, 1},
		{"{\"role\":\"service_role\"}", ACCESS_ADMIN, 1, 1, 1, 1},
	};
	struct caller caller;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(read_claims(t[i].claims, &caller, &err) == 0, "row %zu: %s", i, err.text))
			continue;
		is_int(caller.role, t[i].role);
		ok(caller_may(&caller, ME) == t[i].me && caller_may(&caller, HER) == t[i].her &&
		   caller_may(&caller, OTHER) == t[i].other && caller_may(&caller, "") == t[i].unknown, "row %zu", i);
		caller_release(&caller);
	}
}

TEST(other_claims_are_nobodys)
{
	static const struct {
		const char *claims, *why;
	} t[] = {
		{"{\"sub\":\"" ME "\"}", "(role)"},
		{"{\"role\":\"anon\",\"sub\":\"" ME "\"}", "(role)"},
		{"{\"role\":5,\"sub\":\"" ME "\"}", "(role)"},
		{"{\"role\":\"authenticated\"}", "(sub)"},
		{"{\"role\":\"authenticated\",\"sub\":\"me\"}", "(sub)"},
		{"{\"role\":\"authenticated\",\"sub\":\"\"}", "(sub)"},
		{"{\"role\":\"authenticated\",\"sub\":7}", "(sub)"},
		{"{\"role\":\"service_role\",\"sub\":\"x\"}", "(sub)"},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"role\":\"coach\",\"people\":\"" HER "\"}}", "a list"},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"role\":\"coach\",\"people\":[\"x\"]}}", "UUIDs"},
		{"{\"role\":\"authenticated\",\"sub\":\"" ME "\",\"app_metadata\":{\"role\":\"coach\",\"people\":[null]}}", "UUIDs"},
	};
	struct caller caller;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (ok(read_claims(t[i].claims, &caller, &err) < 0, "row %zu", i))
			has_str(err.text, t[i].why);
	}
}

TEST(a_token_is_found_where_it_stands)
{
	static const struct {
		const char *authorization, *cookie, *token;  /* NULL: there is none */
	} t[] = {
		{NULL, NULL, NULL},
		{"Bearer abc", NULL, "abc"},
		{"bearer   abc", NULL, "abc"},
		{"Bearer abc def", NULL, "abc"},
		{"Bearer ", NULL, NULL},
		{"Bearer", NULL, NULL},
		{"Basic abc", NULL, NULL},
		{"Basic abc", "ihht=abc", NULL},
		{"Bearer abc", "ihht=def", "abc"},
		{NULL, "ihht=abc", "abc"},
		{NULL, "a=b; ihht=abc; c=d", "abc"},
		{NULL, "xihht=abc", NULL},
		{NULL, "ihht2=abc", NULL},
		{NULL, "ihht=", NULL},
		{NULL, ";;", NULL},
		{"Bearer 0123456789012345678901234567890", NULL, "0123456789012345678"},
	};
	char token[20];
	size_t i;
	int r;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		r = access_token(t[i].authorization, t[i].cookie, token, sizeof(token));
		ok(r == (t[i].token != NULL) && (!r || !strcmp(token, t[i].token)), "row %zu", i);
	}
}

int
main(void)
{
	RUN(claims_say_who_asks_and_whom_they_may_see);
	RUN(other_claims_are_nobodys);
	RUN(a_token_is_found_where_it_stands);
	return test_done();
}
