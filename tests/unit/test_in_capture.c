/* A capture replayed: the decoders hear it as they did, and what is wrong in the file is told. */
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "services/ble-ingest/source.h"
#include "services/ble-ingest/tape.h"
#include "tests/unit/test.h"

#define PLX "00002a5f-0000-1000-8000-00805f9b34fb"
#define BAT "00002a19-0000-1000-8000-00805f9b34fb"
#define T   "1795403600"   /* s since 1970, six digits to follow */
#define S   1000000LL

static const struct conf_key keys[] = {
	{"capture", CONF_PATH, "", 0, 4000, NULL, ""},
	{"speed", CONF_NUMBER, "0", 0, 100000, NULL, ""},
	{"data-source", CONF_WORD, "bluetooth", 0, 0, "unknown|bluetooth|mock|manual", ""},
};
static char folder[] = "/tmp/ihht-capture.XXXXXX";

static void
write_file(const char *name, const char *text)
{
	char path[200];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	fputs(text, f);
	fclose(f);
}

static void *
replay(const char *text, const char *settings, struct err *err)
{
	char path[200], conf_text[1000];
	struct conf *conf;
	void *c;

	write_file("a.capture", text);
	(void)snprintf(conf_text, sizeof(conf_text), "ble-ingest\n    capture = \"a.capture\"\n%s",
		       settings);
	write_file("ihht.conf", conf_text);
	(void)snprintf(path, sizeof(path), "%s/ihht.conf", folder);
	conf = conf_open(path, "ble-ingest", keys, sizeof(keys) / sizeof(keys[0]), err);
	c = conf ? source_capture.open(conf, err) : NULL;
	conf_close(&conf);
	return c;
}

/* All of it as text: "state=streaming", "91/60 @500000 #1", "gap 1000000-3000000 #2" … */
static const char *
told(void *c, int64_t mono_us)
{
	static char text[4000];
	struct source_now now = {1800000000 * S, mono_us};
	const int64_t zero = 1795403600 * S;
	struct taken t;
	size_t n = 0;

	*text = 0;
	while (source_capture.take(c, &now, &t) == 1) {
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%u ", n ? ", " : "", t.device);
		if (t.kind == TAKEN_DEVICE)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%s",
					      words_text(&words_device_state, t.state.state));
		else if (t.kind == TAKEN_SAMPLE)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "%g/%g @%lld #%lld",
					      t.sample.spo2, t.sample.heart_rate,
					      (long long)(t.sample.taken_us - zero),
					      (long long)t.sample.seq);
		else if (t.kind == TAKEN_GAP)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "gap %lld-%lld %s #%lld",
					      (long long)(t.gap.from_us - zero),
					      (long long)(t.gap.to_us - zero),
					      words_text(&words_gap_reason, t.gap.reason),
					      (long long)t.gap.seq);
		else
			n += (size_t)snprintf(text + n, sizeof(text) - n, "raw %s",
					      words_text(&words_raw_what, t.raw.what));
	}
	return text;
}

#define BEGIN  T "000000 100 aa plx begin 0 - " PLX "," BAT " Oxi\n"
#define HEARD  T "500000 500100 aa plx heard " PLX " 005b003c00\n"
#define AGAIN  T "999999 1000099 aa plx heard " PLX " 005c003d00\n"
#define END    "1795403601000000 1000100 aa plx end device_silent\n"
#define BEGIN2 "1795403602000000 2000100 aa plx begin 0 - " PLX " Oxi\n"
#define HEARD2 "1795403603000000 3000100 aa plx heard " PLX " 005d003e00\n"
#define HEAD   CAPTURE_HEADER "\n"

static const struct { const char *what, *text, *want; } forms[] = {
	{"a link with two values", HEAD BEGIN HEARD AGAIN,
	 "0 streaming, 0 91/60 @500000 #1, 0 92/61 @999999 #2, 0 off"},
	{"lost and back", HEAD BEGIN HEARD END BEGIN2 HEARD2,
	 "0 streaming, 0 91/60 @500000 #1, 0 silent, 0 streaming, "
	 "0 gap 500000-3000000 device_silent #2, 0 93/62 @3000000 #3, 0 off"},
	{"running is a beginning for who has none", HEAD
	 T "000000 100 aa plx running 0 - " PLX " Oxi\n" HEARD,
	 "0 streaming, 0 91/60 @500000 #1, 0 off"},
	{"and nothing for who has", HEAD BEGIN HEARD
	 T "600000 600100 aa plx running 0 " T "000000 " PLX " Oxi\n" AGAIN,
	 "0 streaming, 0 91/60 @500000 #1, 0 92/61 @999999 #2, 0 off"},
	{"a value of before makes a gap", HEAD
	 T "000000 100 aa plx begin 0 1795403590000000 " PLX " Oxi\n" HEARD,
	 "0 streaming, 0 gap -10000000-500000 link_lost #1, 0 91/60 @500000 #2, 0 off"},
	{"two devices", HEAD BEGIN T "000001 101 bb plx begin 0 - " PLX " Two\n"
	 T "400000 400100 bb plx heard " PLX " 0050004600\n" HEARD,
	 "0 streaming, 1 streaming, 1 80/70 @400000 #1, 0 91/60 @500000 #1, 0 off, 1 off"},
	{"heard before any beginning, or on a port of nobody", HEAD HEARD BEGIN
	 T "400000 400100 aa plx heard 1234 005b003c00\n" AGAIN,
	 "0 streaming, 0 92/61 @999999 #1, 0 off"},
	{"windows ends its lines otherwise", HEAD
	 T "000000 100 aa plx begin 0 - " PLX " Oxi\r\n" HEARD,
	 "0 streaming, 0 91/60 @500000 #1, 0 off"},
};

