#include "query.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "frames.h"
#include "proto/ids.h"

void
query_init(struct query *query)
{
	memset(query, 0, sizeof(*query));
	query->types = FRAME_ALL;
}

static int
add_types(struct query *query, const char *names, struct err *err)
{
	const char *p, *end;
	uint32_t type, types = 0;

	for (p = names; *p; p = *end ? end + 1 : end) {
		end = strchrnul(p, ',');
		if (!(type = frame_type(p, (size_t)(end - p))))
			return err_set(err, EINVAL, "types: \"%.*s\" is none of %s",
				       (int)(end - p > 30 ? 30 : end - p), p, frame_names());
		types |= type;
	}
	if (!types)
		return err_set(err, EINVAL, "types: must name some of %s", frame_names());
	query->types = types;
	return 0;
}

static int
add_device(struct query *query, const char *id, struct err *err)
{
	size_t len = strlen(id);

	if (len < 1 || len > 64)
		return err_set(err, EINVAL, "device: must have 1 to 64 bytes");
	if (query->n_devices == QUERY_MOST)
		return err_set(err, EINVAL, "device: at most %d", QUERY_MOST);
	memcpy(query->devices[query->n_devices], id, len + 1);
	query->device_hash[query->n_devices++] = ring_hash(id);
	return 0;
}

static int
add_session(struct query *query, const char *id, struct err *err)
{
	if (!ids_valid(id))
		return err_set(err, EINVAL, "session: must be a UUID in lower case");
	if (query->n_sessions == QUERY_MOST)
		return err_set(err, EINVAL, "session: at most %d", QUERY_MOST);
	memcpy(query->sessions[query->n_sessions], id, 37);
	query->session_hash[query->n_sessions++] = ring_hash(id);
	return 0;
}

static int
add_person(struct query *query, const char *id, struct err *err)
{
	if (!ids_valid(id))
		return err_set(err, EINVAL, "person: must be a UUID in lower case");
	if (query->n_people == QUERY_MOST)
		return err_set(err, EINVAL, "person: at most %d", QUERY_MOST);
	query->people[query->n_people++] = person_of(id);
	return 0;
}

/* A decimal number of at most 18 digits; NULL, or what follows. */
static const char *
number(const char *p, int64_t *value)
{
	int n;

	for (n = 0, *value = 0; isdigit((unsigned char)*p); p++, n++) {
		if (n == 18)
			return NULL;
		*value = *value * 10 + (*p - '0');
	}
	return n ? p : NULL;
}

int
query_resume(struct since *resume, const char *id, struct err *err)
{
	int64_t run, seq;
	const char *p = number(id, &run);

	if (!p || *p != '.' || !(p = number(p + 1, &seq)) || !run || (*p && *p != '.') ||
	    (*p && place_read(p + 1, &resume->seen) < 0))
		return err_set(err, EINVAL, "resume: must be <run>.<seq>, the id of a frame");
	resume->run = run;
	resume->seq = (uint64_t)seq;
	return 0;
}

int
query_add(struct query *query, const char *pair, struct err *err)
{
	const char *value = strchr(pair, '=');

	if (value && !strncmp(pair, "types=", 6))
		return add_types(query, value + 1, err);
	if (value && !strncmp(pair, "device=", 7))
		return add_device(query, value + 1, err);
	if (value && !strncmp(pair, "session=", 8))
		return add_session(query, value + 1, err);
	if (value && !strncmp(pair, "person=", 7))
		return add_person(query, value + 1, err);
	if (value && !strncmp(pair, "resume=", 7))
		return query_resume(&query->resume, value + 1, err);
	if (value && !strncmp(pair, "seen=", 5))
		return place_read(value + 1, &query->resume.seen) == 0 ? 0 :
		       err_set(err, EINVAL, "seen: must be <taken_us>.<device_seq>.<device_id> of a value");
	return err_set(err, EINVAL, "%.*s: no such parameter; there are device=, session=, person=, "
		       "types=, resume=, seen= and access_token=", value && value - pair < 30 ? (int)(value - pair) : 30, pair);
}

int
query_filters(const struct query *query)
{
	return query->n_devices + query->n_sessions + query->n_people > 0;
}

int
query_wants(const struct query *query, const struct frame *frame)
{
	size_t i;

	if (!(frame->type & query->types))
		return 0;
	if (!query_filters(query) || frame_is_for_all(frame))
		return 1;
	for (i = 0; i < query->n_people; i++)
		if (person_same(frame->wearer, query->people[i]))
			return 1;
	for (i = 0; i < query->n_devices; i++)
		if (frame->device == query->device_hash[i])
			return 1;
	for (i = 0; i < query->n_sessions; i++)
		if (frame->session == query->session_hash[i])
			return 1;
	return 0;
}

void
query_pick(const struct query *query, const struct rights *rights, struct query_pick *pick)
{
	size_t i;

	for (i = 0; i < query->n_devices; i++)
		pick->devices[i] = query->devices[i];
	for (i = 0; i < query->n_sessions; i++)
		pick->sessions[i] = query->sessions[i];
	pick->pick = (struct state_pick){pick->devices, pick->sessions, query->n_devices,
					 query->n_sessions, query->people, query->n_people,
					 rights};
}
