#include "services/http-api/sign_in.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/jwt.h"
#include "services/http-api/requests/body.h"

void
sign_in_tell(struct ask *ask, const struct caller *caller)
{
	json_t *people = json_array(), *o;
	char until[CLOCK_TEXT], *text;
	size_t i;

	for (i = 0; i < caller->n_people; i++)
		json_array_append_new(people, json_string(caller->people[i]));
	o = json_pack("{s:s?, s:s, s:o, s:s}", "user_id", *caller->user_id ? caller->user_id : NULL,
		      "role", access_role_name(caller->role), "people", people, "expires",
		      clock_text(caller->expires_s * CLOCK_SECOND, until));
	text = json_dumps(o, JSON_COMPACT);
	json_decref(o);
	http_answer(ask, 200, text, text ? strlen(text) : 0, NULL);
}

static void
set_cookie(struct ask *ask, const char *token, int64_t for_s)
{
	char cookie[JWT_MAX_BYTES + 200];

	(void)snprintf(cookie, sizeof(cookie), ACCESS_COOKIE "=%s; Path=/; HttpOnly; "
		       "SameSite=Strict; Max-Age=%lld%s", token, (long long)for_s,
		       ask->is_https ? "; Secure" : "");
	http_set_cookie(ask, cookie);
}

void
sign_in(struct ask *ask, struct access *access, int64_t utc_us)
{
	struct problem problem;
	struct caller caller;
	struct err err;
	json_t *body = body_read(ask->body, ask->len, &problem);
	const char *token = json_string_value(json_object_get(body, "token"));

	if (body && !token)
		(void)problem_set(&problem, 422, "token", "must be a text");
	else if (body && access_check(access, token, utc_us, &caller, &err) < 0)
		(void)problem_set(&problem, 401, "token", "%s", err.text), token = NULL;
	if (body && token) {
		set_cookie(ask, token, caller.expires_s - utc_us / CLOCK_SECOND);
		sign_in_tell(ask, &caller);
		caller_release(&caller);
	} else {
		http_refuse(ask, &problem);
	}
	json_decref(body);
}

void
sign_out(struct ask *ask)
{
	set_cookie(ask, "", 0);
	http_answer(ask, 200, strdup("{}"), 2, NULL);
}
