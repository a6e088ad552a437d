/*
 * command - `dedupe-auditor verify`, which is `ihht verify`
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "proto/process.h"

/* argv[0] is "verify".  The exit code: 0 equal, 1 a difference, 2 wrong words, 100 wrong
 * settings, 111 cannot be told now. */
int command_verify(const struct process_manual *manual, int argc, char **argv);

/* From the settings: both stores and the gateway.  conninfo has room for `size` bytes. */
struct verify_of;
void command_stores(const struct process *process, char *conninfo, size_t size,
		    struct verify_of *of);

#endif
