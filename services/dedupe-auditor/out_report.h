/*
 * out_report - what a verification found, for people and as JSON
 */
#ifndef OUT_REPORT_H
#define OUT_REPORT_H

#include <stdio.h>

#include "services/dedupe-auditor/verify.h"

/* A line a session, what differs below it, and the sum as the last line. */
void report_table(FILE *to, const struct audit *audit);

/* One object on one line. */
int report_json(FILE *to, const struct audit *audit, uint64_t repairs_sent);

#endif
