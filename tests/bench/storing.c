/*
 * storing - samples through ZeroMQ into SQLite, against a bare loop over the same schema
 *
 * The real local-store, fed as ble-ingest feeds it, by 1000 sessions whose readings come in
 * turns; then a C loop that inserts the same rows by the same statement in transactions of
 * the same mean size.  Both durable (WAL, synchronous=FULL), in turns, medians compared.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "common/clock.h"
#include "common/db.h"
#include "proto/link.h"

#define SESSIONS 1000
#define ROWS     1000000
#define ROUNDS   5

static const struct process_manual manual = {"ble-ingest", "bench", NULL, 0};

static char folder[] = "/tmp/ihht-storing-XXXXXX";
static int64_t n_commits;

static void
check(int ok, const struct err *err)
{
	if (ok)
		return;
	fprintf(stderr, "storing: %s\n", err->text);
	exit(1);
}

static struct process *
open_process(void)
{
	char path[100];
	struct err err = {0};
	struct process *process;
	FILE *conf;

	(void)snprintf(path, sizeof(path), "%s/ihht.conf", folder);
	conf = fopen(path, "w");
	fprintf(conf, "gateway\n    name = \"bench\"\n    run = \".\"\n"
		"local-store\n    outbox-rows = \"1500\"\n");
	fclose(conf);
	process = process_open_quietly(&manual, path, &err);
	check(process != NULL, &err);
	return process;
}

static pid_t
spawn(void)
{
	char conf[100], log[100], *argv[] = {"local-store", "--config", conf, NULL};
	pid_t pid = fork();

	if (pid)
		return pid;
	(void)snprintf(conf, sizeof(conf), "%s/ihht.conf", folder);
	(void)snprintf(log, sizeof(log), "%s/log", folder);
	if (!freopen(log, "a", stderr))
		_exit(1);
	execv("build/release/bin/local-store", argv);
	_exit(1);
}

static void
name_device(int i, char *name, size_t size)
{
	(void)snprintf(name, size, "bench-%04d", i + 1);
}

static void
start_sessions(void)
{
	char command[200];
	struct err err = {.text = "starter has failed"};

	(void)snprintf(command, sizeof(command),
		       "IHHT_CONF=%s/ihht.conf build/release/tests/tool/starter %d bench-%%04d 1000000",
		       folder, SESSIONS);
	check(system(command) == 0, &err);
}

static void
make_sample(int64_t pos, struct sample *sample)
{
	int64_t seq = (pos - 1) / SESSIONS + 1;

	msg_clear(&msg_sample, sample);
	sample->spool = 1;
	sample->pos = pos;
	name_device((int)(pos % SESSIONS), sample->device_id, sizeof(sample->device_id));
	sample->epoch = 1;
	sample->seq = seq;
	sample->taken_us = 1700000000000000 + seq * 1000000 + pos % SESSIONS * 997;
	sample->spo2 = 80 + (double)(pos % 20);
	sample->heart_rate = 60 + (double)(pos % 40);
	sample->perfusion_index = 1.5;
	sample->data_source = DATA_SOURCE_MOCK;
}

/* Seconds from the first sample sent to the last one heard to be stored. */
static double
run_ours(void)
{
	struct process *process = open_process();
	struct link *samples, *news;
	struct link_frame frame;
	struct sample sample;
	struct err err = {0};
	int64_t begun, pos = 0, upto = 0;
	pid_t pid = spawn();

	samples = link_open(process, "samples", LINK_OUT, &err);
	check(samples != NULL, &err);
	news = link_open(process, "news", LINK_IN, &err);
	check(news != NULL, &err);
	start_sessions();
	link_subscribe(news, "stored/");
	while (link_send(samples, &msg_resume, "1", &(struct resume){1, 1}, &err) <= 0)
		usleep(1000);
	usleep(200000);
	begun = clock_mono_us();
	n_commits = 0;
	while (upto < ROWS) {
		zmq_pollitem_t on = {.socket = link_socket(news), .events = ZMQ_POLLIN};

		while (pos < ROWS && pos - upto < 16000) {
			make_sample(pos + 1, &sample);
			if (link_send(samples, &msg_sample, sample.device_id, &sample, &err) <= 0)
				break;
			pos++;
		}
		zmq_poll(&on, 1, pos < ROWS && pos - upto < 16000 ? 1 : 100);
		while (link_recv(news, &frame, &err) > 0)
			if (frame.message == &msg_stored) {
				upto = ((const struct stored *)frame.msg)->upto;
				n_commits++;
			}
	}
	begun = clock_mono_us() - begun;
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	link_close(&samples);
	link_close(&news);
	process_close(&process);
	return (double)begun / 1e6;
}

