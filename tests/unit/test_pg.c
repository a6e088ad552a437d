/* Without a server: how errors are told apart, and where Postgres is looked for. */
#include "common/pg.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/test.h"

static char path[] = "/tmp/test_pg.XXXXXX";

static const char *
conninfo(const char *text, const char *name)
{
	static const struct conf_key no_keys[1];
	static char info[300];
	FILE *file = fopen(path, "w");
	struct conf *conf;
	struct err err;

	fputs(text, file);
	fclose(file);
	conf = conf_open(path, "sync-worker", no_keys, 0, &err);
	if (!ok(conf != NULL, "%s", err.text))
		return "";
	pg_conninfo(conf, "/run/x", name, "ihht_sync", info, sizeof(info));
	conf_close(&conf);
	return info;
}

TEST(the_private_cluster_is_the_default)
{
	is_str(conninfo("", "sync-worker"), "host='/run/x' dbname=ihht user=ihht_sync");
	is_str(conninfo("postgres\n    url = \"\"\n", "sync-worker"),
	       "host='/run/x' dbname=ihht user=ihht_sync");
	is_str(conninfo("postgres\n    http-api = \"host=a user=b\"\n", "sync-worker"),
	       "host='/run/x' dbname=ihht user=ihht_sync");
}

TEST(what_the_settings_name_is_taken)
{
	is_str(conninfo("postgres\n    url = \"host=a user=b\"\n", "sync-worker"), "host=a user=b");
	is_str(conninfo("postgres\n    url = \"host=a user=b\"\n    sync-worker = \"host=c user=d\"\n",
			"sync-worker"), "host=c user=d");
	is_str(conninfo("postgres\n    url = \"postgresql://me:pw@h:6543/db?sslmode=require\"\n",
			"sync-worker"), "postgresql://me:pw@h:6543/db?sslmode=require");
}

TEST(the_role_is_the_user_unless_one_is_named)
{
	is_str(conninfo("postgres\n    url = \"host=a\"\n", "sync-worker"), "host=a user=ihht_sync");
	is_str(conninfo("postgres\n    url = postgresql://h/db\n", "sync-worker"),
	       "postgresql://h/db?user=ihht_sync");
	is_str(conninfo("postgres\n    url = \"postgres://h/db?sslmode=require\"\n", "sync-worker"),
	       "postgres://h/db?sslmode=require&user=ihht_sync");
	/* nonsense is left to libpq, which has the words for it */
	is_str(conninfo("postgres\n    url = \"nonsense\"\n", "sync-worker"), "nonsense");
}

/* ---- a server that answers every query with the SQLSTATE that the query is */

static void
send_message(int fd, char type, const char *body, size_t len)
{
	unsigned char head[5] = {(unsigned char)type, 0, 0, (unsigned char)((len + 4) >> 8),
				 (unsigned char)(len + 4)};

	if (write(fd, head, 5) != 5 || write(fd, body, len) != (ssize_t)len)
		_exit(1);
}

static void
serve(int fd)
{
	unsigned char in[1000];
	char body[100];
	int n;

	if (read(fd, in, sizeof(in)) <= 0)  /* who they are; all are welcome */
		_exit(1);
	send_message(fd, 'R', "\0\0\0\0", 4);
	send_message(fd, 'Z', "I", 1);
	while (read(fd, in, sizeof(in)) > 5 && in[0] == 'Q') {
		n = snprintf(body, sizeof(body), "SERROR%cC%.5s%cMsays the server%cD%s%c", 0, in + 5, 0, 0,
			     "Key (user_id) is secret", 0);
		if (!memcmp(in + 5, "SET ", 4))
			send_message(fd, 'C', "SET", 4);
		else
			send_message(fd, 'E', body, (size_t)n + 1);
		send_message(fd, 'Z', "I", 1);
	}
	_exit(0);
}

static pid_t
start_server(const char *folder)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	pid_t pid;

	snprintf(at.sun_path, sizeof(at.sun_path), "%s/.s.PGSQL.5432", folder);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 5) < 0)
		return -1;
	pid = fork();
	if (pid == 0)
		serve(accept(fd, NULL, NULL));
	close(fd);
	return pid;
}

