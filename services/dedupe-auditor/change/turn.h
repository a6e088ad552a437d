/*
 * turn - one apply or undo at a time in one database
 *
 * A lock of the connection's own.  The server process of a killed one keeps it until the
 * statement it is at has ended, so that nobody meets what it still makes.
 */
#ifndef TURN_H
#define TURN_H

#include <libpq-fe.h>

#include "common/err.h"

int turn_take(PGconn *pg, struct err *err);      /* EAGAIN: another has it, and keeps it */

#endif
