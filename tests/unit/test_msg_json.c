#include "proto/msg_json.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/any_msg.h"
#include "tests/unit/test.h"

#define ID "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11"

TEST(every_message_survives_as_JSON_text)
{
	const struct message *m;
	json_t *object, *again;
	char *sent, *got, *text;
	json_error_t why;
	struct err err;
	int i, round;

	for (i = 0; (m = msg_at(i)); i++) {
		sent = malloc(m->size);
		got = malloc(m->size);
		for (round = 0; round < 50; round++) {
			any_msg(m, sent);
			object = msg_json(m, sent);
			is_int(json_object_size(object), m->n_fields);
			text = json_dumps(object, 0);
			again = json_loads(text, 0, &why);
			if (ok(msg_from_json(m, again, NULL, got, &err) == 0, "%s", err.text))
				is_str(differs(m, sent, got), NULL);
			json_decref(object);
			json_decref(again);
			free(text);
		}
		free(sent);
		free(got);
	}
}

static void
is_json(const struct message *m, const void *msg, const char *want)
{
	json_t *object = msg_json(m, msg);
	char *text = json_dumps(object, JSON_COMPACT);

	is_str(text, want);
	free(text);
	json_decref(object);
}

TEST(the_form_is_words_lists_numbers_and_base64)
{
	struct survey survey;
	struct import import;

	msg_clear(&msg_survey, &survey);
	strcpy(survey.session_id, ID);
	survey.kind = SURVEY_INTRA;
	survey.stress_perception = 2;
	survey.sensations = 1 << SENSATION_ZEN | 1 << SENSATION_SLEEPY;
	survey.spo2_value = 88.5;
	survey.at_us = 1795403600306123;
	is_json(&msg_survey, &survey, "{\"request_id\":null,\"session_id\":\"" ID "\",\"kind\":\"intra\","
		"\"clarity\":null,\"energy\":null,\"stress\":null,\"stress_perception\":2,"
		"\"phase_number\":null,\"sensations\":[\"zen\",\"sleepy\"],\"spo2_value\":88.5,"
		"\"hr_value\":null,\"post_symptoms\":[],\"overall_rating\":null,\"notes_post\":null,"
		"\"at_us\":1795403600306123,\"hlc\":0}");
	msg_clear(&msg_import, &import);
	strcpy(import.request_id, ID);
	strcpy(import.session_id, ID);
	import.count = 1;
	import.columns.len = 4;
	memcpy(import.columns.bytes, "\0\xff~?", 4);
	is_json(&msg_import, &import, "{\"request_id\":\"" ID "\",\"session_id\":\"" ID "\",\"count\":1,"
		"\"columns\":\"AP9+Pw==\"}");
}

/* One row per way in that is allowed. */
static const struct {
	const struct message *m;
	const char *text;
} good[] = {
	{&msg_survey, "{'session_id':'" ID "','kind':'pre'}"},
	{&msg_survey, "{'session_id':'" ID "','kind':'pre','clarity':null,'hlc':null}"},
	{&msg_survey, "{'session_id':'" ID "','kind':null}"},
	{&msg_survey, "{'session_id':'" ID "','kind':''}"},
	{&msg_survey, "{'session_id':'0C9D1F1E-7A58-4C57-9B6E-3B0F6E4F2A11'}"},
	{&msg_survey, "{'session_id':'" ID "','spo2_value':88}"},
	{&msg_survey, "{'session_id':'" ID "','sensations':[]}"},
	{&msg_survey, "{'session_id':'" ID "','sensations':['zen','zen','none']}"},
	{&msg_survey, "{'session_id':'" ID "','at_us':'2026-11-23T05:06:07.5+01:00'}"},
	{&msg_survey, "{'session_id':'" ID "','at_us':0}"},
	{&msg_survey, "{'session_id':'" ID "','notes_post':'\\u00e9\\ud83d\\ude00\\n'}"},
	{&msg_survey, "{'session_id':'" ID "','extra':{},'type':1}"},
	{&msg_import, "{'request_id':'" ID "','session_id':'" ID "','count':1,'columns':'AAAA'}"},
	{&msg_import, "{'request_id':'" ID "','session_id':'" ID "','count':1,'columns':'AAA='}"},
	{&msg_import, "{'request_id':'" ID "','session_id':'" ID "','count':1,'columns':'AA=='}"},
};

/* One row per check. */
#define SURVEY(more)   &msg_survey, "{'session_id':'" ID "'," more "}"
#define IMPORT(bytes)  &msg_import, "{'request_id':'" ID "','session_id':'" ID "','count':1,'columns':" \
		       bytes "}"
