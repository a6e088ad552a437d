/*
 * command_audit - `dedupe-auditor audit`, which is `ihht audit`: what was found and done
 */
#ifndef COMMAND_AUDIT_H
#define COMMAND_AUDIT_H

#include "proto/process.h"

/* argv[0] is "audit".  Exit codes as of every verb of ihht. */
int command_audit(const struct process_manual *manual, int argc, char **argv);

#endif
