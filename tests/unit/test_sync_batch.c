/*
 * The app's batches: every good form with what must come of it, every bad one with its
 * complaint, and above all that a reading is the same reading in whatever batch it comes.
 */
#include <jansson.h>
#include <stdlib.h>

#include "proto/columns.h"
#include "proto/ids.h"
#include "services/http-api/requests/body.h"
#include "services/http-api/commands/sync_batch.h"
#include "tests/unit/test.h"

#define LOCAL "IHHT_1732340000000_abc123"
#define USER  "11111111-1111-4111-8111-111111111111"
#define ROWS  12000

static struct reading rows[ROWS];

/* "'" for '"', so that rows can be read. */
static int
take(const char *text, struct plan *plan, struct problem *problem)
{
	char *copy = strdup(text), *p;
	json_t *body;
	int r;

	for (p = copy; *p; p++)
		if (*p == '\'')
			*p = '"';
	*plan = (struct plan){0};
	*problem = (struct problem){0};
	body = body_read(copy, strlen(copy), problem);
	r = body ? sync_batch_read(body, plan, problem) : -1;
	json_decref(body);
	free(copy);
	return r;
}

/* All readings of a plan, in `rows`. */
static size_t
readings_of(const struct plan *plan)
{
	size_t i, n = 0, some;
	struct err err;

	for (i = 0; i < plan->n; i++) {
		const struct import *import = plan->steps[i].msg;

		if (!ok(plan->steps[i].message == &msg_import) ||
		    !ok(msg_check(&msg_import, import, &err) == 0, "%s", err.text) ||
		    !ok(columns_unpack(&msg_reading, import->columns.bytes, import->columns.len,
				       rows + n, ROWS - n, &some, &err) == 0, "%s", err.text))
			return 0;
		is_int(import->count, some);
		n += some;
	}
	return n;
}

/* The readings of a batch of LOCAL with these rows. */
static size_t
take_readings(const char *data)
{
	char *text = malloc(strlen(data) + 100);
	struct problem problem;
	struct plan plan;
	size_t n = 0;

	sprintf(text, "{'type':'readings','sessionId':'" LOCAL "','data':%s}", data);
	if (ok(take(text, &plan, &problem) == 0, "%s: %s", data, problem.detail))
		n = readings_of(&plan);
	plan_release(&plan);
	free(text);
	return n;
}

TEST(a_reading_comes_through_with_every_value)
{
	ids_uuid id;
	struct problem problem;
	struct plan plan;

	ids_session(LOCAL, id);
	take("{'type':'readings','sessionId':'" LOCAL "','data':[{'timestamp':1732340001000,"
	     "'spo2':88.5,'heart_rate':61,'signal_strength':97,'perfusion_index':2.5,'motion':0.25,"
	     "'battery':80,'status':32,'device_time':'2024-11-23T05:33:20Z','phase_type':'ALTITUDE',"
	     "'cycle_number':2,'fio2_level':6,'is_valid':true,'data_source':'bluetooth'}]}",
	     &plan, &problem);
	is_int(readings_of(&plan), 1);
	is_str(((struct import *)plan.steps[0].msg)->session_id, id);
	is_int(rows[0].taken_us, 1732340001000000);
	is_real(rows[0].spo2, 88.5);
	is_real(rows[0].heart_rate, 61);
	is_int(rows[0].signal_strength, 97);
	is_real(rows[0].perfusion_index, 2.5);
	is_real(rows[0].motion, 0.25);
	is_int(rows[0].battery, 80);
	is_int(rows[0].status, 32);
	is_int(rows[0].device_us, 1732340000000000);
	is_int(rows[0].phase_type, PHASE_ALTITUDE);
	is_int(rows[0].cycle_number, 2);
	is_int(rows[0].altitude_level, 6);
	is_int(rows[0].invalid, INVALID_NO);
	is_int(rows[0].data_source, DATA_SOURCE_BLUETOOTH);
	ok(rows[0].seq > 0 && rows[0].epoch > 0);
	plan_release(&plan);
}