static const struct {
	const struct message *m;
	const char *text, *complaint;
} bad[] = {
	{&msg_survey, "[]", "survey: must be a JSON object"},
	{&msg_survey, "'x'", "survey: must be a JSON object"},
	{&msg_survey, "null", "survey: must be a JSON object"},
	{&msg_survey, "{}", "survey.session_id: must be 36 bytes"},
	{&msg_survey, "{'session_id':null}", "survey.session_id: must be 36 bytes"},
	{&msg_survey, "{'session_id':7}", "survey.session_id: must be text"},
	{&msg_survey, "{'session_id':'" ID "0'}", "survey.session_id: must be at most 36 bytes"},
	{&msg_survey, "{'session_id':'x'}", "survey.session_id: must be 36 bytes"},
	{&msg_survey, "{'session_id':'gc9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11'}",
	 "survey.session_id: must be a UUID in lower case"},
	{SURVEY("'request_id':'x'"), "survey.request_id: must be a UUID in lower case"},
	{SURVEY("'mood':1"), "survey.mood: no such field"},
	{SURVEY("'Clarity':1"), "survey.Clarity: no such field"},
	{SURVEY("'extra2':1"), "survey.extra2: no such field"},
	{SURVEY("'clarity':0"), "survey.clarity: must be from 1 to 5"},
	{SURVEY("'clarity':6"), "survey.clarity: must be from 1 to 5"},
	{SURVEY("'clarity':-9223372036854775808"), "survey.clarity: must be a number within"},
	{SURVEY("'clarity':3.0"), "survey.clarity: must be an integer"},
	{SURVEY("'clarity':'3'"), "survey.clarity: must be an integer"},
	{SURVEY("'clarity':true"), "survey.clarity: must be an integer"},
	{SURVEY("'clarity':[3]"), "survey.clarity: must be an integer"},
	{SURVEY("'spo2_value':-0.1"), "survey.spo2_value: must be from 0 to 100"},
	{SURVEY("'spo2_value':100.1"), "survey.spo2_value: must be from 0 to 100"},
	{SURVEY("'spo2_value':1e300"), "survey.spo2_value: must be from 0 to 100"},
	{SURVEY("'spo2_value':'97'"), "survey.spo2_value: must be a number"},
	{SURVEY("'spo2_value':false"), "survey.spo2_value: must be a number"},
	{SURVEY("'kind':'Pre'"), "survey.kind: must be one of pre, intra, post"},
	{SURVEY("'kind':1"), "survey.kind: must be one of pre, intra, post"},
	{SURVEY("'kind':['pre']"), "survey.kind: must be one of pre, intra, post"},
	{SURVEY("'sensations':'zen'"), "survey.sensations: must be an array of words"},
	{SURVEY("'sensations':1"), "survey.sensations: must be an array of words"},
	{SURVEY("'sensations':['zen','headache']"), "survey.sensations: must be one of zen, euphoria"},
	{SURVEY("'sensations':[1]"), "survey.sensations: must be one of zen, euphoria"},
	{SURVEY("'sensations':[null]"), "survey.sensations: must be one of zen, euphoria"},
	{SURVEY("'notes_post':5"), "survey.notes_post: must be text"},
	{SURVEY("'at_us':'yesterday'"), "survey.at_us: must be microseconds since 1970 or ISO 8601 text"},
	{SURVEY("'at_us':1.5"), "survey.at_us: must be microseconds since 1970 or ISO 8601 text"},
	{SURVEY("'at_us':-1"), "survey.at_us: must be from 0 to 4102444800000000"},
	{SURVEY("'at_us':'2100-01-02'"), "survey.at_us: must be from 0 to 4102444800000000"},
	{SURVEY("'hlc':-1"), "survey.hlc: must be from 0 to 9223372036854775807"},
	{&msg_progression, "{'session_id':'" ID "','recommended_altitude_level':3}",
	 "progression.current_altitude_level: is missing"},
	{&msg_progression, "{'session_id':'" ID "','current_altitude_level':null,"
	 "'recommended_altitude_level':3}", "progression.current_altitude_level: is missing"},
	{IMPORT("5"), "import.columns: must be text"},
	{IMPORT("''"), "import.columns: must be 1 to 1000000 bytes"},
	{IMPORT("'AAA'"), "import.columns: must be base64"},
	{IMPORT("'A==='"), "import.columns: must be base64"},
	{IMPORT("'===='"), "import.columns: must be base64"},
	{IMPORT("'AA=A'"), "import.columns: must be base64"},
	{IMPORT("'AA==AAAA'"), "import.columns: must be base64"},
	{IMPORT("'AAA\\n'"), "import.columns: must be base64"},
	{IMPORT("' AAA'"), "import.columns: must be base64"},
	{IMPORT("'AAAA\\n\\n\\n\\n'"), "import.columns: must be base64"},
	{IMPORT("'A-_A'"), "import.columns: must be base64"},
	{IMPORT("'A\\u00e9A'"), "import.columns: must be base64"},
	{IMPORT("null"), "import.columns: must be 1 to 1000000 bytes"},
};

