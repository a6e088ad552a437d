/* Who may talk to us over tcp: nobody without keys, and of those with keys only the known. */
#include "proto/link_curve.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/test.h"
#include "tests/unit/two.h"

static int port;
static char settings[400];

/* A certificate: <folder>/<name> with its secret part, and its public part in peers/. */
static zcert_t *
make_cert(const char *name, const char *peer)
{
	char path[200];
	zcert_t *cert = zcert_new();

	snprintf(path, sizeof(path), "%s/%s", two_folder, name);
	zcert_save(cert, path);
	if (peer) {
		snprintf(path, sizeof(path), "%s/peers/%s", two_folder, peer);
		zcert_save_public(cert, path);
	}
	return cert;
}

static const char *
with_key(const char *key, const char *sign, const char *peers)
{
	snprintf(settings, sizeof(settings), "links\n    samples = %stcp://127.0.0.1:%d\n%s%s%s%s%s%s", sign,
		 port, key ? "    key = " : "", key ? key : "", key ? "\n" : "", peers ? "    peers = " : "",
		 peers ? peers : "", peers ? "\n" : "");
	return settings;
}

static void
is_refused(const char *process, enum link_end end, const char *more, const char *complaint)
{
	struct process *p = new_process(process, more);
	struct err err = {0};
	struct link *link = link_open(p, "samples", end, &err);

	ok(!link, "%s", complaint);
	has_str(err.text, complaint);
	link_close(&link);
	process_close(&p);
}

TEST(tcp_without_keys_is_refused)
{
	static const char needs[] = "links/key: tcp:// needs CURVE; run `ihht keys`";
	zcert_t *cert = make_cert("whole.key", NULL);
	char path[100];

	snprintf(path, sizeof(path), "%s/public.key", two_folder);
	zcert_save_public(cert, path);
	is_refused("local-store", LINK_IN, with_key(NULL, "", NULL), needs);
	is_refused("ble-ingest", LINK_OUT, with_key(NULL, "", NULL), needs);
	is_refused("local-store", LINK_IN, with_key("nowhere.key", "", "peers"),
		   "nowhere.key is no certificate with a secret key");
	is_refused("local-store", LINK_IN, with_key("public.key", "", "peers"),
		   "public.key is no certificate with a secret key");
	is_refused("local-store", LINK_IN, with_key("ihht.conf", "", "peers"),
		   "ihht.conf is no certificate with a secret key");
	is_refused("local-store", LINK_IN, with_key("whole.key", "", NULL),
		   "links/peers: a folder with the public certificates");
	is_refused("local-store", LINK_IN, with_key("whole.key", "", "nowhere"),
		   "links/peers: a folder with the public certificates");
	is_refused("ble-ingest", LINK_OUT, with_key("whole.key", "", NULL),
		   "links/peers: the folder with the other side's public certificate");
	is_refused("ble-ingest", LINK_OUT, with_key("whole.key", "", "peers"),
		   "peers/hub.key is no certificate");
	zcert_destroy(&cert);
}

/* One try of a sender that must be turned away. */
static void
is_turned_away(struct process *sender, const char *who)
{
	struct err err;
	struct link *out = link_open(sender, "samples", LINK_OUT, &err);
	struct sample s;
	char name[40];
	zsock_t *watch;

	if (!ok(out != NULL, "%s: %s", who, err.text))
		return;
	snprintf(name, sizeof(name), "inproc://%.20s", who);
	zmq_socket_monitor(link_socket(out), name, ZMQ_EVENT_ALL);
	watch = zsock_new_pair(name);
	ok(has_event(zsock_resolve(watch), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
			    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED |
			    ZMQ_EVENT_CLOSED), "%s: nothing happened", who);
	msg_clear(&msg_sample, &s);
	strcpy(s.device_id, "evil");
	s.pos = s.seq = 1;
	is_int(link_send(out, &msg_sample, "x", &s, &err), 0);
	zmq_socket_monitor(link_socket(out), NULL, 0);
	zsock_destroy(&watch);
	link_close(&out);
}

TEST(only_a_known_key_gets_through)
{
	zcert_t *ours, *friend, *stranger, *false_hub;
	struct process *store, *sender;
	struct link *in, *out;
	struct link_frame frame;
	struct sample s;
	struct err err;
	char peers[100];

	ours = make_cert("hub", "hub.key");
	friend = make_cert("friend", "friend.key");
	stranger = make_cert("stranger", NULL);
	store = new_process("local-store", with_key("hub", "@", "peers"));
	if (!ok((in = link_open(store, "samples", LINK_IN, &err)) != NULL, "%s", err.text))
		return;

	sender = new_process("ble-ingest", with_key("stranger", ">", "peers"));
	is_turned_away(sender, "a stranger's key");
	process_close(&sender);

	/* a friend who believes another to be the hub must not talk to us either */
	snprintf(peers, sizeof(peers), "%s/false", two_folder);
	mkdir(peers, 0700);
	snprintf(peers, sizeof(peers), "%s/false/hub.key", two_folder);
	false_hub = zcert_new();
	zcert_save_public(false_hub, peers);
	sender = new_process("ble-ingest", with_key("friend", ">", "false"));
	is_turned_away(sender, "a wrong hub");
	process_close(&sender);

	{
		char endpoint[60];
		void *plain = zmq_socket(two_zmq, ZMQ_PUSH), *watch;
		int one = 1, zero = 0;

		zmq_setsockopt(plain, ZMQ_IMMEDIATE, &one, sizeof(one));
		zmq_setsockopt(plain, ZMQ_LINGER, &zero, sizeof(zero));
		watch = watch_socket(plain);
		snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.1:%d", port);
		zmq_connect(plain, endpoint);
		ok(has_event(watch, ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_DISCONNECTED |
				    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL), "a plain socket got in");
		is_int(zmq_send(plain, "x", 1, ZMQ_DONTWAIT), -1);
		close_watched(plain, watch);
	}

	sender = new_process("ble-ingest", with_key("friend", ">", "peers"));
	out = link_open(sender, "samples", LINK_OUT, &err);
	msg_clear(&msg_sample, &s);
	strcpy(s.device_id, "good");
	s.pos = s.seq = 1;
	await(link_send(out, &msg_sample, "x", &s, &err) == 1, 5000);
	ok(readable(link_socket(in), 5000) && link_recv(in, &frame, &err) == 1);
	is_str(((const struct sample *)frame.msg)->device_id, "good");
	is_int(link_recv(in, &frame, &err), 0);
	is_int(link_counts(in)->n_received, 1);
	link_close(&out);
	process_close(&sender);
	link_close(&in);
	process_close(&store);
	zcert_destroy(&ours);
	zcert_destroy(&friend);
	zcert_destroy(&stranger);
	zcert_destroy(&false_hub);
}

/* A port that was free a moment ago. */
static int
free_port(void)
{
	zsock_t *sock = zsock_new(ZMQ_PULL);
	int n = zsock_bind(sock, "tcp://127.0.0.1:*");

	zsock_destroy(&sock);
	return n;
}

int
main(void)
{
	char peers[100];

	if (!two_begin())
		return 1;
	two_run();
	snprintf(peers, sizeof(peers), "%s/peers", two_folder);
	mkdir(peers, 0700);
	port = free_port();
	RUN(tcp_without_keys_is_refused);
	RUN(only_a_known_key_gets_through);
	two_end();
	return test_done();
}
