#include "proto/link_curve.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static int
in_folder(const struct conf *conf, const char *name, char path[PATH_MAX])
{
	const char *value = conf_find(conf, "links", name);

	if (!value)
		return -1;
	(void)snprintf(path, PATH_MAX, "%s%s%s", *value == '/' ? "" : conf_folder(conf),
		       *value == '/' ? "" : "/", value);
	return 0;
}

static int
use_own_key(zsock_t *sock, const struct conf *conf, struct err *err)
{
	char path[PATH_MAX];
	zcert_t *cert;

	if (in_folder(conf, "key", path) < 0)
		return err_set(err, EINVAL, "links/key: tcp:// needs CURVE; run `ihht keys` and name "
			       "the certificate here");
	cert = zcert_load(path);
	if (!cert || strspn(zcert_secret_txt(cert), "0") == strlen(zcert_secret_txt(cert))) {
		zcert_destroy(&cert);
		return err_set(err, EINVAL, "links/key: %s is no certificate with a secret key", path);
	}
	zcert_apply(cert, sock);
	zcert_destroy(&cert);
	return 0;
}

int
curve_serve(zsock_t *sock, zactor_t **auth, const struct conf *conf, struct err *err)
{
	char peers[PATH_MAX];

	if (use_own_key(sock, conf, err) < 0)
		return -1;
	if (in_folder(conf, "peers", peers) < 0 || access(peers, R_OK | X_OK) < 0)
		return err_set(err, EINVAL, "links/peers: a folder with the public certificates of "
			       "those who may connect");
	if (!*auth) {
		if (!(*auth = zactor_new(zauth, NULL)))
			return err_set(err, errno, "CURVE: %s", zmq_strerror(errno));
		zstr_sendx(*auth, "CURVE", peers, NULL);
		zsock_wait(*auth);
	}
	zsock_set_zap_domain(sock, "ihht");
	zsock_set_curve_server(sock, 1);
	return 0;
}

int
curve_join(zsock_t *sock, const char *link, const struct conf *conf, struct err *err)
{
	char peers[PATH_MAX], path[PATH_MAX + 80];
	zcert_t *cert;

	if (use_own_key(sock, conf, err) < 0)
		return -1;
	if (in_folder(conf, "peers", peers) < 0)
		return err_set(err, EINVAL, "links/peers: the folder with the other side's public "
			       "certificate");
	(void)snprintf(path, sizeof(path), "%s/%s.key", peers, link);
	if (access(path, R_OK) < 0)
		(void)snprintf(path, sizeof(path), "%s/hub.key", peers);
	if (!(cert = zcert_load(path)))
		return err_set(err, EINVAL, "links/peers: %s is no certificate", path);
	zsock_set_curve_serverkey(sock, zcert_public_txt(cert));
	zcert_destroy(&cert);
	return 0;
}