static const struct {
	const char *state;
	int code;
} states[] = {
	{"08006", EAGAIN},  /* connection failure */
	{"40001", EAGAIN},  /* serialization failure */
	{"40P01", EAGAIN},  /* deadlock */
	{"53100", EAGAIN},  /* disk full */
	{"53300", EAGAIN},  /* too many connections */
	{"55P03", EAGAIN},  /* lock not available */
	{"57014", EAGAIN},  /* query cancelled */
	{"57P01", EAGAIN},  /* shutting down */
	{"57P03", EAGAIN},  /* starting up */
	{"25006", EAGAIN},  /* read only */
	{"22001", EBADMSG}, /* text too long */
	{"22P02", EBADMSG}, /* no such number */
	{"23502", EBADMSG}, /* NULL */
	{"23503", EBADMSG}, /* no such parent */
	{"23505", EBADMSG}, /* twice */
	{"23514", EBADMSG}, /* CHECK */
	{"28000", EACCES},  /* who are you */
	{"28P01", EACCES},  /* password */
	{"42501", EACCES},  /* may not */
	{"42P01", EIO},     /* no such table */
	{"42601", EIO},     /* syntax */
	{"25P02", EIO},     /* transaction is aborted */
	{"55000", EIO},
	{"XX000", EIO},
	{"P0001", EIO},
};

TEST(each_SQLSTATE_has_its_kind)
{
	char folder[] = "/tmp/test_pg.XXXXXX", info[100], want[100], sqlstate[6];
	pid_t server = mkdtemp(folder) ? start_server(folder) : -1;
	struct err err;
	PGconn *pg;
	size_t i;

	ok(server > 0);
	snprintf(info, sizeof(info), "host=%s dbname=x user=y", folder);
	pg = pg_connect(info, "test", &err);
	ok(pg != NULL, "%s", err.text);
	for (i = 0; pg && i < sizeof(states) / sizeof(states[0]); i++) {
		ok(pg_exec(pg, states[i].state, &err) == -1 && err.code == states[i].code, "%s is %d",
		   states[i].state, err.code);
		snprintf(want, sizeof(want), "Postgres: %s says the server", states[i].state);
		is_str(err.text, want);  /* and not the detail, which quotes the row */
	}
	is_int(pg_expect(pg, PQexec(pg, "23505"), PGRES_TUPLES_OK, &err), -1);
	is_int(err.code, EBADMSG);
	{
		PGresult *result = PQexec(pg, "57P01");

		is_int(pg_err(pg, result, sqlstate, &err), -1);
		is_str(sqlstate, "57P01");
		PQclear(result);
	}
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	is_int(pg_exec(pg, "SELECT", &err), -1);
	is_int(err.code, EAGAIN);
	ok(!strchr(err.text, '\n') && strlen(err.text) > 15, "%s", err.text);
	pg_close(&pg);
	ok(pg == NULL);
	snprintf(info, sizeof(info), "%s/.s.PGSQL.5432", folder);
	unlink(info);
	rmdir(folder);
}

TEST(without_a_result_it_is_worth_another_try)
{
	char sqlstate[6] = "xxxxx";
	struct err err;

	is_int(pg_err(NULL, NULL, sqlstate, &err), -1);
	is_str(sqlstate, "");
	is_int(err.code, EAGAIN);
	is_str(err.text, "Postgres: out of memory");
	is_int(pg_expect(NULL, NULL, PGRES_COMMAND_OK, &err), -1);
}

TEST(nobody_there_is_said_and_worth_another_try)
{
	struct err err;
	PGconn *pg = pg_connect("host=/nowhere dbname=x user=y", "test", &err);

	ok(!pg);
	is_int(err.code, EAGAIN);
	has_str(err.text, "Postgres: ");
	has_str(err.text, "/nowhere");
	ok(!strchr(err.text, '\n'));
	pg_close(&pg);
	ok(!pg_connect("nonsense=1", "test", &err));
	has_str(err.text, "Postgres: invalid connection option \"nonsense\"");
}

int
main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	RUN(the_private_cluster_is_the_default);
	RUN(what_the_settings_name_is_taken);
	RUN(the_role_is_the_user_unless_one_is_named);
	RUN(each_SQLSTATE_has_its_kind);
	RUN(without_a_result_it_is_worth_another_try);
	RUN(nobody_there_is_said_and_worth_another_try);
	unlink(path);
	return test_done();
}