/* Each row says the same as the one before it, in other words. */
TEST(one_reading_said_in_many_ways_is_one)
{
	static const char *const same[] = {
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'phase_type':'ALTITUDE'}",
		"[{'timestamp':1732340001500,'spo2':88,'heart_rate':61}]",
		"{'timestamp':1732340001.5,'spo2':88,'heartRate':61}",
		"{'timestamp':1732340001500000,'spo2':88.0,'heart_rate':61.0}",
		"{'timestamp':'1732340001500','spo2':88,'heart_rate':61}",
		"{'timestamp':'2024-11-23T05:33:21.500Z','spo2':88,'heart_rate':61}",
		"{'timestamp':'2024-11-23 05:33:21.5','spo2':88,'heart_rate':61}",
		"{'timestamp':'2024-11-23T07:33:21.5+02:00','spo2':88,'heart_rate':61}",
		"{'taken_us':1732340001500000,'spo2':88,'heart_rate':61,'signalStrength':null}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'phaseType':'HYPOXIC'}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'cycleNumber':3,'fio2Level':6}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'isValid':true,'id':7,"
		"'created_at':1732340002,'user_id':'x','device_id':9,'hrv_rmssd':40.5}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'session_id':'" LOCAL "'}",
		"[{'timestamp':1732340001500,'spo2':88,'heart_rate':61},"
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'phase_type':'RECOVERY'}]",
	};
	struct reading first;
	size_t i;

	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		if (!ok(take_readings(same[i]) == 1, "%s", same[i]))
			continue;
		if (!i)
			first = rows[0];
		ok(rows[0].taken_us == first.taken_us && rows[0].epoch == first.epoch &&
		   rows[0].seq == first.seq, "%s", same[i]);
	}
}

/* Each differs from every other one by what was measured, or when. */
TEST(two_values_at_one_time_are_two)
{
	static const char *const other[] = {
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61}",
		"{'timestamp':1732340001501,'spo2':88,'heart_rate':61}",
		"{'timestamp':1732340001500,'spo2':89,'heart_rate':61}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':62}",
		"{'timestamp':1732340001500,'spo2':61,'heart_rate':88}",
		"{'timestamp':1732340001500,'spo2':88}",
		"{'timestamp':1732340001500,'heart_rate':61}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'signal_strength':97}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'motion':97}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'perfusion_index':97}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'battery':97}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'status':97}",
		"{'timestamp':1732340001500,'spo2':88,'heart_rate':61,'device_time':97}",
		"{'timestamp':1732340001500,'spo2':0,'heart_rate':0}",
		"{'timestamp':1732340001500,'invalid':'no_finger'}",
		"{'timestamp':1732340001500,'spo2':88,'epoch':1,'seq':1}",
		"{'timestamp':1732340001500,'spo2':88,'epoch':1,'seq':2}",
	};
	const size_t n = sizeof(other) / sizeof(other[0]);
	char all[4000] = "[";
	size_t i;

	for (i = 0; i < n; i++) {
		strcat(all, i ? "," : "");
		strcat(all, other[i]);
	}
	strcat(all, "]");
	is_int(take_readings(all), n);
	for (i = 1; i < n; i++)
		ok(rows[i - 1].taken_us <= rows[i].taken_us, "row %zu is out of order", i);
}

TEST(the_same_values_in_another_session_are_others)
{
	struct problem problem;
	struct plan plan;
	int64_t epoch;

	take_readings("{'timestamp':1732340001500,'spo2':88}");
	epoch = rows[0].epoch;
	take("{'type':'readings','sessionId':'IHHT_2','data':{'timestamp':1732340001500,'spo2':88}}",
	     &plan, &problem);
	is_int(readings_of(&plan), 1);
	ok(rows[0].epoch != epoch);
	plan_release(&plan);
}

TEST(nothing_measured_is_absent_with_a_reason)
{
	static const struct {
		const char *data;
		double spo2, heart_rate;
		int invalid;
	} t[] = {
		{"{'timestamp':1732340001500,'spo2':0,'heart_rate':61}", NAN, 61, INVALID_NO},
		{"{'timestamp':1732340001500,'spo2':66,'heart_rate':0}", 66, NAN, INVALID_NO},
		{"{'timestamp':1732340001500,'spo2':0,'heart_rate':0}", NAN, NAN, INVALID_UNAVAILABLE},
		{"{'timestamp':1732340001500}", NAN, NAN, INVALID_UNAVAILABLE},
		{"{'timestamp':1732340001500,'spo2':97,'is_valid':false}", NAN, NAN, INVALID_UNAVAILABLE},
		{"{'timestamp':1732340001500,'spo2':97,'is_valid':0}", NAN, NAN, INVALID_UNAVAILABLE},
		{"{'timestamp':1732340001500,'spo2':97,'is_valid':1}", 97, NAN, INVALID_NO},
		{"{'timestamp':1732340001500,'invalid':'no_finger'}", NAN, NAN, INVALID_NO_FINGER},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(take_readings(t[i].data) == 1, "%s", t[i].data))
			continue;
		is_real(rows[0].spo2, t[i].spo2);
		is_real(rows[0].heart_rate, t[i].heart_rate);
		ok(rows[0].invalid == t[i].invalid, "%s: %lld", t[i].data, (long long)rows[0].invalid);
	}
}