TEST(every_form_gives_what_it_gave)
{
	struct err err;
	size_t i;
	void *c;

	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		err = (struct err){0};
		c = replay(forms[i].text, "", &err);
		if (!ok(c, "%s: %s", forms[i].what, err.text))
			continue;
		is_str(told(c, 1), forms[i].want);
		ok(source_capture.counts(c).is_done, "%s", forms[i].what);
		source_capture.close(&c);
	}
}

TEST(what_is_wrong_is_told_and_costs_only_itself)
{
	static const struct { const char *text, *why; } rows[] = {
		{"", "line 1: must be \"" CAPTURE_HEADER "\""},
		{"t_ms,spo2\n", "line 1: must be \"" CAPTURE_HEADER "\""},
		{CAPTURE_HEADER " and more\n", "line 1: must be"},
		{HEAD, "a.capture: nothing is recorded there"},
		{HEAD "# missed\n\n", "a.capture: nothing is recorded there"},
		{HEAD "1 2 x plx dances\n", "a.capture: line 2: column 5 (what): must be one of"},
		{HEAD "\n1 2 x abacus due\n",
		 "a.capture: line 3: column 4 (kind): no decoder is called abacus"},
	};
	char longest[4000];
	struct err err;
	size_t i;
	void *c;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err = (struct err){0};
		ok(!replay(rows[i].text, "", &err), "%s", rows[i].text);
		has_str(err.text, "ble-ingest/capture: ");
		has_str(err.text, rows[i].why);
	}
	(void)snprintf(longest, sizeof(longest), HEAD "%03000d\n" BEGIN "no record\n" HEARD, 7);
	c = replay(longest, "", &err);
	if (!ok(c, "%s", err.text))
		return;
	is_int(source_capture.counts(c).n_bad, 2);
	is_str(told(c, 1), "0 streaming, 0 91/60 @500000 #1, 0 off");
	source_capture.close(&c);
}

TEST(it_keeps_the_pace_of_then)
{
	struct source_now now = {1800000000 * S, 50 * S};
	struct err err;
	void *c = replay(HEAD BEGIN HEARD "1795403500000000 7 aa plx due\n" AGAIN,
			 "    speed = \"2\"\n", &err);

	if (!ok(c, "%s", err.text))
		return;
	is_int(source_capture.wait_us(c, &now), 0);
	is_str(told(c, 50 * S), "0 streaming");
	is_int(source_capture.wait_us(c, &now), 250000);
	is_str(told(c, 50 * S + 249999), "");
	is_str(told(c, 50 * S + 250000), "0 91/60 @500000 #1");
	now.mono_us = 50 * S + 250000;
	/* the gateway was started anew meanwhile, and its clock with it */
	is_int(source_capture.wait_us(c, &now), 500046);
	is_str(told(c, 51 * S), "0 92/61 @999999 #2, 0 off");
	now.mono_us = 51 * S;
	is_int(source_capture.wait_us(c, &now), INT64_MAX);
	source_capture.close(&c);
}

TEST(what_decoders_are_given_is_told_again_to_who_asks)
{
	struct err err;
	void *c = replay(HEAD BEGIN HEARD, "", &err);

	if (!ok(c, "%s", err.text))
		return;
	source_capture.tell_raw(c, 1);
	is_str(told(c, 1), "0 raw begin, 0 streaming, 0 raw heard, 0 91/60 @500000 #1, 0 off");
	source_capture.close(&c);
}

TEST(a_demonstration_stays_mock_whatever_the_file_is_marked_as)
{
	struct source_now now = {1800000000 * S, 1};
	struct taken t = {0};
	struct err err;
	void *c = replay(HEAD BEGIN T "500000 500100 aa plx heard " PLX " 045b003c000004\n" HEARD,
			 "    data-source = \"manual\"\n", &err);

	if (!ok(c, "%s", err.text))
		return;
	while (source_capture.take(c, &now, &t) == 1 && t.kind != TAKEN_SAMPLE)
		;
	is_int(t.sample.data_source, DATA_SOURCE_MOCK);
	is_int(source_capture.take(c, &now, &t), 1);
	is_int(t.sample.data_source, DATA_SOURCE_MANUAL);
	source_capture.close(&c);
}

int
main(void)
{
	char command[100];

	if (!mkdtemp(folder))
		return 1;
	log_open("test");
	RUN(every_form_gives_what_it_gave);
	RUN(what_is_wrong_is_told_and_costs_only_itself);
	RUN(it_keeps_the_pace_of_then);
	RUN(what_decoders_are_given_is_told_again_to_who_asks);
	RUN(a_demonstration_stays_mock_whatever_the_file_is_marked_as);
	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command))
		return 1;
	return test_done();
}
