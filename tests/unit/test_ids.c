#include "proto/ids.h"

#include "tests/unit/test.h"

#define SESSION "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11"

/* Fixed for ever: a changed recipe would give every row in every store a new id. */
TEST(known_answers)
{
	struct event event;
	ids_uuid id;

	ids_session("IHHT_1763880000000_abc123", id);
	is_str(id, "cbc57d6f-37c3-5629-8b65-1c60a20f8fad");
	ids_survey(SESSION, id);
	is_str(id, "e3f0888f-bc59-51c9-9ced-a3ef859caa25");
	ids_response(SESSION, 3, id);
	is_str(id, "7f7f990c-6210-59f0-b291-43a7aa9be123");
	ids_phase_stats(SESSION, PHASE_ALTITUDE, 2, id);
	is_str(id, "d64980b4-550c-59ca-81bc-2cae84beb83f");
	msg_clear(&msg_event, &event);
	strcpy(event.session_id, SESSION);
	event.event_type = EVENT_MASK_LIFT;
	event.event_us = 1795410367123456;
	event.altitude_phase_number = 2;
	ids_event(&event, id);
	is_str(id, "f66a8de7-51b9-5a8c-8ecc-517073d30e49");
	ids_bundle("gateway", "records", 7, "columns", 7, id);
	is_str(id, "8d813833-d10b-5383-844e-5e86711a1d8f");
	ids_bundle("gateway", "records", 7, "", 0, id);
	is_str(id, "3a7b6270-76a5-525b-8c4d-067d46a9e7c4");
	ids_keyed(SESSION, "begin-1", id);
	is_str(id, "f2f33cc2-6945-5330-bfe6-11772cce1856");
}

/* The recipe in words, by another's tool:
 *	uuidgen --sha1 --namespace 5f0c1f1e-7a58-4c57-9b6e-3b0f6e4f2a11 --name 7:session1:a */
TEST(a_name_is_the_kind_and_each_part_behind_its_length)
{
	ids_uuid id;

	ids_session("a", id);
	is_str(id, "bf432374-9ea4-5920-b5a2-8790632531f5");
	ids_session("", id);
	is_str(id, "f78577b5-57f7-5449-8b34-79253e4c3aab");
}

TEST(an_id_is_a_UUID_of_version_5_in_lower_case)
{
	ids_uuid id;

	ids_session("a", id);
	ok(ids_valid(id) && id[14] == '5' && strchr("89ab", id[19]), "%s", id);
	ids_random(id);
	ok(ids_valid(id) && id[14] == '4' && strchr("89ab", id[19]), "%s", id);
}

static void
are_different(const char *a, const char *b, const char *what)
{
	ok(strcmp(a, b), "%s: both %s", what, a);
}

TEST(no_part_can_be_mistaken_for_another)
{
	ids_uuid a, b;

	ids_response("x", 11, a);
	ids_response("x1", 1, b);
	are_different(a, b, "x 11, x1 1");
	ids_response("x1:1", 2, a);
	ids_response("x", 12, b);
	are_different(a, b, "a length within");
	ids_phase_stats("x", 1, 12, a);
	ids_phase_stats("x", 11, 2, b);
	are_different(a, b, "1 12, 11 2");
	ids_survey("x", a);
	ids_session("x", b);
	are_different(a, b, "survey, session");
	ids_session("", a);
	ids_survey("", b);
	are_different(a, b, "empty survey, empty session");
	ids_bundle("g", "ab", 2, "c", 1, a);
	ids_bundle("g", "a", 1, "bc", 2, b);
	are_different(a, b, "records ab c, a bc");
	ids_bundle("g", "a", 1, "b", 1, a);
	ids_bundle("g", "b", 1, "a", 1, b);
	are_different(a, b, "records and columns changed over");
	ids_bundle("g", "", 0, "a", 1, a);
	ids_bundle("g", "a", 1, "", 0, b);
	are_different(a, b, "nothing and a, a and nothing");
	ids_bundle("g", "a", 1, "b", 1, a);
	ids_bundle("h", "a", 1, "b", 1, b);
	are_different(a, b, "two gateways");
}

TEST(each_part_of_an_event_counts)
{
	struct event event, other;
	ids_uuid a, b;
	int i;

	msg_clear(&msg_event, &event);
	strcpy(event.session_id, SESSION);
	ids_event(&event, a);
	for (i = 0; i < 5; i++) {
		other = event;
		if (i == 0)
			other.session_id[0] = '1';
		if (i == 1)
			other.event_type = EVENT_MASK_LIFT;
		if (i == 2)
			other.event_us = 1;
		if (i == 3)
			other.altitude_phase_number = 1;
		if (i == 4)
			other.recovery_phase_number = 1;
		ids_event(&other, b);
		are_different(a, b, "event");
	}
	other = event;  /* what is no part of it does not */
	strcpy(other.request_id, SESSION);
	other.hlc = 77;
	ids_event(&other, b);
	is_str(b, a);
}

TEST(random_ids_do_not_repeat)
{
	char local[IDS_LOCAL], other[IDS_LOCAL];
	ids_uuid a, b;

	ids_random(a);
	ids_random(b);
	are_different(a, b, "random");
	ids_local_session(1795403600306789, local);
	ids_local_session(1795403600306789, other);
	ok(!strncmp(local, "IHHT_1795403600306_", 19) && strlen(local) == 25, "%s", local);
	is_int(strspn(local + 19, "0123456789abcdefghijklmnopqrstuvwxyz"), 6);
	are_different(local, other, "local");
	ids_local_session(INT64_MAX, local);
	ok(strlen(local) < IDS_LOCAL, "%s", local);
}

TEST(only_36_characters_in_lower_case_are_valid)
{
	static const char *const bad[] = {"", "x", "0C9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11",
		"0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a1", "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a111",
		"0c9d1f1e07a58-4c57-9b6e-3b0f6e4f2a11", "gc9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11",
		"{c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a1}", "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a1 "};
	size_t i;

	ok(ids_valid(SESSION) && ids_valid("00000000-0000-0000-0000-000000000000"));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!ids_valid(bad[i]), "%s", bad[i]);
}

int
main(void)
{
	RUN(known_answers);
	RUN(a_name_is_the_kind_and_each_part_behind_its_length);
	RUN(an_id_is_a_UUID_of_version_5_in_lower_case);
	RUN(no_part_can_be_mistaken_for_another);
	RUN(each_part_of_an_event_counts);
	RUN(random_ids_do_not_repeat);
	RUN(only_36_characters_in_lower_case_are_valid);
	return test_done();
}
