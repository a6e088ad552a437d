#include "proto/standing.h"

#include "tests/unit/test.h"

static struct alert
alert(const char *name, int64_t level, const char *text)
{
	struct alert a;

	msg_clear(&msg_alert, &a);
	(void)snprintf(a.name, sizeof(a.name), "%s", name);
	(void)snprintf(a.text, sizeof(a.text), "%s", text);
	a.level = level;
	return a;
}

static void
take(struct standing *s, const char *name, int64_t level, const char *text)
{
	struct alert a = alert(name, level, text);

	standing_take(s, &a);
}

TEST(an_alert_stands_until_it_is_over)
{
	struct standing s = {.n = 0};

	take(&s, "disk", LEVEL_WARN, "81 %");
	take(&s, "clock", LEVEL_WARN, "set");
	take(&s, "disk", LEVEL_CRITICAL, "96 %");
	is_int(s.n, 2);
	is_str(s.all[0].text, "96 %");
	ok(standing_level(&s, "disk") != LEVEL_INFO);
	take(&s, "disk", LEVEL_INFO, "over");
	is_int(s.n, 1);
	is_str(s.all[0].name, "clock");
	is_int(standing_level(&s, "disk"), LEVEL_INFO);
	take(&s, "disk", LEVEL_INFO, "over");
	is_int(s.n, 1);
}

TEST(more_names_than_there_is_room_for_are_let_go)
{
	struct standing s = {.n = 0};
	char name[20];
	int i;

	for (i = 0; i < STANDING_MOST + 5; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		take(&s, name, LEVEL_WARN, "");
	}
	is_int(s.n, STANDING_MOST);
	ok(standing_level(&s, "n0") != LEVEL_INFO);
}

int
main(void)
{
	RUN(an_alert_stands_until_it_is_over);
	RUN(more_names_than_there_is_room_for_are_let_go);
	return test_done();
}
