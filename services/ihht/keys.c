/*
 * keys - a CURVE certificate for links over tcp://
 */
#include <czmq.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "services/ihht/verb.h"

static int
is_name(const char *text)
{
	return *text && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			       "0123456789._-") == strlen(text) && *text != '.';
}

static int
make(const char *name, const char *path, struct err *err)
{
	zcert_t *cert = zcert_new();
	char secret[PATH_MAX + 16];
	int r;

	if (!cert)
		return err_set(err, errno, "no certificate: %s", zmq_strerror(errno));
	zcert_set_meta(cert, "name", "%s", name);
	r = zcert_save(cert, path);
	zcert_destroy(&cert);
	(void)snprintf(secret, sizeof(secret), "%s_secret", path);
	if (r < 0 || chmod(secret, 0600) < 0 || chmod(path, 0644) < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	return 0;
}

int
keys_run(struct ihht *me, const struct verb *verb, int argc, char **argv)
{
	const char *folder = conf_folder(me->process->conf);
	char path[PATH_MAX];
	struct err err;
	int n;

	if (argc != 1 || !is_name(argv[0]))
		return verb_usage(verb, "needs a NAME of letters, digits, '.', '_' and '-'");
	(void)umask(077);
	n = snprintf(path, sizeof(path), "%s/keys", folder);
	if (n < (int)sizeof(path))
		(void)mkdir(path, 0755), (void)chmod(path, 0755);
	n = snprintf(path, sizeof(path), "%s/keys/%s.key", folder, argv[0]);
	if (n >= (int)sizeof(path))
		return verb_usage(verb, "the path of ihht.conf is too long");
	if (access(path, F_OK) == 0) {
		(void)err_set(&err, EEXIST, "%s is there already; a key is not replaced in silence", path);
		return verb_fail(verb, IHHT_UNWELL, &err);
	}
	if (make(argv[0], path, &err) < 0)
		return verb_fail(verb, PROCESS_TRY_AGAIN, &err);
	if (me->json)
		printf("{\"public\": \"%s\", \"secret\": \"%s_secret\"}\n", path, path);
	else
		printf("%s         public: copy it into the links/peers folder of the hosts it "
		       "talks to\n"
		       "%s_secret  secret: stays here\n\n"
		       "In this host's ihht.conf:\n\n"
		       "links\n"
		       "    key = \"keys/%s.key\"\n"
		       "    peers = \"peers\"\n\n"
		       "The folder peers takes the public certificates of those who may talk to us;\n"
		       "hub.key in it is the one whose endpoints we connect to (or <link>.key).\n",
		       path, path, argv[0]);
	return IHHT_OK;
}