TEST(old_words_and_levels_are_mapped)
{
	static const struct {
		const char *data;
		int phase;
		int64_t level;
	} t[] = {
		{"{'timestamp':1732340001,'phase_type':'ALTITUDE','fio2_level':0}", PHASE_ALTITUDE, 0},
		{"{'timestamp':1732340001,'phase_type':'altitude','fio2_level':11}", PHASE_ALTITUDE, 11},
		{"{'timestamp':1732340001,'phase_type':'HYPOXIC','fio2_level':16}", PHASE_ALTITUDE, MSG_NONE},
		{"{'timestamp':1732340001,'phase_type':'hypoxia'}", PHASE_ALTITUDE, MSG_NONE},
		{"{'timestamp':1732340001,'phase_type':'HYPEROXIC','altitude_level':3}", PHASE_RECOVERY, 3},
		{"{'timestamp':1732340001,'phase':'recovery','altitude_level':3,'fio2_level':5}",
		 PHASE_RECOVERY, 3},
		{"{'timestamp':1732340001,'phase':'WARMUP','phase_type':'TRANSITION'}", PHASE_TRANSITION,
		 MSG_NONE},
		{"{'timestamp':1732340001,'phase_type':'TERMINATED'}", PHASE_COMPLETED, MSG_NONE},
		{"{'timestamp':1732340001,'phase_type':null}", PHASE_NONE, MSG_NONE},
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(take_readings(t[i].data) == 1, "%s", t[i].data))
			continue;
		ok(rows[0].phase_type == t[i].phase, "%s", t[i].data);
		ok(rows[0].altitude_level == t[i].level, "%s", t[i].data);
	}
}

TEST(ten_thousand_readings_are_taken_and_one_more_is_refused)
{
	char *text = malloc(SYNC_BATCH_READINGS * 60 + 200), *p = text, *more;
	struct problem problem;
	struct plan plan;
	int i;

	p += sprintf(p, "{'type':'readings','sessionId':'" LOCAL "','data':[");
	for (i = 0; i < SYNC_BATCH_READINGS; i++)
		p += sprintf(p, "%s{'timestamp':%lld,'spo2':%d.%d}", i ? "," : "",
			     1732340000000LL + i, 60 + i % 40, i % 10);
	more = p;
	strcpy(p, "]}");
	if (ok(take(text, &plan, &problem) == 0, "%s", problem.detail)) {
		ok(plan.n >= 1, "%zu messages", plan.n);
		is_int(readings_of(&plan), SYNC_BATCH_READINGS);
		is_int(plan.is_batch, 1);
	}
	plan_release(&plan);
	strcpy(more, ",{'timestamp':1}]}");
	is_int(take(text, &plan, &problem), -1);
	is_int(problem.status, 413);
	is_int(plan.n, 0);
	free(text);
}

/* Values that cannot be packed as decimals: still one message, and so one transaction. */
TEST(rows_that_pack_badly_still_fit)
{
	char *text = malloc(SYNC_BATCH_READINGS * 140 + 200), *p = text;
	struct problem problem;
	struct plan plan;
	int i;

	p += sprintf(p, "{'type':'readings','sessionId':'" LOCAL "','data':[");
	for (i = 0; i < 9000; i++)
		p += sprintf(p, "%s{'timestamp':%lld,'spo2':%.15f,'heart_rate':%.13f,"
			     "'perfusion_index':%.15f,'motion':%.15f}", i ? "," : "",
			     1732340000000000LL + i * 7919LL * (i % 977), 60 + i / 7777.0,
			     61 + i / 3333.0, 1 + i / 9999.0, 1 + i / 8888.0);
	strcpy(p, "]}");
	if (ok(take(text, &plan, &problem) == 0, "%s", problem.detail))
		ok(readings_of(&plan) > 8900 && plan.n == 1);
	plan_release(&plan);
	free(text);
}

/* ---- everything that is not a reading */

