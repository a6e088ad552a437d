/* Where links lie: the table, instances, ihht.conf, paths. */
#include "proto/link.h"

#include <errno.h>
#include <stdlib.h>

#include "tests/unit/test.h"
#include "tests/unit/two.h"

static const struct link_row *
row_of(const char *name)
{
	const struct link_row *row;
	size_t i;

	for (i = 0; (row = link_row(i)) && strcmp(row->name, name); i++)
		;
	return row;
}

static const char *
where(const char *more, const char *link, const char *binder, int n)
{
	static char endpoint[300];
	struct process *p = new_process("local-store", more);
	struct err err;

	if (link_endpoint(p, row_of(link), binder, n, endpoint, sizeof(endpoint), &err) < 0)
		snprintf(endpoint, sizeof(endpoint), "%s", err.text);
	process_close(&p);
	return endpoint;
}

TEST(each_link_and_instance_has_its_endpoint)
{
	char want[200];

	two_run();
	snprintf(want, sizeof(want), "ipc://%s/%d/samples", two_folder, two_n);
	is_str(where("", "samples", "local-store", 1), want);
	snprintf(want, sizeof(want), "ipc://%s/%d/receipts-3", two_folder, two_n);
	is_str(where("", "receipts", "sync-worker", 3), want);
	snprintf(want, sizeof(want), "ipc://%s/%d/beats-sync-worker", two_folder, two_n);
	is_str(where("", "beats", "sync-worker", 1), want);
	snprintf(want, sizeof(want), "ipc://%s/%d/beats-sync-worker-2", two_folder, two_n);
	is_str(where("", "beats", "sync-worker", 2), want);
}

TEST(settings_move_a_link)
{
	is_str(where("links\n    samples = ipc:///x/y\n", "samples", "local-store", 1), "ipc:///x/y");
	is_str(where("links\n    samples = @ipc:///x/y\n", "samples", "local-store", 2), "ipc:///x/y-2");
	is_str(where("links\n    samples = @tcp://0.0.0.0:5700\n", "samples", "local-store", 1),
	       "tcp://0.0.0.0:5700");
	is_str(where("links\n    samples = >tcp://host:5700\n", "samples", "local-store", 1),
	       "tcp://host:5700");
	is_str(where("links\n    receipts = tcp://host:5700\n", "receipts", "sync-worker", 4),
	       "tcp://host:5703");
	is_str(where("links\n    samples = tcp://[::1]:5700\n", "samples", "local-store", 2),
	       "tcp://[::1]:5701");
}

TEST(wrong_links_in_the_settings_are_named)
{
	static const struct {
		const char *more, *complaint;
	} rows[] = {
		{"links\n    sample = ipc:///x\n", "links/sample: no such link; see docs/reference.md"},
		{"links\n    samples = /x\n", "links/samples: must be ipc://… or tcp://…, with @ in front"},
		{"links\n    samples = udp://x:1\n", "links/samples: must be ipc://"},
		{"links\n    samples = @\n", "links/samples: must be ipc://"},
		{"links\n    samples = \"\"\n", "links/samples: must be ipc://"},
		{"links\n    beats = tcp://x:1\n", "links/beats: stays in gateway/run"},
		{"nonsense\n", "nonsense: no such section; there are gateway, links, postgres"},
		{"gateway\n    name = a/b\n    run = .\n", "gateway/name: must not have a / in it"},
		{"gateway\n    name = \"\"\n", "gateway/name: must not be empty"},
		{"gateway\n    run = \"\"\n", "gateway/run: must not be empty"},
		{"gateway\n    rum = x\n", "gateway/rum: no such setting; there are: name, run, database"},
		{"local-store\n    instances = 0\n", "local-store/instances: \"0\" is not a number from 1 to"},
	};
	struct process *p;
	struct err err;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p = try_process("local-store", rows[i].more, &err);
		ok(!p, "%s", rows[i].more);
		has_str(err.text, rows[i].complaint);
		process_close(&p);
	}
}

TEST(a_path_too_long_for_a_socket_is_said_with_the_cure)
{
	char more[400], run[200], want[300];

	/* the longest that fits a sockaddr_un: 107 with what is added */
	snprintf(run, sizeof(run), "/%0*d", 107 - (int)strlen("//samples"), 0);
	snprintf(more, sizeof(more), "links\n    samples = \"ipc://%s/samples\"\n", run);
	snprintf(want, sizeof(want), "ipc://%s/samples", run);
	is_str(where(more, "samples", "local-store", 1), want);
	has_str(where(more, "samples", "local-store", 2), "is too long for a socket; give gateway/run");
	snprintf(more, sizeof(more), "links\n    samples = \"ipc://%s0/samples\"\n", run);
	has_str(where(more, "samples", "local-store", 1), "samples: ipc:///000");
	has_str(where(more, "samples", "local-store", 1), "is too long for a socket; give gateway/run");
	snprintf(more, sizeof(more), "gateway\n    name = here\n    run = \"%.91s\"\n", run);
	{
		struct err err;
		struct process *p = try_process("local-store", more, &err);

		ok(!p);
		has_str(err.text, "gateway/run: longer than 90 bytes");
		process_close(&p);
	}
	snprintf(more, sizeof(more), "links\n    samples = \"tcp://%0300d:5700\"\n", 0);
	is_str(where(more, "samples", "local-store", 1), "links/samples: too long");
	snprintf(more, sizeof(more), "links\n    samples = \"ipc://%0299d\"\n", 0);
	has_str(where(more, "samples", "local-store", 1), "is too long for a socket");
}

