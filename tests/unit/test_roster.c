#include "services/ihht/devices/roster.h"
#include "tests/unit/test.h"

static struct sample
value(const char *id, int64_t taken_us, double spo2)
{
	struct sample s;

	msg_clear(&msg_sample, &s);
	(void)snprintf(s.device_id, sizeof(s.device_id), "%s", id);
	s.taken_us = taken_us;
	s.spo2 = spo2;
	return s;
}

TEST(devices_are_in_order_and_each_once)
{
	struct roster *r = roster_new();
	struct device d;
	char id[16];
	int i;

	msg_clear(&msg_device, &d);
	for (i = 0; i < 2000; i++) {
		(void)snprintf(d.device_id, sizeof(d.device_id), "d-%03d", i * 7 % 500);
		roster_device(r, &d);
	}
	for (i = 0; roster_at(r, (size_t)i); i++) {
		(void)snprintf(id, sizeof(id), "d-%03d", i);
		is_str(roster_at(r, (size_t)i)->id, id);
	}
	is_int(i, 500);
	roster_free(&r);
	roster_free(&r);
}

TEST(the_newest_value_counts_and_live_before_stored)
{
	static const struct { int64_t us; double spo2; int is_live; double then; int then_live; } rows[] = {
		{100, 90, 0, 90, 0}, {90, 91, 1, 90, 0}, {100, 90, 1, 90, 1}, {100, 80, 0, 90, 1},
		{101, 92, 0, 92, 0}, {200, NAN, 1, NAN, 1}, {201, 93, 1, 93, 1},
	};
	struct roster *r = roster_new();
	struct sample s;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s = value("ring", rows[i].us, rows[i].spo2);
		roster_sample(r, &s, rows[i].is_live);
		is_real(roster_at(r, 0)->last.spo2, rows[i].then);
		ok(roster_at(r, 0)->is_live == rows[i].then_live, "row %zu", i);
	}
	roster_free(&r);
}

TEST(what_is_not_known_is_null)
{
	struct roster *r = roster_new();
	struct sample s = value("ring", 5000000, NAN);
	struct device d;
	json_t *json;
	char *text;

	s.invalid = INVALID_NO_FINGER;
	s.battery = 77;
	roster_sample(r, &s, 0);
	json = roster_json(roster_at(r, 0), 7500000);
	text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(6));
	is_str(text, "{\"device_id\":\"ring\",\"name\":\"\",\"kind\":\"\",\"state\":\"\",\"since\":null,"
	       "\"rssi\":null,\"battery\":77,\"data_source\":\"unknown\",\"last\":{\"spo2\":null,"
	       "\"heart_rate\":null,\"perfusion_index\":null,\"invalid\":\"no_finger\","
	       "\"taken\":\"1970-01-01T00:00:05.000000Z\",\"age_s\":2.5,\"live\":false}}");
	free(text);
	json_decref(json);
	msg_clear(&msg_device, &d);
	strcpy(d.device_id, "aa");
	d.state = DEVICE_SEEN;
	d.rssi = -71;
	d.battery = 5;
	roster_device(r, &d);
	json = roster_json(roster_at(r, 0), 7500000);
	text = json_dumps(json, JSON_COMPACT);
	has_str(text, "\"state\":\"seen\",\"since\":\"1970-01-01T00:00:00.000000Z\",\"rssi\":-71,\"battery\":5");
	has_str(text, "\"last\":null");
	free(text);
	json_decref(json);
	roster_free(&r);
}

int
main(void)
{
	RUN(devices_are_in_order_and_each_once);
	RUN(the_newest_value_counts_and_live_before_stored);
	RUN(what_is_not_known_is_null);
	return test_done();
}
