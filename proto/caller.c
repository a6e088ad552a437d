/* Claims that hold, as access.h reads them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/access.h"
#include "proto/ids.h"

static const char *const role_names[] = {"person", "coach", "admin"};

const char *
access_role_name(enum access_role role)
{
	return role_names[role];
}

void
caller_release(struct caller *caller)
{
	free(caller->people);
	free(caller->claims);
	*caller = (struct caller){0};
}

int
caller_may(const struct caller *caller, const char *user_id)
{
	size_t i;

	if (caller->role == ACCESS_ADMIN)
		return 1;
	if (!*user_id)
		return 0;
	for (i = 0; i < caller->n_people; i++)
		if (!strcmp(caller->people[i], user_id))
			return 1;
	return !strcmp(caller->user_id, user_id);
}

static int
read_role(const json_t *claims, const json_t *app, enum access_role *role, struct err *err)
{
	const char *db = json_string_value(json_object_get(claims, "role"));
	const char *own = json_string_value(json_object_get(app, "role"));

	*role = own && !strcmp(own, "coach") ? ACCESS_COACH : own && !strcmp(own, "admin")
		? ACCESS_ADMIN : ACCESS_PERSON;
	if (db && !strcmp(db, "service_role"))
		*role = ACCESS_ADMIN;
	else if (!db || strcmp(db, "authenticated"))
		return err_set(err, EACCES, "the token is not of a person who has signed in (role)");
	return 0;
}

static int
read_people(const json_t *people, struct caller *caller, struct err *err)
{
	const json_t *one;
	size_t i;

	if (!people)
		return 0;
	if (!json_is_array(people) || json_array_size(people) > ACCESS_PEOPLE)
		return err_set(err, EBADMSG, "app_metadata.people of the token must be a list of at most "
			       "%d ids", ACCESS_PEOPLE);
	if (!(caller->people = calloc(json_array_size(people) + 1, sizeof(*caller->people))))
		return err_set(err, ENOMEM, "out of memory");
	json_array_foreach(people, i, one) {
		if (!json_is_string(one) || !ids_valid(json_string_value(one)))
			return err_set(err, EBADMSG, "app_metadata.people of the token must be UUIDs in "
				       "lower case");
		memcpy(caller->people[caller->n_people++], json_string_value(one), 37);
	}
	return 0;
}

static int
read_claims(const json_t *claims, struct caller *caller, struct err *err)
{
	const json_t *app = json_object_get(claims, "app_metadata");
	const json_t *sub = json_object_get(claims, "sub");

	if (read_role(claims, app, &caller->role, err) < 0)
		return -1;
	if (json_is_string(sub) && ids_valid(json_string_value(sub)))
		memcpy(caller->user_id, json_string_value(sub), 37);
	else if (sub || caller->role != ACCESS_ADMIN)
		return err_set(err, EBADMSG, "the token must name its person by UUID (sub)");
	if (caller->role == ACCESS_COACH &&
	    read_people(json_object_get(app, "people"), caller, err) < 0)
		return -1;
	caller->expires_s = (int64_t)json_number_value(json_object_get(claims, "exp"));
	if (!(caller->claims = json_dumps(claims, JSON_COMPACT)))
		return err_set(err, ENOMEM, "out of memory");
	return 0;
}

int
caller_read(const json_t *claims, struct caller *caller, struct err *err)
{
	*caller = (struct caller){0};
	if (read_claims(claims, caller, err) == 0)
		return 0;
	caller_release(caller);
	return -1;
}
