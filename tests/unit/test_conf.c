#include "common/conf.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/test.h"

static const struct conf_key keys[] = {
	{"title", CONF_TEXT, "none", 0, 8, NULL, "what it is called"},
	{"must", CONF_TEXT, "x", 1, 0, NULL, "never empty"},
	{"rate", CONF_NUMBER, "5", -2, 100, NULL, "how often"},
	{"mode", CONF_WORD, "slow", 0, 0, "slow|fast|very-fast", "how"},
	{"file", CONF_PATH, "store.sqlite", 1, 20, NULL, "where"},
	{"other", CONF_PATH, "", 0, 20, NULL, "where else; not when empty"},
};
#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static char folder[] = "/tmp/test_conf.XXXXXX";
static char path[64];

static void
write_conf(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	fwrite(text, 1, len, file);
	fclose(file);
}

static struct conf *
open_text(const char *text, struct err *err)
{
	write_conf(text, strlen(text));
	return conf_open(path, "service", keys, N_KEYS, err);
}

TEST(what_is_not_given_has_its_default)
{
	static const char *const texts[] = {"", "other\n    title = x\n", "service\n",
					    "# only a comment\n", "service\n    # nothing\n"};
	char want[100];
	struct err err;
	struct conf *conf;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!ok((conf = open_text(texts[i], &err)) != NULL, "%s", err.text))
			continue;
		is_str(conf_text(conf, "title"), "none");
		is_int(conf_number(conf, "rate"), 5);
		is_str(conf_text(conf, "mode"), "slow");
		snprintf(want, sizeof(want), "%s/store.sqlite", folder);
		is_str(conf_text(conf, "file"), want);
		is_str(conf_text(conf, "other"), "");
		conf_close(&conf);
		ok(conf == NULL);
	}
}

TEST(what_is_given_is_taken)
{
	char want[100];
	struct err err;
	struct conf *conf = open_text("service\n"
				      "    title = \"a b = c\"   # a comment\n"
				      "    rate = -2\n"
				      "    mode = very-fast\n"
				      "    file = /abs/file\n"
				      "    other = 'sub/file'\n", &err);

	if (!ok(conf != NULL, "%s", err.text))
		return;
	is_str(conf_text(conf, "title"), "a b = c");
	is_int(conf_number(conf, "rate"), -2);
	is_str(conf_text(conf, "mode"), "very-fast");
	is_str(conf_text(conf, "file"), "/abs/file");
	snprintf(want, sizeof(want), "%s/sub/file", folder);
	is_str(conf_text(conf, "other"), want);
	is_str(conf_folder(conf), folder);
	conf_close(&conf);
}

/* One row per check. */
static const struct {
	const char *text, *complaint;
} bad[] = {
	{"service\n    rat = 5\n",
	 "service/rat: no such setting; there are: title, must, rate, mode, file, other"},
	{"service\n    Rate = 5\n", "service/Rate: no such setting"},
	{"service\n    rate = -3\n", "service/rate: \"-3\" is not a number from -2 to 100"},
	{"service\n    rate = 101\n", "service/rate: \"101\" is not a number from -2 to 100"},
	{"service\n    rate = 99999999999999999999\n", "\"99999999999999999999\" is not a number"},
	{"service\n    rate = 5x\n", "service/rate: \"5x\" is not a number from -2 to 100"},
	{"service\n    rate = 5.5\n", "service/rate: \"5.5\" is not a number from -2 to 100"},
	{"service\n    rate = five\n", "service/rate: \"five\" is not a number from -2 to 100"},
	{"service\n    rate = \"\"\n", "service/rate: \"\" is not a number from -2 to 100"},
	{"service\n    rate\n", "service/rate: \"\" is not a number from -2 to 100"},
	{"service\n    mode = medium\n", "service/mode: \"medium\" is not one of slow|fast|very-fast"},
	{"service\n    mode = slo\n", "service/mode: \"slo\" is not one of"},
	{"service\n    mode = fast|slow\n", "service/mode: \"fast|slow\" is not one of"},
	{"service\n    mode = Fast\n", "service/mode: \"Fast\" is not one of"},
	{"service\n    mode = \"\"\n", "service/mode: \"\" is not one of slow|fast|very-fast"},
	{"service\n    title = 123456789\n", "service/title: longer than 8 bytes"},
	{"service\n    file = 123456789012345678901\n", "service/file: longer than 20 bytes"},
	{"service\n    file = \"\"\n", "service/file: must not be empty"},
	{"service\n    must = \"\"\n", "service/must: must not be empty"},
	{"service\n    rate = 1\n    mode = fast\n    rate = 2\n", "service/rate: is there twice"},
	{"service\n    rate = 1\nother\nservice\n    rate = 2\n", "service: is there twice"},
	{"other\nother\n", "other: is there twice"},
	{"service\n    rate = 1\n        mode = fast\n", "service/rate: nothing may be indented below it"},
	{"service\n   rate = 1\n", "not a ZPL file: line (2) indent 4 spaces at once; lines are "},
	{"service\n\trate = 1\n", "not a ZPL file: line (2) invalid syntax 'rate = 1'"},
	{"service\n    title = \"x\n", "not a ZPL file: line (2) missing \""},
	{"service what\n", "not a ZPL file: line (1) invalid syntax 'what'"},
	{"\x7f" "ELF\x02\x01\x01", "not a ZPL file: line (1) invalid syntax"},
};

