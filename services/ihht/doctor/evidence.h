/*
 * evidence - what this machine itself shows: what should run, the SQLite file and its disk
 */
#ifndef EVIDENCE_H
#define EVIDENCE_H

#include "proto/process.h"
#include "services/ihht/doctor/diagnose.h"

/* `expected` of those that ihht/processes names; all of them when it is not set. */
void evidence_expected(const struct process *process, struct facts *facts);

/* `is_here`: the file must be on this machine, or that is what is wrong. */
void evidence_store(const struct process *process, int is_here, struct facts *facts);

#endif
