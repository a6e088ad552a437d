/* name=value on the command line: what a person types must arrive as meant, or be refused. */
#include "services/ihht/fields.h"
#include "tests/unit/test.h"

static struct survey survey;
static struct err err;

static int
set(const char *text)
{
	msg_clear(&msg_survey, &survey);
	err = (struct err){0};
	return fields_set(&msg_survey, NULL, text, &survey, &err);
}

TEST(every_kind_of_field_is_read)
{
	is_int(set("clarity=4"), 0);
	is_int(survey.clarity, 4);
	is_int(set("spo2_value=91.5"), 0);
	is_real(survey.spo2_value, 91.5);
	is_int(set("kind=intra"), 0);
	is_int(survey.kind, SURVEY_INTRA);
	is_int(set("sensations=zen+tingling"), 0);
	is_int(survey.sensations, 1 << SENSATION_ZEN | 1 << SENSATION_TINGLING);
	is_int(set("sensations=none"), 0);
	is_int(survey.sensations, 1 << SENSATION_NONE);
	is_int(set("notes_post=slept well = yes"), 0);
	is_str(survey.notes_post, "slept well = yes");
	is_int(set("at_us=2026-11-23T03:13:20Z"), 0);
	is_int(survey.at_us, 1795403600000000);
	is_int(set("request_id=8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11"), 0);
	is_str(survey.request_id, "8d1f4c5e-2f0b-5f6e-9d0f-3b0b6a0e7c11");
}

TEST(a_value_by_place_goes_to_the_field_that_is_named)
{
	msg_clear(&msg_survey, &survey);
	is_int(fields_set(&msg_survey, "kind", "post", &survey, &err), 0);
	is_int(survey.kind, SURVEY_POST);
	is_int(fields_set(&msg_survey, "kind", "late", &survey, &err), -1);
	has_str(err.text, "survey.kind: must be one of pre, intra, post");
}

TEST(every_wrong_value_is_told_what_would_be_right)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"clarity", "write FIELD=VALUE"},
		{"colour=red", "colour: no such field; there are: request_id, session_id, kind"},
		{"hlc=4", "hlc: no such field"},
		{"clarity=x", "survey.clarity: must be a whole number"},
		{"clarity=", "survey.clarity: must be a whole number"},
		{"clarity=4.5", "survey.clarity: must be a whole number"},
		{"clarity=99999999999999999999", "survey.clarity: must be a whole number"},
		{"spo2_value=x", "survey.spo2_value: must be a number"},
		{"spo2_value=nan", "survey.spo2_value: must be a number"},
		{"sensations=zen+happy", "survey.sensations: must be some, joined by +, of zen, euphoria"},
		{"at_us=yesterday", "survey.at_us: must be a time such as"},
		{"session_id=0123456789012345678901234567890123456", "survey.session_id: at most 36 bytes"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(set(rows[i].text) == -1, "%s", rows[i].text);
		has_str(err.text, rows[i].want);
	}
}

TEST(the_help_names_every_field_and_its_limits)
{
	char text[4096] = "";
	FILE *to = fmemopen(text, sizeof(text) - 1, "w");

	fields_help(to, &msg_survey);
	fclose(to);
	has_str(text, "  clarity                     1 to 5; 1 worst, 5 best\n");
	has_str(text, "pre|intra|post; ");
	has_str(text, "zen+euphoria+");
	ok(!strstr(text, "hlc"), "stamps are not for people");
}

int
main(void)
{
	RUN(every_kind_of_field_is_read);
	RUN(a_value_by_place_goes_to_the_field_that_is_named);
	RUN(every_wrong_value_is_told_what_would_be_right);
	RUN(the_help_names_every_field_and_its_limits);
	return test_done();
}
