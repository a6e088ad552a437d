/*
 * senders - is anybody there to send on a link?
 *
 * Silence on a link can be peace or a missing sender; ZeroMQ connects behind the scenes and
 * tells only a monitor.  Says on standard error, once each time it changes.
 */
#ifndef SENDERS_H
#define SENDERS_H

#include "common/err.h"

struct senders;

/* `socket` is link_socket() of the link called `link`, which is borrowed. */
struct senders *senders_open(void *socket, const char *link, struct err *err);
void senders_close(struct senders **senders);

/* Takes the news; with `waited`, also says that nobody has come so far. */
void senders_look(struct senders *senders, int waited);

void *senders_socket(const struct senders *senders);  /* for zmq_poll */

#endif
