/* What the user of zmq-sniffer asks for, and which sockets that opens: never a PULL. */
#include "services/zmq-sniffer/options.h"

#include <getopt.h>

#include "tests/unit/test.h"

static struct options options;
static struct err err;

static int
read_words(const char *line)
{
	static char copy[400];
	char *argv[20], *save = NULL;
	int argc = 0;

	snprintf(copy, sizeof(copy), "zmq-sniffer %s", line);
	for (argv[0] = strtok_r(copy, " ", &save); argv[argc] && argc < 18;
	     argv[++argc] = strtok_r(NULL, " ", &save))
		;
	options = (struct options){0};
	err = (struct err){0};
	optind = 0;
	return options_read(&options, argc, argv, &err);
}

/* The links it would open, "live+news". */
static const char *
wanted(const char *line)
{
	static char names[200];
	const struct link_row *row;
	size_t i;

	*names = 0;
	if (!ok(read_words(line) == 0, "%s: %s", line, err.text))
		return "";
	for (i = 0; (row = link_row(i)); i++)
		if (options_want(&options, row))
			sprintf(names + strlen(names), "%s%s", *names ? "+" : "", row->name);
	return names;
}

TEST(only_pub_links_are_opened)
{
	is_str(wanted(""), "live+news+receipts+beats");
}

TEST(topics_choose_the_links_that_can_carry_them)
{
	is_str(wanted("--topic sample/"), "live");
	is_str(wanted("--topic session/gate-1/"), "news");
	is_str(wanted("--topic s"), "live+news");
	is_str(wanted("--topic reply/ --topic receipt/"), "news+receipts");
	is_str(wanted("--link news,beats"), "news+beats");
	is_str(wanted("--link news,live --topic sample/"), "live");
}

TEST(a_part_of_a_topic_hides_holes)
{
	read_words("--topic sample/");
	is_int(options_see_holes(&options), 1);
	read_words("--topic samp");
	is_int(options_see_holes(&options), 1);
	read_words("--topic sample/g/");
	is_int(options_see_holes(&options), 0);
}

TEST(every_option_is_taken)
{
	is_int(read_words("--config a.conf --json --count 3 --for 1.5 --where spo2<85"), 0);
	is_str(options.config, "a.conf");
	is_int(options.json, 1);
	is_int(options.count, 3);
	is_real(options.seconds, 1.5);
	is_int(options.filter.n, 1);
}

TEST(to_record_is_to_ask_for_raw)
{
	is_str(wanted("--record f"), "live");
	is_str(options.record, "f");
	is_int(options.n_topics, 1);
	is_str(options.topics[0], "raw/");
	is_str(wanted("--topic raw/g/aa:bb/ --record f"), "live");
	is_int(options.n_topics, 1);
	is_str(options.topics[0], "raw/g/aa:bb/");
}

TEST(every_wrong_word_is_told_what_would_be_right)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"--link samples", "would take messages away from local-store"},
		{"--link bundles", "would take messages away from sync-worker"},
		{"--link news,nothing", "nothing: no such link; there are live, news, receipts, beats"},
		{"--topic samples/", "begins with a message's name"},
		{"--topic samp/", "begins with a message's name"},
		{"--topic bundle/", "no such message travels on a PUB link"},
		{"--topic reading", "no such message travels on a PUB link"},
		{"--topic sample/ --link news", "no such message travels on news"},
		{"--where spo2", "--where: \"spo2\": write FIELD=VALUE"},
		{"--count 0", "--count 0: must be a number from 1"},
		{"--count x", "--count x: must be a number"},
		{"--for 0", "--for 0: must be a number"},
		{"--for -1", "--for -1: must be a number"},
		{"--for nan", "--for nan: must be a number"},
		{"--colour", "unknown option"},
		{"--count", "one without its value"},
		{"news", "news: no such argument"},
		{"--record", "one without its value"},
		{"--record f --topic sample/", "--record keeps raw/ only, not --topic sample/"},
		{"--record f --topic raw/ --topic r", "--record keeps raw/ only, not --topic r"},
		{"--record f --json", "--record shows nothing"},
		{"--record f --link news", "no such message travels on news"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(read_words(rows[i].line) == -1, "%s", rows[i].line);
		has_str(err.text, rows[i].want);
	}
}

int
main(void)
{
	RUN(only_pub_links_are_opened);
	RUN(topics_choose_the_links_that_can_carry_them);
	RUN(a_part_of_a_topic_hides_holes);
	RUN(every_option_is_taken);
	RUN(to_record_is_to_ask_for_raw);
	RUN(every_wrong_word_is_told_what_would_be_right);
	return test_done();
}
