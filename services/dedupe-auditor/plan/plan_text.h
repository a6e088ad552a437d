/*
 * plan_text - what writing and reading a plan file share
 */
#ifndef PLAN_TEXT_H
#define PLAN_TEXT_H

#include "services/dedupe-auditor/plan/plan_file.h"

#define PLAN_VERSION 1

void plan_seal(const char *text, size_t len, char seal[65]);
void plan_put_word(FILE *to, const char *text);
int plan_check(const struct plan_file *file, struct err *err);     /* the lines together */

#endif