static void
bind_row(sqlite3_stmt *s, int64_t pos)
{
	struct sample sample;

	make_sample(pos, &sample);
	sqlite3_bind_int64(s, 1, pos % SESSIONS + 1);
	sqlite3_bind_int64(s, 2, sample.taken_us);
	sqlite3_bind_int64(s, 3, 1);
	sqlite3_bind_int64(s, 4, sample.seq);
	sqlite3_bind_double(s, 6, sample.spo2);
	sqlite3_bind_double(s, 7, sample.heart_rate);
	sqlite3_bind_double(s, 8, sample.perfusion_index);
	sqlite3_bind_int64(s, 13, 0);
	sqlite3_bind_int64(s, 14, DATA_SOURCE_MOCK);
	sqlite3_bind_int64(s, 15, 0);
}

static double
run_bare(int64_t per_commit)
{
	char path[100];
	struct err err = {0};
	sqlite3 *db, *old;
	sqlite3_stmt *insert, *schema;
	int64_t begun, pos;

	/* the same schema: that of the file local-store has just made */
	(void)snprintf(path, sizeof(path), "%s/store.sqlite", folder);
	old = db_open_readonly(path, &err);
	check(old != NULL, &err);
	(void)snprintf(path, sizeof(path), "%s/bare.sqlite", folder);
	db = db_open(path, &err);
	check(db != NULL, &err);
	schema = db_prepare(old, "SELECT sql FROM sqlite_master WHERE tbl_name = 'readings' AND "
			    "sql IS NOT NULL ORDER BY type DESC", &err);
	while (db_step(schema, &err) > 0)
		check(db_exec(db, (const char *)sqlite3_column_text(schema, 0), &err) == 0, &err);
	db_finalize(&schema);
	db_close(&old);
	insert = db_prepare(db, "INSERT INTO readings (session, taken_us, epoch, seq, device_us, spo2, "
			    "heart_rate, perfusion_index, motion, signal_strength, battery, status, "
			    "invalid, data_source, phase_type, cycle_number, altitude_level) VALUES "
			    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING", &err);
	check(insert != NULL, &err);
	begun = clock_mono_us();
	check(db_exec(db, "BEGIN", &err) == 0, &err);
	for (pos = 1; pos <= ROWS; pos++) {
		bind_row(insert, pos);
		check(db_run(insert, &err) == 0, &err);
		if (pos % per_commit == 0)
			check(db_exec(db, "COMMIT; BEGIN", &err) == 0, &err);
	}
	check(db_exec(db, "COMMIT", &err) == 0, &err);
	begun = clock_mono_us() - begun;
	db_finalize(&insert);
	db_close(&db);
	return (double)begun / 1e6;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(void)
{
	double ours[ROUNDS], bare[ROUNDS], ratio[ROUNDS];
	char command[200];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		strcpy(folder + strlen(folder) - 6, "XXXXXX");
		if (!mkdtemp(folder))
			return 1;
		ours[i] = run_ours();
		bare[i] = run_bare(ROWS / (n_commits ? n_commits : 1));
		ratio[i] = bare[i] / ours[i];
		printf("# round %d: %.0f rows/s, bare %.0f rows/s, %lld rows a commit\n", i + 1,
		       ROWS / ours[i], ROWS / bare[i], (long long)(ROWS / (n_commits ? n_commits : 1)));
		(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
		if (system(command) != 0)
			return 1;
	}
	qsort(ours, ROUNDS, sizeof(*ours), compare);
	qsort(bare, ROUNDS, sizeof(*bare), compare);
	qsort(ratio, ROUNDS, sizeof(*ratio), compare);
	printf("storing, 1000 sessions\t%.0f\trows/s\t%.0f\t%.2f\n", ROWS / ours[ROUNDS / 2],
	       ROWS / bare[ROUNDS / 2], ratio[ROUNDS / 2]);
	return 0;
}