TEST(a_session_that_has_ended_is_started_and_stopped)
{
	const struct session_start *start;
	const struct session_stop *stop;
	struct problem problem;
	struct plan plan;
	ids_uuid id;

	if (!ok(take("{'type':'session','data':{'id':'" LOCAL "','user_id':'" USER "',"
		     "'device_id':'device_1732_abc','start_time':1732340000000,"
		     "'end_time':'2024-11-23T06:00:00Z','status':'COMPLETED','sessionType':'IHHT',"
		     "'session_subtype':'training','planned_total_cycles':5,'total_cycles':3,"
		     "'hypoxicDuration':420,'starting_altitude_level':6,'total_readings':12,"
		     "'avg_spo2':95.5,'created_at':1732340000,'data_source':'mock'}}", &plan,
		     &problem) == 0, "%s", problem.detail))
		return;
	is_int(plan.n, 2);
	start = plan.steps[0].msg;
	stop = plan.steps[1].msg;
	ids_session(LOCAL, id);
	is_str(start->local_session_id, LOCAL);
	is_str(start->user_id, USER);
	is_int(start->start_us, 1732340000000000);
	is_int(start->session_type, SESSION_TYPE_IHHT);
	is_int(start->session_subtype, SUBTYPE_TRAINING);
	is_int(start->total_cycles, 3);
	is_int(start->hypoxic_duration, 420);
	is_int(start->data_source, DATA_SOURCE_MOCK);
	is_str(stop->session_id, id);
	is_int(stop->status, SESSION_COMPLETED);
	is_int(stop->at_us, 1732341600000000);
	plan_release(&plan);
	take("{'type':'sessions','data':[{'local_session_id':'" LOCAL "',"
	     "'user_id':'AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE','device_id':'d','start_time':1732340000,'status':'active','end_time':null}]}", &plan,
	     &problem);
	is_int(plan.n, 1);
	if (plan.n)
		is_str(((struct session_start *)plan.steps[0].msg)->user_id,
		       "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
	plan_release(&plan);
}

TEST(a_survey_row_of_the_app_holds_two_surveys)
{
	const struct survey *pre, *post;
	struct problem problem;
	struct plan plan;
	ids_uuid id;

	ids_session(LOCAL, id);
	if (!ok(take("{'type':'session_survey','sessionId':'" LOCAL "','data':{'id':4,"
		     "'session_id':'" LOCAL "','clarity_pre':3,'energyPre':4,'stress_pre':null,"
		     "'clarity_post':5,'overall_rating':4,'notes_post':'well',"
		     "'post_symptoms':'[\\'warm\\',\\'light_headed\\']','created_at':1732340000,"
		     "'updated_at':1732341000}}", &plan, &problem) == 0, "%s", problem.detail))
		return;
	is_int(plan.n, 2);
	is_int(plan.steps[0].item, 0);
	is_int(plan.steps[1].item, 0);
	pre = plan.steps[0].msg;
	post = plan.steps[1].msg;
	is_str(pre->session_id, id);
	is_int(pre->kind, SURVEY_PRE);
	is_int(pre->clarity, 3);
	is_int(pre->energy, 4);
	is_int(pre->stress, MSG_NONE);
	is_int(pre->overall_rating, MSG_NONE);
	is_int(pre->at_us, 1732340000000000);
	is_int(post->kind, SURVEY_POST);
	is_int(post->clarity, 5);
	is_int(post->overall_rating, 4);
	is_str(post->notes_post, "well");
	is_int(post->post_symptoms, 1 << SYMPTOM_WARM | 1 << SYMPTOM_LIGHT_HEADED);
	is_int(post->at_us, 1732341000000000);
	plan_release(&plan);
}

TEST(the_other_kinds_are_taken_as_the_app_writes_them)
{
	static const struct {
		const char *type, *row, *text;
	} t[] = {
		{"survey", "'kind':'pre','clarity':1", "survey session_id=%s kind=pre clarity=1"},
		{"intra_session_response", "'phaseNumber':2,'clarity':1,'energy':2,'stress':3,"
		 "'sensations':['zen','TINGLING'],'spo2Value':88.5,'hr_value':60,'timestamp':1732340001000",
		 "survey session_id=%s kind=intra clarity=1 energy=2 stress_perception=3 phase_number=2 "
		 "sensations=zen+tingling spo2_value=88.5 hr_value=60 at_us=1732340001000000"},
		{"intra_session_responses", "'cycle_number':2,'stress':3,'stress_perception':4",
		 "survey session_id=%s kind=intra stress_perception=4 phase_number=2"},
		{"intra_session_responses", "'phase_number':2,'cycle_number':3,'stress_perception':4,'stress':3",
		 "survey session_id=%s kind=intra stress_perception=4 phase_number=2"},
		{"adaptive_event", "'eventType':'mask_lift','eventTimestamp':1732340001000,'id':'x',"
		 "'altitude_phase_number':1,'spo2_value':82.0,'additional_data':{'a':1}",
		 "event session_id=%s event_type=mask_lift event_us=1732340001000000 "
		 "altitude_phase_number=1 spo2_value=82 additional_data="},
		{"session_adaptive_events", "'event_type':'dial_adjustment_confirmed',"
		 "'event_timestamp':'2024-11-23T05:33:21Z'",
		 "event session_id=%s event_type=dial_adjustment event_us=1732340001000000"},
		{"phase_stats", "'phaseType':'altitude','phase_number':1,'startTime':1732340001000,"
		 "'end_time':'2024-11-23T05:35:21Z','durationSeconds':120,'minSpo2':80,'avgSpo2':86.5,"
		 "'spo2ReadingsCount':120,'maskLiftCount':1,'timeTo95PercentSeconds':20",
		 "phase_stats session_id=%s phase_type=ALTITUDE phase_number=1 "
		 "start_us=1732340001000000 end_us=1732340121000000 min_spo2=80 avg_spo2=86.5 "
		 "spo2_readings_count=120 mask_lift_count=1 time_to_95_percent_seconds=20"},
		{"progression", "'currentAltitudeLevel':6,'recommended_altitude_level':7,"
		 "'performance':'good','created_at':1732340001000",
		 "progression session_id=%s current_altitude_level=6 recommended_altitude_level=7 "
		 "performance=GOOD at_us=1732340001000000"},
	};
	char batch[1000], want[600], got[1000];
	struct problem problem;
	struct plan plan;
	ids_uuid id;
	size_t i;

	ids_session(LOCAL, id);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		snprintf(batch, sizeof(batch), "{'type':'%s','sessionId':'" LOCAL "','data':[{%s}]}",
			 t[i].type, t[i].row);
		if (!ok(take(batch, &plan, &problem) == 0, "%s: %s", batch, problem.detail))
			continue;
		is_int(plan.n, 1);
		msg_text(plan.steps[0].message, plan.steps[0].msg, got, sizeof(got));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(want, sizeof(want), t[i].text, id);
#pragma GCC diagnostic pop
		has_str(got, want);
		plan_release(&plan);
	}
}

