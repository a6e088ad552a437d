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
#define WINDOW   16000  /* sent and not yet stored */

static const struct process_manual ingest = {"ble-ingest", "bench", NULL, 0};
static const struct process_manual worker = {"sync-worker", "bench", NULL, 0};

static char folder[] = "/tmp/ihht-storing-XXXXXX";
static int64_t n_commits;

/* Of a run: how long it took, and how much of it local-store or the bare loop was at work. */
struct cost {
	double s, cpu_s;
};

static void
check(int ok, const struct err *err)
{
	if (ok)
		return;
	fprintf(stderr, "storing: %s\n", err->text);
	exit(1);
}

static void
write_conf(void)
{
	char path[100];
	FILE *conf;

	(void)snprintf(path, sizeof(path), "%s/ihht.conf", folder);
	conf = fopen(path, "w");
	fprintf(conf, "gateway\n    name = \"bench\"\n    run = \".\"\n");
	fclose(conf);
}

static struct process *
open_process(const struct process_manual *manual)
{
	char path[100];
	struct err err = {0};
	struct process *process;

	(void)snprintf(path, sizeof(path), "%s/ihht.conf", folder);
	process = process_open_quietly(manual, path, &err);
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

/* A worker whose Postgres takes no time: each bundle gets its receipt at once. */
struct taker {
	struct process *process;
	struct link *bundles, *receipts;
	int64_t n, changed_us;      /* readings; when a bundle without any has come */
};

static void
taker_open(struct taker *t)
{
	struct err err = {0};

	t->process = open_process(&worker);
	t->receipts = link_open(t->process, "receipts", LINK_OUT, &err);
	check(t->receipts != NULL, &err);
	t->bundles = link_open(t->process, "bundles", LINK_IN, &err);
	check(t->bundles != NULL, &err);
	t->n = t->changed_us = 0;
}

static void
taker_close(struct taker *t)
{
	link_close(&t->bundles);
	link_close(&t->receipts);
	process_close(&t->process);
}

static void
take_bundles(struct taker *t)
{
	const struct bundle *bundle;
	struct link_frame frame;
	struct receipt receipt;
	struct err err;

	while (link_recv(t->bundles, &frame, &err) > 0) {
		bundle = frame.msg;
		msg_clear(&msg_receipt, &receipt);
		memcpy(receipt.id, bundle->id, sizeof(receipt.id));
		memcpy(receipt.session_id, bundle->session_id, sizeof(receipt.session_id));
		receipt.outcome = OUTCOME_APPLIED;
		receipt.added = bundle->readings;
		t->n += bundle->readings;
		if (!bundle->readings)
			t->changed_us = clock_mono_us();
		(void)link_send_to(t->receipts, &msg_receipt, bundle->gateway, bundle->session_id, &receipt,
				   &err);
	}
}

struct feeder {
	struct process *process;
	struct link *samples, *news;
	int64_t pos, upto;
};

/* Local-store must be there, and have its sessions. */
static void
feeder_open(struct feeder *f)
{
	struct err err = {0};

	f->process = open_process(&ingest);
	f->samples = link_open(f->process, "samples", LINK_OUT, &err);
	check(f->samples != NULL, &err);
	f->news = link_open(f->process, "news", LINK_IN, &err);
	check(f->news != NULL, &err);
	start_sessions();
	link_subscribe(f->news, "stored/");
	while (link_send(f->samples, &msg_resume, "1", &(struct resume){1, 1}, &err) <= 0)
		usleep(1000);
	usleep(200000);
	f->pos = f->upto = 0;
	n_commits = 0;
}

static void
feeder_close(struct feeder *f)
{
	link_close(&f->samples);
	link_close(&f->news);
	process_close(&f->process);
}

static void
feed(struct feeder *f, int64_t upto)
{
	struct link_frame frame;
	struct sample sample;
	struct err err;
	int n;

	for (n = 0; n < 500 && f->pos < upto && f->pos - f->upto < WINDOW; n++) {
		make_sample(f->pos + 1, &sample);
		if (link_send(f->samples, &msg_sample, sample.device_id, &sample, &err) <= 0)
			break;
		f->pos++;
	}
	while (link_recv(f->news, &frame, &err) > 0)
		if (frame.message == &msg_stored) {
			f->upto = ((const struct stored *)frame.msg)->upto;
			n_commits++;
		}
}

/* What a running process has used so far. */
static struct rusage
use_of(pid_t pid)
{
	struct rusage use = {0};
	long user = 0, system = 0, hz = sysconf(_SC_CLK_TCK);
	char path[40];
	FILE *stat;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	stat = fopen(path, "r");
	if (stat && fscanf(stat, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %ld %ld", &user,
			   &system) == 2) {
		use.ru_utime = (struct timeval){user / hz, user % hz * 1000000 / hz};
		use.ru_stime = (struct timeval){system / hz, system % hz * 1000000 / hz};
	}
	if (stat)
		fclose(stat);
	return use;
}

static double
cpu_s(const struct rusage *use)
{
	return (double)(use->ru_utime.tv_sec + use->ru_stime.tv_sec) +
	       (double)(use->ru_utime.tv_usec + use->ru_stime.tv_usec) / 1e6;
}

/* Until so many are stored, and no change of a session has left for so long. */
static void
pump(struct feeder *f, struct taker *t, int64_t upto, int64_t quiet_us)
{
	zmq_pollitem_t on[2] = {{.socket = link_socket(f->news), .events = ZMQ_POLLIN},
				{.events = ZMQ_POLLIN}};

	if (t->bundles)
		on[1].socket = link_socket(t->bundles);
	while (f->upto < upto || (t->bundles && clock_mono_us() - t->changed_us < quiet_us)) {
		feed(f, upto);
		zmq_poll(on, t->bundles ? 2 : 1, f->pos < upto && f->pos - f->upto < WINDOW ? 0 : 100);
		if (t->bundles)
			take_bundles(t);
	}
}

/* From the first sample sent to the last one heard to be stored, of sessions that run: each
 * has had a value, and its row has left. */
static struct cost
run_ours(int with_worker)
{
	struct rusage before, after;
	struct taker t = {0};
	struct feeder f;
	int64_t begun;
	pid_t pid;

	write_conf();
	pid = spawn();
	if (with_worker)
		taker_open(&t);
	feeder_open(&f);
	pump(&f, &t, SESSIONS, CLOCK_SECOND / 2);  /* each has begun, and learnt its data_source */
	n_commits = t.n = 0;
	before = use_of(pid);
	begun = clock_mono_us();
	pump(&f, &t, SESSIONS + ROWS, 0);
	begun = clock_mono_us() - begun;
	after = use_of(pid);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	feeder_close(&f);
	if (with_worker) {
		printf("# %lld readings had left in bundles\n", (long long)t.n);
		taker_close(&t);
	}
	return (struct cost){(double)begun / 1e6, cpu_s(&after) - cpu_s(&before)};
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

static struct cost
run_bare(int64_t per_commit)
{
	struct rusage before, after;
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
	getrusage(RUSAGE_SELF, &before);
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
	getrusage(RUSAGE_SELF, &after);
	db_finalize(&insert);
	db_close(&db);
	return (struct cost){(double)begun / 1e6, cpu_s(&after) - cpu_s(&before)};
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure(int with_worker, const char *what)
{
	double ours[ROUNDS], bare[ROUNDS], ratio[ROUNDS];
	struct cost our, its;
	char command[200];
	int i;

	for (i = 0; i < ROUNDS; i++) {
		strcpy(folder + strlen(folder) - 6, "XXXXXX");
		if (!mkdtemp(folder))
			exit(1);
		our = run_ours(with_worker);
		its = run_bare(ROWS / (n_commits ? n_commits : 1));
		ours[i] = our.s;
		bare[i] = its.s;
		ratio[i] = its.s / our.s;
		printf("# round %d: %.0f rows/s at %.2f us of CPU each, bare %.0f rows/s at %.2f us, %lld "
		       "rows a commit: %.2f\n", i + 1, ROWS / our.s, our.cpu_s * 1e6 / ROWS, ROWS / its.s,
		       its.cpu_s * 1e6 / ROWS, (long long)(ROWS / (n_commits ? n_commits : 1)), ratio[i]);
		fflush(stdout);
		(void)snprintf(command, sizeof(command), "rm -rf %s", folder);
		if (system(command) != 0)
			exit(1);
	}
	qsort(ours, ROUNDS, sizeof(*ours), compare);
	qsort(bare, ROUNDS, sizeof(*bare), compare);
	qsort(ratio, ROUNDS, sizeof(*ratio), compare);
	printf("%s\t%.0f\trows/s\t%.0f\t%.2f\n", what, ROWS / ours[ROUNDS / 2],
	       ROWS / bare[ROUNDS / 2], ratio[ROUNDS / 2]);
}

int
main(void)
{
	measure(0, "storing, 1000 sessions");
	measure(1, "storing, and bundles leave");
	return 0;
}
