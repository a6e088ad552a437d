#include "services/http-api/mcp/tool.h"

#include <string.h>

#include "services/http-api/mcp/say.h"

#define SESSION {"session_id", PARAM_TEXT, 1, 64, NULL, NULL, NULL, "the session's UUID or local id"}
#define USER(meaning) {"user_id", PARAM_UUID, 0, 0, NULL, NULL, NULL, meaning}
#define FROM(meaning) {"from", PARAM_TIME, 0, 0, NULL, NULL, NULL, meaning}
#define TO(meaning)   {"to", PARAM_TIME, 0, 0, NULL, NULL, NULL, meaning}
#define LIMIT(most, fallback) \
	{"limit", PARAM_NUMBER, 1, most, fallback, NULL, NULL, "rows of one result"}
#define CURSOR(parts) \
	{"cursor", PARAM_CURSOR, 0, 0, NULL, NULL, parts, "next_cursor of the result before this one"}
#define MOCK {"include_mock", PARAM_FLAG, 0, 0, "false", NULL, NULL, "made-up data too"}
#define END  {NULL, 0, 0, 0, NULL, NULL, NULL, NULL}

static const struct param of_list[] = {
	{"status", PARAM_WORD, 0, 0, NULL, &words_session_status, NULL, "where it is in its life"},
	USER("of this person"),
	{"device_id", PARAM_TEXT, 1, 64, NULL, NULL, NULL, "of this oximeter"},
	{"data_source", PARAM_WORD, 0, 0, NULL, &words_data_source, NULL, "mock: see include_mock"},
	FROM("began then or later: ISO 8601"), TO("began before: ISO 8601"), LIMIT(100, "30"),
	CURSOR("tu"), MOCK, END};
static const struct param of_session[] = {SESSION, CURSOR("n"), MOCK, END};
static const struct param of_readings[] = {
	SESSION, FROM("not before: ISO 8601"), TO("before: ISO 8601"),
	{"points", PARAM_NUMBER, 12, 1000, "120", NULL, NULL,
	 "thin them to about so many; ask for a shorter span to see more of it"},
	CURSOR("tnn"), MOCK, END};
static const struct param of_comparison[] = {
	{"session_ids", PARAM_SESSIONS, 2, 8, NULL, NULL, NULL, "their UUIDs or local ids"}, MOCK, END};
static const struct param of_trend[] = {
	USER("the person; not needed for your own"), FROM("from the week of that day on: ISO 8601; else twelve weeks before `to`"),
	TO("before: ISO 8601"), MOCK, END};
static const struct param of_quality[] = {
	{"session_ids", PARAM_SESSIONS, 1, 8, NULL, NULL, NULL, "only these: UUIDs or local ids"},
	USER("of this person"), FROM("began then or later: ISO 8601"), TO("began before: ISO 8601"),
	LIMIT(30, "10"), CURSOR("tu"), MOCK, END};
static const struct param of_sync[] = {LIMIT(100, "30"), CURSOR("u"), END};
static const struct param of_gaps[] = {
	SESSION, FROM("that end later: ISO 8601"), TO("that begin before: ISO 8601"), LIMIT(100, "30"),
	CURSOR("tt"), MOCK, END};
static const struct param of_resources[] = {LIMIT(20, "20"), CURSOR("tu"), MOCK, END};

const struct tool tools[] = {
	{"list_sessions", "List sessions",
	 "The newest sessions of the people you may see: the last 30, unless filtered. Begin here to "
	 "learn ids. Made-up (mock) sessions are left out unless include_mock is true.",
	 of_list, "", {{"listSessions", NULL, 0}}, NULL, say_list, output_list},
	{"get_session", "Get a session",
	 "One session with its surveys, events, phases, gaps and progression, and the figures computed "
	 "from its readings. Each list comes in parts of 50.",
	 of_session, "session_id", {{"basis", NULL, 0}, {"getSession", "session_id", 1}}, NULL, say_session,
	 output_session},
	{"get_readings", "Get readings",
	 "SpO2 and pulse of a session or a part of it over time, thinned so that extremes, the edges of "
	 "gaps and missing values are kept; null is not measured, never 0. Low SpO2 is meant in this "
	 "training and is no fault of the data.",
	 of_readings, "session_id", {{"basis", NULL, 1}, {"listReadings", "session_id", 1}}, NULL,
	 say_readings, output_readings},
	{"session_summary", "Summarize a session",
	 "A session and each of its phases in figures, computed from its readings: SpO2 and pulse, time in "
	 "the therapeutic zone, time to and from desaturation, recovery slope, adaptation index; with "
	 "the share of values under 90 % and 83 %, and the quality of the data.",
	 of_session, "session_id",
	 {{"basis", NULL, 0}, {"getSession", "session_id", 1}, {"quality", NULL, 1}}, NULL, say_summary,
	 output_summary},
	{"compare_sessions", "Compare sessions",
	 "Two to eight sessions side by side, oldest first: the same figures of each, the change from the "
	 "first to the last, and how far each can be trusted.",
	 of_comparison, "session_ids", {{"basis", NULL, 0}, {"summaries", NULL, 0}, {"quality", NULL, 0}},
	 NULL, say_comparison, output_comparison},
	{"trend", "Trend of a person",
	 "A person's training week by week (Monday, UTC), how each figure changes a week, and the dial that "
	 "the app's rules recommend for the next session.",
	 of_trend, "", {{"weeks", NULL, 0}, {"listSessions", NULL, 0}, {"getProgression", "user_id", 0}}, prepare_trend, say_trend,
	 output_trend},
	{"data_quality_report", "Data quality",
	 "How far the data of sessions can be trusted: share of readings with a value, of time covered, "
	 "silences, losses with their reasons, perfusion; and in words what speaks against it.",
	 of_quality, "", {{"quality", NULL, 0}}, NULL, say_quality, output_quality},
	{"sync_status", "State of the pipeline",
	 "Whether the pipeline from oximeter to database works, what stands in its way, and how far each "
	 "person's data have come.",
	 of_sync, "", {{"listSyncState", NULL, 0}}, NULL, say_sync, output_sync},
	{"explain_gap", "Explain gaps",
	 "Where a session has no readings for more than 5 s, or values are known to be lost: from when to "
	 "when, why, and what can be done.",
	 of_gaps, "session_id", {{"basis", NULL, 1}, {"silences", "session_id", 0}}, NULL, say_gaps,
	 output_gaps},
	{NULL, NULL, NULL, NULL, NULL, {{NULL, NULL, 0}}, NULL, NULL, NULL},
};
_Static_assert(sizeof(tools) / sizeof(tools[0]) == TOOLS + 1, "TOOLS");

const struct tool tool_resources = {
	"resources", "", "", of_resources, "", {{"listSessions", NULL, 0}}, NULL, NULL, NULL};

const struct tool *
tool_find(const char *name)
{
	const struct tool *t;

	for (t = tools; t->name; t++)
		if (!strcmp(t->name, name))
			return t;
	return NULL;
}