TEST(an_empty_batch_has_nothing_to_do)
{
	struct problem problem;
	struct plan plan;

	is_int(take("{'type':'readings','sessionId':'" LOCAL "','data':[]}", &plan, &problem), 0);
	is_int(plan.n, 0);
	is_int(take("{'type':'session','data':[]}", &plan, &problem), 0);
	is_int(plan.n, 0);
}

#define IN(type, row) "{'type':'" type "','sessionId':'" LOCAL "','data':[" row "]}"
#define READING(row)  IN("readings", "{'timestamp':1732340001000,'spo2':97},{" row "}")
#define SESSION(row)  "{'type':'session','data':{'user_id':'" USER "','device_id':'d'," row "}}"

/* One row is set apart, as it came and with why; a plan has no more of it than that. */
static void
is_set_apart(const struct plan *plan, const char *batch, long row, const char *field)
{
	const json_t *note = json_array_get(plan->misfits, 0);
	size_t i, n = 0;

	ok(json_array_size(plan->misfits) == 1, "%s", batch);
	is_int(json_integer_value(json_object_get(note, "row")), row);
	is_str(json_string_value(json_object_get(note, "field")), field);
	for (i = 0; i < plan->n; i++) {
		const struct misfit *m = plan->steps[i].msg;
		struct err err;

		n += plan->steps[i].message == &msg_misfit;
		ok(plan->steps[i].message == &msg_import || plan->steps[i].message == &msg_misfit, "%s",
		   batch);
		if (plan->steps[i].message == &msg_misfit)
			ok(msg_check(&msg_misfit, m, &err) == 0, "%s", err.text);
	}
	ok(n == 1, "%s", batch);
}