TEST(each_bad_setting_gets_its_complaint)
{
	struct err err;
	struct conf *conf;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err.text[0] = 0;
		conf = open_text(bad[i].text, &err);
		ok(!conf, "row %zu was taken", i);
		has_str(err.text, bad[i].complaint);
		has_str(err.text, path);
		is_int(err.code, EINVAL);
		conf_close(&conf);
	}
}

TEST(the_limits_themselves_are_within)
{
	struct err err;
	struct conf *conf = open_text("service\n    rate = 100\n    title = 12345678\n"
				      "    file = 12345678901234567890\n    must = y\n", &err);

	ok(conf != NULL, "%s", err.text);
	conf_close(&conf);
}

TEST(a_file_that_cannot_be_read_is_said_with_the_cure)
{
	struct err err;

	ok(!conf_open("/nowhere/ihht.conf", "service", keys, N_KEYS, &err));
	is_str(err.text, "/nowhere/ihht.conf: No such file or directory; give --config FILE or set "
			 "IHHT_CONF");
	is_int(err.code, ENOENT);
	ok(!conf_open(folder, "service", keys, N_KEYS, &err));
	has_str(err.text, ": not a file");
	if (geteuid() == 0)
		return;  /* root reads everything */
	write_conf("", 0);
	chmod(path, 0);
	ok(!conf_open(path, "service", keys, N_KEYS, &err));
	has_str(err.text, "Permission denied");
	chmod(path, 0600);
}

TEST(a_wrong_default_is_found_too)
{
	static const struct conf_key wrong[] = {{"rate", CONF_NUMBER, "0", 1, 9, NULL, ""}};
	struct err err;

	write_conf("", 0);
	ok(!conf_open(path, "service", wrong, 1, &err));
	has_str(err.text, "service/rate: \"0\" is not a number from 1 to 9");
}

TEST(any_section_can_be_looked_at)
{
	struct err err;
	struct conf *conf = open_text("service\n    rate = 7\nlinks\n    a = 1\n    b = 2\n    c\n",
				      &err);

	if (!ok(conf != NULL, "%s", err.text))
		return;
	is_str(conf_find(conf, "links", "b"), "2");
	is_str(conf_find(conf, "links", "c"), "");
	is_str(conf_find(conf, "links", "d"), NULL);
	is_str(conf_find(conf, "nowhere", "b"), NULL);
	is_str(conf_name_at(conf, "", 0), "service");
	is_str(conf_name_at(conf, "", 1), "links");
	is_str(conf_name_at(conf, "", 2), NULL);
	is_str(conf_name_at(conf, "links", 2), "c");
	is_str(conf_name_at(conf, "links", 3), NULL);
	is_str(conf_name_at(conf, "nowhere", 0), NULL);
	conf_close(&conf);
}

TEST(help_names_every_setting_its_default_and_limits)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	conf_help(to, keys, N_KEYS);
	fclose(to);
	has_str(text, "rate               how often\n");
	has_str(text, "default \"5\", from -2 to 100\n");
	has_str(text, "default \"slow\", one of slow|fast|very-fast\n");
	has_str(text, "default \"store.sqlite\"\n");
	free(text);
}

TEST(bytes_of_any_kind_never_crash_the_reader)
{
	static const char text[] = "service\n    rate = 7\n    title = \"abc\"\n    mode = fast\n";
	char damaged[sizeof(text)];
	struct err err;
	struct conf *conf;
	size_t i;

	for (i = 0; i < sizeof(text) - 1; i++) {
		memcpy(damaged, text, sizeof(text));
		damaged[i] = (char)(damaged[i] ^ (1 << (i % 8)));
		write_conf(damaged, sizeof(text) - 1);
		conf = conf_open(path, "service", keys, N_KEYS, &err);
		conf_close(&conf);
	}
}

int
main(void)
{
	if (!mkdtemp(folder))
		return 1;
	snprintf(path, sizeof(path), "%s/ihht.conf", folder);
	RUN(what_is_not_given_has_its_default);
	RUN(what_is_given_is_taken);
	RUN(each_bad_setting_gets_its_complaint);
	RUN(the_limits_themselves_are_within);
	RUN(a_file_that_cannot_be_read_is_said_with_the_cure);
	RUN(a_wrong_default_is_found_too);
	RUN(any_section_can_be_looked_at);
	RUN(help_names_every_setting_its_default_and_limits);
	RUN(bytes_of_any_kind_never_crash_the_reader);
	unlink(path);
	rmdir(folder);
	return test_done();
}
