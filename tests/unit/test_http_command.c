/*
 * One command over HTTP: its body as a message, and local-store's reply as an answer.
 */
#include <stdlib.h>

#include "services/http-api/commands/http_command.h"
#include "tests/unit/test.h"

#define USER  "11111111-1111-4111-8111-111111111111"
#define OTHER "22222222-2222-4222-8222-222222222222"
#define S     "/api/sessions/" USER

static int
plan(const char *path, const char *text, struct plan *plan, struct problem *problem)
{
	struct ask ask = {0};
	char body[500], *p;

	strcpy(body, text);
	for (p = body; *p; p++)
		if (*p == '\'')
			*p = '"';
	ask.body = body;
	ask.len = strlen(body);
	*plan = (struct plan){0};
	*problem = (struct problem){0};
	ok(route_find("POST", path, &ask.route, ask.key, problem) == 0, "%s", path);
	return command_plan(&ask, plan, problem);
}

TEST(a_body_becomes_its_message)
{
	static const struct {
		const char *path, *body, *text;
	} t[] = {
		{"/api/sessions", "{'user_id':'" USER "','device_id':'d','start_us':'2024-11-23T05:33:20Z'}",
		 "session_start user_id=" USER " device_id=\"d\" start_us=1732340000000000"},
		{S "/phase", "{'phase':'ALTITUDE','cycle':2,'session_id':'" USER "'}",
		 "session_phase session_id=" USER " phase=ALTITUDE cycle=2"},
		{S "/stop", "{}", "session_stop session_id=" USER},
		{S "/surveys", "{'kind':'post','overall_rating':5}",
		 "survey session_id=" USER " kind=post overall_rating=5"},
		{S "/events", "{'event_type':'mask_lift','additional_data':{'breaths':1}}",
		 "event session_id=" USER " event_type=mask_lift additional_data="},
		{S "/events", "{'event_type':'mask_lift','additional_data':'{}'}",
		 "event session_id=" USER " event_type=mask_lift additional_data="},
		{S "/phase-stats", "{'phase_type':'ALTITUDE','phase_number':1,'start_us':1,'mask_lift_count':0}",
		 "phase_stats session_id=" USER " phase_type=ALTITUDE phase_number=1 start_us=1"},
		{S "/progression", "{'current_altitude_level':5,'recommended_altitude_level':6}",
		 "progression session_id=" USER " current_altitude_level=5 recommended_altitude_level=6"},
		{"/api/sync/batch", "{'type':'survey','sessionId':'" USER "','data':{'kind':'pre'}}",
		 "survey session_id=" USER " kind=pre"},
	};
	struct problem problem;
	struct plan p;
	char text[500];
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(plan(t[i].path, t[i].body, &p, &problem) == 0, "%s: %s", t[i].body,
			problem.detail))
			continue;
		is_int(p.n, 1);
		msg_text(p.steps[0].message, p.steps[0].msg, text, sizeof(text));
		has_str(text, t[i].text);
		is_int(strlen(p.steps[0].msg), 36);
		plan_release(&p);
	}
}

TEST(a_request_id_of_the_caller_is_kept)
{
	struct problem problem;
	struct plan p;

	is_int(plan(S "/stop", "{'request_id':'" OTHER "'}", &p, &problem), 0);
	is_str(p.steps[0].msg, OTHER);
	plan_release(&p);
}