TEST(everything_else_is_refused_by_field_or_set_apart_by_row)
{
	static const struct {
		const char *batch, *field, *detail;
		long row;
		int status;
	} t[] = {
		{"{}", "type", "one of readings", 0, 422},
		{"{'type':'reading s','data':[]}", "type", "one of readings", 0, 422},
		{"{'type':'session sessions','data':[]}", "type", "one of readings", 0, 422},
		{"{'type':' ','data':[]}", "type", "one of readings", 0, 422},
		{"{'type':'','data':[]}", "type", "one of readings", 0, 422},
		{"{'type':7,'data':[]}", "type", "one of readings", 0, 422},
		{"{'type':'readings'}", "data", "a row or a list", 0, 422},
		{"{'type':'readings','data':'x'}", "data", "a row or a list", 0, 422},
		{"{'type':'readings','data':[],'more':1}", "more", "no such field", 0, 422},
		{"{'type':'readings','data':[{'timestamp':1,'spo2':9}]}", "sessionId", "UUID or local id", 0, 422},
		{"{'type':'survey','data':[{'kind':'pre'}]}", "sessionId", "UUID or local id", 1, 422},
		{"{'type':'readings','sessionId':7,'data':[]}", "sessionId", "UUID or local id", 0, 422},
		{"{'type':'readings','sessionId':'','data':[]}", "sessionId", "UUID or local id", 0, 422},
		{"{'type':'readings','sessionId':'a b','data':[]}", "sessionId", "UUID or local id", 0, 422},
		{IN("readings", "7"), "", "a JSON object", 1, 422},
		{IN("survey", "7"), "", "a JSON object", 1, 422},
		{READING("'spo2':97"), "timestamp", "must be given", 2, 422},
		{READING("'timestamp':'noon','spo2':97"), "timestamp", "ISO 8601", 2, 422},
		{READING("'timestamp':true,'spo2':97"), "timestamp", "ISO 8601", 2, 422},
		{READING("'timestamp':-1,'spo2':97"), "timestamp", "ISO 8601", 2, 422},
		{READING("'timestamp':'2101-01-01','spo2':97"), "timestamp", "must be from", 2, 422},
		{READING("'timestamp':1,'spo2':'97'"), "spo2", "a number", 2, 422},
		{READING("'timestamp':1,'spo2':101"), "spo2", "from 0 to 100", 2, 422},
		{READING("'timestamp':1,'spo2':-1"), "spo2", "from 0 to 100", 2, 422},
		{READING("'timestamp':1,'heartRate':501"), "heartRate", "from 0 to 500", 2, 422},
		{READING("'timestamp':1,'signal_strength':1.5"), "signal_strength", "an integer", 2, 422},
		{READING("'timestamp':1,'signal_strength':1001"), "signal_strength", "from 0 to 1000", 2, 422},
		{READING("'timestamp':1,'battery':-9223372036854775808"), "battery", "an integer", 2, 422},
		{READING("'timestamp':1,'perfusion_index':101"), "perfusion_index", "from 0 to 100", 2, 422},
		{READING("'timestamp':1,'phase_type':'LUNCH'"), "phase_type", "ALTITUDE", 2, 422},
		{READING("'timestamp':1,'phase_type':1"), "phase_type", "ALTITUDE", 2, 422},
		{READING("'timestamp':1,'data_source':'x'"), "data_source", "bluetooth", 2, 422},
		{READING("'timestamp':1,'invalid':'x'"), "invalid", "no_finger", 2, 422},
		{READING("'timestamp':1,'is_valid':'yes'"), "is_valid", "true or false", 2, 422},
		{READING("'timestamp':1,'is_valid':2"), "is_valid", "true or false", 2, 422},
		{READING("'timestamp':1,'fio2_level':12"), "fio2_level", "from 0 to 11", 2, 422},
		{READING("'timestamp':1,'fio2_level':-1"), "fio2_level", "from 0 to 11", 2, 422},
		{READING("'timestamp':1,'fio2_level':1.5"), "fio2_level", "from 0 to 11", 2, 422},
		{READING("'timestamp':1,'fio2_level':'x'"), "fio2_level", "from 0 to 11", 2, 422},
		{READING("'timestamp':1,'cycle_number':0"), "cycle_number", "from 1 to 100", 2, 422},
		{READING("'timestamp':1,'seq':1"), "seq", "together with epoch", 2, 422},
		{READING("'timestamp':1,'epoch':1"), "seq", "together with epoch", 2, 422},
		{READING("'timestamp':1,'seq':0,'epoch':1"), "seq", "from 1", 2, 422},
		{READING("'timestamp':1,'session_id':'IHHT_2'"), "session_id", "session of this batch", 2, 422},
		{READING("'timestamp':1,'localSessionId':7"), "local_session_id", "session of this batch", 2, 422},
		{READING("'timestamp':1,'colour':7"), "colour", "no such field", 2, 422},
		{READING("'timestamp':1,'hlc':7"), "hlc", "no such field", 2, 422},
		{READING("'timestamp':1,'a_name_that_is_much_longer_than_any_of_our_fields_is':7"),
		 "a_name_that_is_much_longer_than_any_of_o", "no such field", 2, 422},
		{IN("survey", "{'kind':'pre','clarity':0}"), "clarity", "from 1 to 5", 1, 422},
		{IN("survey", "{'kind':'pre','clarity':6}"), "clarity", "from 1 to 5", 1, 422},
		{IN("survey", "{'kind':'','clarity':5}"), "kind", "pre, intra, post", 1, 422},
		{IN("survey", "{'kind':'now','clarity':5}"), "kind", "pre, intra, post", 1, 422},
		{IN("survey", "{'kind':'intra','clarity':5}"), "phase_number", "must be given", 1, 422},
		{IN("survey", "{'clarity':5}"), "kind", "pre, intra", 1, 422},
		{IN("survey", "{'kind':'pre','hlc':5}"), "hlc", "no such field", 1, 422},
		{IN("survey", "{'kind':'pre','request_id':5}"), "request_id", "no such field", 1, 422},
		{IN("survey", "{'kind':'pre','session_id':'IHHT_2'}"), "session_id", "session of this batch", 1, 422},
		{IN("survey", "{'kind':'pre','session_id':8}"), "session_id", "UUID or local id", 1, 422},
		{IN("session_survey", "{'clarity_post':3,'post_symptoms':['gout']}"), "post_symptoms", "headache", 1, 422},
		{IN("session_survey", "{'clarity_post':3,'post_symptoms':'gout'}"), "post_symptoms", "headache", 1, 422},
		{IN("session_survey", "{'clarity_post':3,'post_symptoms':[7]}"), "post_symptoms", "headache", 1, 422},
		{IN("session_survey", "{'clarity_pre':3,'clarity_post':9}"), "clarity_post", "from 1 to 5", 1, 422},
		{IN("session_survey", "{'notes_post':7}"), "notes_post", "text", 1, 422},
		{IN("session_survey", "{'notes_post':'a\\u0000b'}"), "", "not JSON", 0, 400},
		{IN("intra_session_response", "{'clarity':3}"), "phase_number", "must be given", 1, 422},
		{IN("adaptive_event", "{'event_timestamp':1}"), "event_type", "must be given", 1, 422},
		{IN("adaptive_event", "{'event_type':'mask_lift'}"), "event_timestamp", "must be given", 1, 422},
		{IN("adaptive_event", "{'event_type':'sneeze','event_timestamp':1}"), "event_type", "mask_lift", 1, 422},
		{IN("phase_stats", "{'phase_type':'altitude','phase_number':1}"), "start_time", "must be given", 1, 422},
		{IN("phase_stats", "{'start_time':1,'phase_number':1,'mask_lift_count':0}"), "phase_type", "must be given", 1, 422},
		{IN("phase_stats", "{'start_time':1,'phase_type':'altitude'}"), "phase_number", "must be given", 1, 422},
		{IN("phase_stats", "{'start_time':1,'phase_type':'altitude','phase_number':1}"), "mask_lift_count", "must be given", 1, 422},
		{IN("progression", "{'current_altitude_level':5}"), "recommended_altitude_level", "must be given", 1, 422},
		{IN("progression", "{'recommended_altitude_level':5}"), "current_altitude_level", "must be given", 1, 422},
		{IN("progression", "{'current_altitude_level':5,'recommended_altitude_level':12}"), "recommended_altitude_level", "from 0 to 11", 1, 422},
		{SESSION("'start_time':1"), "local_session_id", "local id", 1, 422},
		{SESSION("'start_time':1,'id':'" USER "'"), "local_session_id", "local id", 1, 422},
		{SESSION("'start_time':1,'local_session_id':'a b'"), "local_session_id", "local id", 1, 422},
		{SESSION("'local_session_id':'a'"), "start_time", "must be given", 1, 422},
		{SESSION("'local_session_id':'a','start_time':9,'status':'completed'"), "end_time", "must be given", 1, 422},
		{SESSION("'local_session_id':'a','start_time':9,'end_time':8"), "end_time", "before start_time", 1, 422},
		{SESSION("'local_session_id':'a','start_time':9,'end_time':10,'status':'active'"), "status", "must not be active", 1, 422},
		{SESSION("'local_session_id':'a','start_time':9,'end_time':10,'status':'odd'"), "status", "completed", 1, 422},
		{SESSION("'local_session_id':'a','start_time':9,'end_time':'x'"), "end_time", "ISO 8601", 1, 422},
		{SESSION("'local_session_id':'a','start_time':9,'total_cycles':21"), "total_cycles", "from 1 to 20", 1, 422},
		{"{'type':'session','sessionId':'b','data':{'user_id':'" USER "','device_id':'d',"
		 "'local_session_id':'a','start_time':9}}", "local_session_id", "session of this batch", 1, 422},
		{"{'type':'session','sessionId':'" USER "','data':{'user_id':'" USER "','device_id':'d',"
		 "'local_session_id':'a','start_time':9}}", "local_session_id", "session of this batch", 1, 422},
		{"{'type':'session','data':{'device_id':'d','local_session_id':'a','start_time':9}}",
		 "user_id", "36 bytes", 1, 422},
		{"{'type':'session','data':{'user_id':'me','device_id':'d','local_session_id':'a',"
		 "'start_time':9}}", "user_id", "36 bytes", 1, 422},
		{"{'type':'session','data':{'user_id':'" USER "','local_session_id':'a','start_time':9}}",
		 "device_id", "1 to 64", 1, 422},
	};
	struct problem problem;
	struct plan plan;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		ok(take(t[i].batch, &plan, &problem) == (t[i].row ? 0 : -1), "%s", t[i].batch);
		ok(!strcmp(problem.field, t[i].field), "%s: field \"%s\", not \"%s\" (%s)", t[i].batch,
		   problem.field, t[i].field, problem.detail);
		ok(strstr(problem.detail, t[i].detail), "%s: \"%s\" without \"%s\"", t[i].batch,
		   problem.detail, t[i].detail);
		ok(problem.row == t[i].row, "%s: row %ld", t[i].batch, problem.row);
		ok(problem.status == t[i].status, "%s: status %d", t[i].batch, problem.status);
		if (t[i].row)
			is_set_apart(&plan, t[i].batch, t[i].row, t[i].field);
		else
			ok(plan.n == 0 && !plan.steps, "%s: something is left of it", t[i].batch);
		plan_release(&plan);
	}
}

