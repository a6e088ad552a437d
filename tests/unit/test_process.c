#include "proto/process.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "proto/link.h"
#include "tests/unit/test.h"
#include "tests/unit/two.h"

#define RUNS 42  /* exit code of the child when the process would have run */

static const struct conf_key keys[] = {
	{"rate", CONF_NUMBER, "5", 1, 100, NULL, "how often"},
	{"instances", CONF_NUMBER, "1", 1, 64, NULL, "how many of it run"},
};
static const struct process_manual manual = {"sync-worker", "brings rows to Postgres", keys, 2};

static char said[8000];
static char path[100];

/* Runs process_open() in a child with these words; what it said is in `said`. */
static int
run_it(const char *words)
{
	char line[200], *argv[20] = {"sync-worker"}, *rest = line;
	int argc = 1, code = -1, status = 0;
	FILE *out = tmpfile();
	struct process *p;
	pid_t pid;

	snprintf(line, sizeof(line), "%s", words);
	while (*words && (argv[argc] = strsep(&rest, " ")))
		argc++;
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		dup2(fileno(out), 1);
		dup2(fileno(out), 2);
		p = process_open(&manual, argc, argv, &code);
		if (p) {
			printf("instance %d of %s\n", p->instance, p->gateway);
			code = RUNS;
		}
		process_close(&p);
		fflush(stdout);
		_exit(code);
	}
	waitpid(pid, &status, 0);
	rewind(out);
	said[fread(said, 1, sizeof(said) - 1, out)] = 0;
	fclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
write_conf(const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	setenv("IHHT_CONF", path, 1);
}

TEST(help_teaches_and_needs_no_settings)
{
	setenv("IHHT_CONF", "/nowhere", 1);
	is_int(run_it("--help"), 0);
	has_str(said, "sync-worker - brings rows to Postgres\n");
	has_str(said, "usage: sync-worker [--config FILE] [--instance N]");
	has_str(said, "rate               how often");
	has_str(said, "from 1 to 100");
	has_str(said, "Exit codes: 0 asked to stop, 100 fix the settings, 111 try again.");
	has_str(said, "database           the SQLite file");
}

TEST(version_is_one_line)
{
	is_int(run_it("--version"), 0);
	is_str(said, "sync-worker " VERSION "\n");
}

TEST(check_only_looks)
{
	write_conf("");
	is_int(run_it("--check"), 0);
	is_str(said, "");
	write_conf("sync-worker\n    rate = 500\n");
	is_int(run_it("--check"), PROCESS_FIX_CONFIG);
	has_str(said, " error sync-worker bad_config why=\"");
	has_str(said, "ihht.conf: sync-worker/rate: \"500\" is not a number from 1 to 100");
	write_conf("");
	is_int(run_it("--check --config /nowhere"), PROCESS_FIX_CONFIG);
	has_str(said, "/nowhere: No such file or directory; give --config FILE or set IHHT_CONF");
}

/* One row per check; each is exit code 100 and these words. */
TEST(wrong_settings_end_with_fix_my_configuration)
{
	static const struct {
		const char *text, *complaint;
	} rows[] = {
		{"sync-worker\n    rat = 5\n", "sync-worker/rat: no such setting; there are: rate, instances"},
		{"sync-worke\n", "sync-worke: no such section; there are gateway, links, postgres, access and one"},
		{"links\n    sampels = ipc:///x\n", "links/sampels: no such link; see docs/reference.md"},
		{"links\n    samples = 5\n", "links/samples: must be ipc://"},
		{"gateway\n    nam = x\n", "gateway/nam: no such setting; there are: name, run, database"},
		{"gateway\n    name = a/b\n", "gateway/name: must not have a / in it"},
		{"gateway\n   name = x\n", "not a ZPL file: line (2)"},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		write_conf(rows[i].text);
		is_int(run_it(""), PROCESS_FIX_CONFIG);
		has_str(said, rows[i].complaint);
		has_str(said, "bad_config");
	}
}

TEST(wrong_words_on_the_command_line_end_with_100)
{
	static const char *const rows[] = {"--nonsense", "word", "--instance 0", "--instance 65",
					   "--instance 2x", "--instance x", "--instance -1", "--instance 1.5",
					   "--config", "--instance", "-x", "--check word"};
	size_t i;

	write_conf("");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ok(run_it(rows[i]) == PROCESS_FIX_CONFIG, "%s", rows[i]);
		has_str(said, "sync-worker: wrong arguments; sync-worker --help explains");
	}
}

