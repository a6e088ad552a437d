/* What zmq-sniffer prints: bytes of strangers must not speak to the terminal. */
#include "services/zmq-sniffer/print.h"

#include <stdlib.h>
#include <time.h>

#include "tests/unit/test.h"

static char out[4096];

static const char *
printed(int json, const char *topic, const void *msg)
{
	struct link_frame frame = {.message = &msg_device, .topic = topic, .head = {1, 7, 3}, .msg = msg};
	FILE *to = fmemopen(out, sizeof(out), "w");
	struct print print = {to, json};

	if (msg)
		print_message(&print, 1795403600123456, "live", &frame);
	else
		print_bad(&print, 1795403600123456, "live", topic, "device: not\tmsgpack");
	fclose(to);
	return out;
}

static void
make_device(struct device *device)
{
	msg_clear(&msg_device, device);
	strcpy(device->device_id, "mock-001");
	strcpy(device->name, "\033[2JOxymètre");
}

TEST(control_characters_never_reach_the_terminal)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"plain", "plain"},
		{"\033[2J", ".[2J"},
		{"a\nb\tc\r", "a.b.c."},
		{"\x7f", "."},
		{"Oxymètre", "Oxymètre"},
		{"\xc2\x9b" "31m", "..31m"},          /* C1 CSI */
		{"\xc3", "."},                        /* cut short */
		{"\xe0\x80\xaf", "..."},              /* a longer form of / */
		{"\xed\xa0\x80", "..."},              /* half a surrogate */
		{"\xf4\x90\x80\x80", "...."},         /* beyond Unicode */
		{"\xf0\x80\x80\xaf", "...."},
		{"\xff", "."},
		{"\xe2\x82\xac \xf0\x9f\x98\x80", "\xe2\x82\xac \xf0\x9f\x98\x80"},
	};
	char text[64];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		strcpy(text, rows[i].in);
		print_clean(text);
		is_str(text, rows[i].want);
	}
}

TEST(a_line_has_time_link_topic_and_text)
{
	struct device device;

	make_device(&device);
	is_str(printed(0, "device/g/mock-001/", &device),
	       "03:13:20.123456 live     device/g/mock-001/           device "
	       "device_id=\"mock-001\" name=\" [2JOxymètre\" since_us=0 data_source=unknown\n");
}

TEST(a_json_line_has_the_message_under_its_name)
{
	struct device device;

	make_device(&device);
	printed(1, "device/g/mock-001/", &device);
	has_str(out, "{\"at_us\":1795403600123456,\"link\":\"live\",\"topic\":\"device/g/mock-001/\","
		     "\"run\":7,\"n\":3,\"device\":{\"device_id\":\"mock-001\"");
	has_str(out, "\\u001B[2J");
}

TEST(a_topic_that_is_no_text_still_makes_a_json_line)
{
	struct device device;

	make_device(&device);
	has_str(printed(1, "device/\xff\xc3/", &device), "\"topic\":\"device/../\"");
}

TEST(what_cannot_be_decoded_is_shown_with_the_reason)
{
	is_str(printed(0, "device/g/x/", NULL),
	       "03:13:20.123456 live     device/g/x/                  UNDECODABLE device: not.msgpack\n");
	is_str(printed(1, NULL, NULL), "{\"at_us\":1795403600123456,\"link\":\"live\",\"topic\":\"?\","
				       "\"undecodable\":\"device: not.msgpack\"}\n");
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	RUN(control_characters_never_reach_the_terminal);
	RUN(a_line_has_time_link_topic_and_text);
	RUN(a_json_line_has_the_message_under_its_name);
	RUN(a_topic_that_is_no_text_still_makes_a_json_line);
	RUN(what_cannot_be_decoded_is_shown_with_the_reason);
	return test_done();
}