TEST(text_beyond_its_limit_is_refused)
{
	static const struct {
		const char *head, *tail, *field;
		int most;
		char fill;
	} t[] = {
		{"'notes_post':'", "'", "notes_post", 2000, 'x'},
		{"'clarity_post':1,'post_symptoms':'[", "\\'warm\\']'", "post_symptoms", 990, ' '},
	};
	struct problem problem;
	struct plan plan;
	char text[6000];
	size_t i;
	int over;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		for (over = 0; over <= 1; over++) {
			char fill[5100];

			memset(fill, t[i].fill, sizeof(fill));
			snprintf(text, sizeof(text), "{'type':'session_survey','sessionId':'" LOCAL
				 "','data':{%s%.*s%s}}", t[i].head, t[i].most + over * 3000, fill, t[i].tail);
			ok(take(text, &plan, &problem) == (over ? -1 : 0), "%s over=%d: %s", t[i].field,
			   over, problem.detail);
			is_str(problem.field, over ? t[i].field : "");
			plan_release(&plan);
		}
}

/* More than one transaction holds is told, and nothing of it is sent. */
TEST(what_is_packed_has_room_or_is_refused)
{
	struct plan plan = {.is_batch = 1};
	struct survey *survey;
	size_t n;

	for (n = 1; n <= 400; n++) {
		survey = plan_step(&plan, &msg_survey, n);
		strcpy(survey->session_id, USER);
		memset(survey->notes_post, 'x', sizeof(survey->notes_post) - 1);
		survey->notes_post[sizeof(survey->notes_post) - 1] = 0;
	}
	is_int(plan_pack(&plan), 0);
	for (; n <= 600; n++) {
		survey = plan_step(&plan, &msg_survey, n);
		*survey = *(struct survey *)plan.steps[0].msg;
	}
	free(plan.pack.msg);
	is_int(plan_pack(&plan), -1);
	plan_release(&plan);
}

