/*
 * link_curve - who may talk to us over tcp
 *
 * CURVE with an allow-list: without a ZAP handler libzmq lets every key in.
 */
#ifndef LINK_CURVE_H
#define LINK_CURVE_H

#include <czmq.h>

#include "common/conf.h"

/* Before bind: take only peers whose public certificate lies in links/peers.  Starts *auth,
 * the one gate keeper a process can have, unless it runs already. */
int curve_serve(zsock_t *sock, zactor_t **auth, const struct conf *conf, struct err *err);

/* Before connect: the other side must own the key in links/peers/<link>.key, or else
 * links/peers/hub.key. */
int curve_join(zsock_t *sock, const char *link, const struct conf *conf, struct err *err);

#endif
