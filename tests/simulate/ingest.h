/*
 * ingest - ble-ingest: a source, the real inflow, spool and window
 */
#ifndef SIM_INGEST_H
#define SIM_INGEST_H

#include "tests/simulate/world.h"

void ingest_new(void);           /* switched on */
void ingest_free(void);
void ingest_kill(bool power);    /* power: of the spool's pages the old or the new ones stay */
void ingest_start(void);
bool ingest_runs(void);
void ingest_silence(void);       /* the devices are switched off */

int64_t ingest_wake_us(void);
void ingest_work(void);
void ingest_hear(const struct message *message, const void *msg);
int64_t ingest_waiting(void);    /* values in the spool */

#endif