TEST(it_runs_with_its_instance_and_gateway)
{
	write_conf("gateway\n    name = attic\n    run = .\n");
	is_int(run_it(""), RUNS);
	has_str(said, "instance 1 of attic\n");
	is_int(run_it("--instance 64"), RUNS);
	has_str(said, "instance 64 of attic\n");
}

TEST(a_run_folder_that_is_not_there_is_try_again)
{
	write_conf("gateway\n    run = missing\n");
	is_int(run_it(""), PROCESS_TRY_AGAIN);
	has_str(said, "error sync-worker cannot_start why=\"beats: cannot bind ipc://");
	has_str(said, "No such file or directory");
}

TEST(instances_are_read_with_care)
{
	static const struct {
		const char *text;
		int n;
	} rows[] = {{"", 1}, {"sync-worker\n    instances = 3\n", 3}};
	struct err err;
	struct process *p;
	size_t i;

	for (i = 0; i < 2; i++) {
		write_conf(rows[i].text);
		p = process_open_quietly(&manual, path, &err);
		is_int(process_instances(p, "sync-worker"), rows[i].n);
		is_int(process_instances(p, "nonsense"), 1);
		process_close(&p);
	}
	/* another process's table may not have been checked by it yet */
	write_conf("http-api\n    instances = 1000\nihht\n    instances = -5\nble-ingest\n    instances = x\n");
	p = process_open_quietly(&manual, path, &err);
	is_int(process_instances(p, "http-api"), 64);
	is_int(process_instances(p, "ihht"), 1);
	is_int(process_instances(p, "ble-ingest"), 1);
	process_close(&p);
}

TEST(beats_come_once_a_second_and_at_each_change_of_state)
{
	char *argv[] = {"sync-worker", "--config", path, NULL};
	struct process *p, *hearer;
	struct link_frame frame;
	struct link *in;
	struct err err;
	int code, n = 0;
	const struct beat *beat;
	int64_t from;

	write_conf("gateway\n    run = .\n");
	optind = 0;
	p = process_open(&manual, 3, argv, &code);
	if (!ok(p != NULL, "%s", path))
		return;
	hearer = process_open_quietly(&manual, path, &err);
	in = link_open(hearer, "beats", LINK_IN, &err);
	link_subscribe(in, "");
	ok(readable(link_socket(p->beats), 5000), "nobody subscribed");
	ok(process_beat_in_ms(p) == 0, "%ld", process_beat_in_ms(p));
	process_beat(p, PROCESS_STARTING, "", "a=%d b=%d", 1, 2);
	process_beat(p, PROCESS_STARTING, "", "a=%d b=%d", 3, 4);  /* too soon */
	process_beat(p, PROCESS_WAITING, "for Postgres", "a=%d", 5);
	process_beat(p, PROCESS_WAITING, "for Postgres", "a=%d", 6);  /* too soon */
	ok(process_beat_in_ms(p) > 0 && process_beat_in_ms(p) <= 1000);
	p->beat_us -= CLOCK_SECOND;
	process_beat(p, PROCESS_WAITING, "for Postgres", "a=%d", 7);
	from = clock_mono_us();
	while (n < 3 && clock_mono_us() - from < 5000000) {
		if (!readable(link_socket(in), 100) || link_recv(in, &frame, &err) != 1)
			continue;
		beat = frame.msg;
		is_str(beat->process, "sync-worker");
		is_str(beat->counts, n == 0 ? "a=1 b=2" : n == 1 ? "a=5" : "a=7");
		is_str(beat->why, n ? "for Postgres" : "");
		is_int(beat->state, n ? PROCESS_WAITING : PROCESS_STARTING);
		is_int(beat->pid, getpid());
		n++;
	}
	is_int(n, 3);
	is_int(link_recv(in, &frame, &err), 0);
	is_int(zmq_recv(link_socket(p->beats), said, 1, ZMQ_DONTWAIT), -1);  /* all read */
	link_close(&in);
	process_close(&hearer);
	process_close(&p);
	ok(p == NULL);
	process_close(&p);
}

int
main(void)
{
	if (!two_begin())
		return 1;
	snprintf(path, sizeof(path), "%s/ihht.conf", two_folder);
	RUN(help_teaches_and_needs_no_settings);
	RUN(version_is_one_line);
	RUN(check_only_looks);
	RUN(wrong_settings_end_with_fix_my_configuration);
	RUN(wrong_words_on_the_command_line_end_with_100);
	RUN(it_runs_with_its_instance_and_gateway);
	RUN(a_run_folder_that_is_not_there_is_try_again);
	RUN(instances_are_read_with_care);
	RUN(beats_come_once_a_second_and_at_each_change_of_state);
	two_end();
	return test_done();
}