static json_t *
parse(const char *text)
{
	char json[600];
	json_error_t why;
	json_t *v;
	size_t i;

	for (i = 0; text[i] && i < sizeof(json) - 1; i++)
		json[i] = text[i] == '\'' ? '"' : text[i];
	json[i] = 0;
	v = json_loads(json, JSON_DECODE_ANY, &why);
	ok(v != NULL, "%s: %s", json, why.text);
	return v;
}

union any_of {
	struct survey survey;
	struct import import;
	struct progression progression;
};

TEST(each_form_that_is_allowed_is_taken)
{
	static const char *const ignore[] = {"type", "extra", NULL};
	static union any_of got;
	struct err err;
	json_t *v;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		v = parse(good[i].text);
		ok(msg_from_json(good[i].m, v, ignore, &got, &err) == 0, "%s: %s", good[i].text, err.text);
		if (good[i].m == &msg_survey)
			is_str(got.survey.session_id, ID);
		else
			ok(got.import.columns.len == 3 - (strchr(good[i].text, '=') ? 1u : 0u) -
			   (strstr(good[i].text, "==") ? 1u : 0u), "%u bytes", got.import.columns.len);
		json_decref(v);
	}
}

TEST(each_wrong_form_gets_its_complaint_and_nothing_is_written)
{
	static const char *const ignore[] = {"extra", NULL};
	static union any_of was, got;
	struct err err;
	json_t *v;
	size_t i;

	memset(&was, 0x5a, sizeof(was));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(&got, &was, sizeof(got));
		v = parse(bad[i].text);
		ok(msg_from_json(bad[i].m, v, ignore, &got, &err) == -1, "%s", bad[i].text);
		has_str(err.text, bad[i].complaint);
		is_int(err.code, EBADMSG);
		ok(!memcmp(&was, &got, sizeof(got)), "%s", bad[i].text);
		json_decref(v);
	}
}

TEST(text_and_bytes_have_their_limit)
{
	static union any_of got;
	struct err err;
	json_t *v = json_object();
	char *long_text = malloc(1400001);

	memset(long_text, 'A', 1400000);
	long_text[2001] = 0;
	json_object_set_new(v, "session_id", json_string(ID));
	json_object_set_new(v, "notes_post", json_string(long_text));
	is_int(msg_from_json(&msg_survey, v, NULL, &got, &err), -1);
	is_str(err.text, "survey.notes_post: must be at most 2000 bytes without NUL");
	json_object_set_new(v, "notes_post", json_string(long_text + 1));
	is_int(msg_from_json(&msg_survey, v, NULL, &got, &err), 0);
	json_object_set_new(v, "notes_post", json_stringn("a\0b", 3));
	is_int(msg_from_json(&msg_survey, v, NULL, &got, &err), -1);
	json_object_del(v, "notes_post");
	json_object_set_new(v, "request_id", json_string(ID));
	json_object_set_new(v, "count", json_integer(1));
	long_text[2001] = 'A';
	long_text[1333336] = 0;  /* 1000002 bytes */
	json_object_set_new(v, "columns", json_string(long_text));
	is_int(msg_from_json(&msg_import, v, NULL, &got, &err), -1);
	is_str(err.text, "import.columns: must be base64 of no more than its limit");
	memcpy(long_text + 1333334, "==", 2);  /* 1000000 */
	json_object_set_new(v, "columns", json_string(long_text));
	is_int(msg_from_json(&msg_import, v, NULL, &got, &err), 0);
	is_int(got.import.columns.len, 1000000);
	json_decref(v);
	free(long_text);
}

int
main(void)
{
	RUN(every_message_survives_as_JSON_text);
	RUN(the_form_is_words_lists_numbers_and_base64);
	RUN(each_form_that_is_allowed_is_taken);
	RUN(each_wrong_form_gets_its_complaint_and_nothing_is_written);
	RUN(text_and_bytes_have_their_limit);
	return test_done();
}