TEST(a_folder_that_is_not_there_cannot_be_bound)
{
	struct process *p = new_process("local-store", "links\n    samples = ipc:///no/where\n");
	struct err err;
	struct link *link = link_open(p, "samples", LINK_IN, &err);

	ok(!link);
	is_str(err.text, "samples: cannot bind ipc:///no/where: No such file or directory");
	link_close(&link);
	process_close(&p);
}

/* Every instance that ihht.conf asks for is heard, under its own endpoint. */
TEST(each_of_several_workers_is_heard)
{
	static const char three[] = "sync-worker\n    instances = 3\n";
	struct process *store, *worker;
	struct link *in, *out;
	struct receipt receipt;
	struct link_frame frame;
	struct err err;
	char prefix[50];
	int i;

	two_run();
	store = new_process("local-store", three);
	is_int(process_instances(store, "sync-worker"), 3);
	is_int(process_instances(store, "ble-ingest"), 1);
	in = link_open(store, "receipts", LINK_IN, &err);
	link_subscribe(in, "receipt/here/");
	msg_clear(&msg_receipt, &receipt);
	strcpy(receipt.id, "0c9d1f1e-7a58-4c57-9b6e-3b0f6e4f2a11");
	strcpy(receipt.session_id, receipt.id);
	for (i = 3; i >= 1; i--) {
		worker = new_process("sync-worker", three);
		worker->instance = i;
		out = link_open(worker, "receipts", LINK_OUT, &err);
		if (!ok(out != NULL, "%s", err.text))
			return;
		await(link_joined(out, prefix, sizeof(prefix)), 5000);
		receipt.added = i;
		is_int(link_send(out, &msg_receipt, "k", &receipt, &err), 1);
		ok(readable(link_socket(in), 5000) && link_recv(in, &frame, &err) == 1, "worker %d", i);
		is_int(((const struct receipt *)frame.msg)->added, i);
		link_close(&out);
		process_close(&worker);
	}
	link_close(&in);
	process_close(&store);
}

TEST(a_link_can_be_turned_round)
{
	struct process *store, *ingest;
	struct link *in, *out;
	struct link_frame frame;
	struct sample s;
	struct err err;
	char more[100];

	two_run();
	snprintf(more, sizeof(more), "links\n    samples = @ipc://%s/turned\n", two_folder);
	ingest = new_process("ble-ingest", more);
	out = link_open(ingest, "samples", LINK_OUT, &err);  /* now the sender binds */
	snprintf(more, sizeof(more), "links\n    samples = >ipc://%s/turned\n", two_folder);
	store = new_process("local-store", more);
	in = link_open(store, "samples", LINK_IN, &err);
	msg_clear(&msg_sample, &s);
	strcpy(s.device_id, "x");
	s.pos = s.seq = 1;
	await(link_send(out, &msg_sample, "x", &s, &err) == 1, 5000);
	ok(readable(link_socket(in), 5000) && link_recv(in, &frame, &err) == 1);
	link_close(&out);
	link_close(&in);
	process_close(&ingest);
	process_close(&store);
}

static int
is_process(const char *name)
{
	size_t i;

	for (i = 0; link_process(i); i++)
		if (!strcmp(link_process(i), name))
			return 1;
	return 0;
}

TEST(the_table_of_links_keeps_its_own_rules)
{
	const struct link_row *row, *other;
	const struct message *m;
	char from[100], *word, *rest;
	int k, n_messages;
	size_t i, j;

	for (i = 0; (row = link_row(i)); i++) {
		for (j = 0; (other = link_row(j)); j++)  /* message.links is searched with strstr */
			ok(i == j || !strstr(row->name, other->name), "%s %s", row->name, other->name);
		for (k = n_messages = 0; (m = msg_at(k)); k++)
			n_messages += strstr(m->links, row->name) != NULL;
		ok(n_messages > 0, "%s carries nothing", row->name);
		snprintf(from, sizeof(from), "%s %s %s", row->from, row->to, row->binder);
		for (rest = from; (word = strsep(&rest, " "));)
			ok(!strcmp(word, "*") || is_process(word), "%s: %s", row->name, word);
		ok(row->hwm > 0, "%s", row->name);
	}
	for (i = 0; link_process(i); i++)
		ok(*link_promise(i), "%s", link_process(i));
	ok(!link_row(1000) && !link_process(1000) && !link_promise(1000));
}

TEST(every_link_a_message_names_is_there)
{
	const struct message *m;
	char links[100], *word, *rest;
	int i;

	for (i = 0; (m = msg_at(i)); i++) {
		snprintf(links, sizeof(links), "%s", m->links);
		for (rest = links; *links && (word = strsep(&rest, " "));)
			ok(row_of(word) != NULL, "%s: %s", m->name, word);
	}
}

int
main(void)
{
	if (!two_begin())
		return 1;
	RUN(each_link_and_instance_has_its_endpoint);
	RUN(settings_move_a_link);
	RUN(wrong_links_in_the_settings_are_named);
	RUN(a_path_too_long_for_a_socket_is_said_with_the_cure);
	RUN(a_folder_that_is_not_there_cannot_be_bound);
	RUN(each_of_several_workers_is_heard);
	RUN(a_link_can_be_turned_round);
	RUN(the_table_of_links_keeps_its_own_rules);
	RUN(every_link_a_message_names_is_there);
	two_end();
	return test_done();
}