TEST(bad_bodies_are_refused_by_field)
{
	static const struct {
		const char *path, *body;
		int status;
		const char *field, *detail;
	} t[] = {
		{"/api/sessions", "", 400, "", "JSON object"},
		{"/api/sessions", "{", 400, "", "not JSON"},
		{"/api/sessions", "{'device_id':'d'}", 422, "user_id", "36 bytes"},
		{"/api/sessions", "{'user_id':'" USER "'}", 422, "device_id", "1 to 64"},
		{"/api/sessions", "{'user_id':'" USER "','device_id':'d','data_source':'x'}", 422,
		 "data_source", "unknown, bluetooth, mock, manual"},
		{"/api/sessions", "{'user_id':'" USER "','device_id':'d','speed':9}", 422, "speed", "no such field"},
		{S "/phase", "{'phase':'altitude'}", 422, "phase", "ALTITUDE"},
		{S "/phase", "{'phase':'ALTITUDE','altitude_level':12}", 422, "altitude_level", "from 0 to 11"},
		{S "/phase", "{'phase':'ALTITUDE','session_id':'" OTHER "'}", 422, "session_id", "of the path"},
		{S "/phase", "{'phase':'ALTITUDE','session_id':8}", 422, "session_id", "of the path"},
		{S "/stop", "{'status':'tired'}", 422, "status", "completed"},
		{S "/stop", "{'request_id':'1'}", 422, "request_id", "36"},
		{S "/stop", "{'request_id':1}", 422, "request_id", "text"},
		{S "/surveys", "{'kind':'pre','clarity':6}", 422, "clarity", "from 1 to 5"},
		{S "/surveys", "{'kind':'pre','hlc':6}", 422, "hlc", "not a caller's"},
		{S "/events", "{'event_type':'mask_lift','additional_data':7}", 422, "additional_data", "text"},
		{"/api/sync/batch", "{'type':'x'}", 422, "type", "one of"},
	};
	struct problem problem;
	struct plan p;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		if (!ok(plan(t[i].path, t[i].body, &p, &problem) == -1, "%s", t[i].body)) {
			plan_release(&p);
			continue;
		}
		ok(problem.status == t[i].status, "%s: %d", t[i].body, problem.status);
		is_str(problem.field, t[i].field);
		has_str(problem.detail, t[i].detail);
		is_int(p.n, 0);
	}
}

TEST(a_reply_becomes_an_answer)
{
	static const struct {
		enum pending_outcome outcome;
		const struct message *message;
		int is_batch, added;
		const char *field, *text;
		int status;
		const char *answer;   /* part of it, or of the problem's detail */
		const char *location;
		long row;
	} t[] = {
		{PENDING_DONE, &msg_session_start, 0, 1, "", "started", 201, "\"text\":\"started\"",
		 "/api/sessions/" USER, 0},
		{PENDING_DONE, &msg_session_start, 0, 0, "", "runs", 200, "\"added\":0", "", 0},
		{PENDING_DONE, &msg_survey, 0, 1, "", "recorded", 200, "\"added\":1", "", 0},
		{PENDING_DONE, &msg_import, 1, 7, "", "", 200, "{\"synced\":7}", "", 0},
		{PENDING_DONE, &msg_import, 1, 0, "", "", 200, "{\"status\":\"already_synced\"}", "", 0},
		{PENDING_REFUSED, &msg_survey, 0, 0, "session_id", "no such session: x", 404, "no such", "", 0},
		{PENDING_REFUSED, &msg_survey, 0, 0, "session_id", "has ended", 422, "has ended", "", 0},
		{PENDING_REFUSED, &msg_session_start, 0, 0, "user_id", "runs", 409, "runs", "", 0},
		{PENDING_REFUSED, &msg_session_start, 0, 0, "device_id", "used", 409, "used", "", 0},
		{PENDING_REFUSED, &msg_session_stop, 0, 0, "at_us", "before", 422, "before", "", 0},
		{PENDING_REFUSED, &msg_survey, 1, 0, "kind", "odd", 422, "odd", "", 3},
		{PENDING_REFUSED, &msg_import, 1, 0, "count", "odd", 422, "odd", "", 0},
		{PENDING_TIMED_OUT, &msg_survey, 0, 0, "", "", 503, "same request_id", "", 0},
		{PENDING_TIMED_OUT, &msg_survey, 1, 0, "", "", 503, "local-store did not answer", "", 0},
	};
	struct problem problem;
	char location[80], *text;
	size_t i, len;
	int status;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct result r = {.outcome = t[i].outcome, .message = t[i].message, .item = 2,
				   .is_batch = t[i].is_batch, .added = t[i].added};

		msg_clear(&msg_reply, &r.reply);
		strcpy(r.reply.session_id, USER);
		strcpy(r.reply.field, t[i].field);
		strcpy(r.reply.text, t[i].text);
		r.reply.added = t[i].added;
		problem = (struct problem){0};
		text = command_answer(&r, &status, &len, location, sizeof(location), &problem);
		ok((text ? status : problem.status) == t[i].status, "%zu: %d", i,
		   text ? status : problem.status);
		has_str(text ? text : problem.detail, t[i].answer);
		is_str(location, t[i].location);
		ok(problem.row == t[i].row, "%zu: row %ld", i, problem.row);
		ok(problem.status == 503 ? problem.retry_after_s > 0 : !problem.retry_after_s);
		free(text);
	}
}

int
main(void)
{
	RUN(a_body_becomes_its_message);
	RUN(a_request_id_of_the_caller_is_kept);
	RUN(bad_bodies_are_refused_by_field);
	RUN(a_reply_becomes_an_answer);
	return test_done();
}