TEST(five_hundred_rows_of_a_kind_and_no_more)
{
	char *text = malloc(40000), *p = text, *more;
	struct problem problem;
	struct plan plan;
	int i;

	p += sprintf(p, "{'type':'survey','sessionId':'" LOCAL "','data':[");
	for (i = 0; i < SYNC_BATCH_ROWS; i++)
		p += sprintf(p, "%s{'kind':'intra','phase_number':%d}", i ? "," : "", i % 100 + 1);
	more = p;
	strcpy(p, "]}");
	is_int(take(text, &plan, &problem), 0);
	is_int(plan.n, SYNC_BATCH_ROWS);
	is_int(plan.steps[499].item, 499);
	plan_release(&plan);
	strcpy(more, ",{'kind':'pre'}]}");
	is_int(take(text, &plan, &problem), -1);
	is_int(problem.status, 413);
	free(text);
}

TEST(a_session_is_known_by_its_uuid_in_any_case_and_by_its_local_id)
{
	char id[37], same[37], upper[37];
	size_t i;

	is_int(sync_batch_session(LOCAL, id), 0);
	is_int(sync_batch_session(id, same), 0);
	is_str(same, id);
	for (i = 0; i < sizeof(id); i++)
		upper[i] = (char)(id[i] >= 'a' && id[i] <= 'f' ? id[i] - 32 : id[i]);
	is_int(sync_batch_session(upper, same), 0);
	is_str(same, id);
	is_int(sync_batch_session("", same), -1);
	is_int(sync_batch_session("a/b", same), -1);
	is_int(sync_batch_session("12345678901234567890123456789012345678901234567890123456789012345",
				  same), -1);
}

int
main(void)
{
	RUN(a_reading_comes_through_with_every_value);
	RUN(one_reading_said_in_many_ways_is_one);
	RUN(two_values_at_one_time_are_two);
	RUN(the_same_values_in_another_session_are_others);
	RUN(nothing_measured_is_absent_with_a_reason);
	RUN(old_words_and_levels_are_mapped);
	RUN(ten_thousand_readings_are_taken_and_one_more_is_refused);
	RUN(rows_that_pack_badly_still_fit);
	RUN(a_session_that_has_ended_is_started_and_stopped);
	RUN(a_survey_row_of_the_app_holds_two_surveys);
	RUN(the_other_kinds_are_taken_as_the_app_writes_them);
	RUN(an_empty_batch_has_nothing_to_do);
	RUN(everything_else_is_refused_by_field_or_set_apart_by_row);
	RUN(text_beyond_its_limit_is_refused);
	RUN(what_is_packed_has_room_or_is_refused);
	RUN(five_hundred_rows_of_a_kind_and_no_more);
	RUN(a_session_is_known_by_its_uuid_in_any_case_and_by_its_local_id);
	return test_done();
}
