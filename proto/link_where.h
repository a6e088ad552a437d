/*
 * link_where - the rows of links.def, and to which endpoints a socket is bound or connected
 */
#ifndef LINK_WHERE_H
#define LINK_WHERE_H

#include <czmq.h>

#include "proto/link.h"

/* NULL when links.def has no such link. */
const struct link_row *link_row_of(const char *name);

/* Binds the socket, or connects it to every instance of whoever binds; -1 and err. */
int where_attach(zsock_t *sock, const struct link_row *row, struct process *process,
		 enum link_end end, struct err *err);

#endif
