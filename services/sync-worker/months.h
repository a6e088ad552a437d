/*
 * months - which partition of `readings` a time falls into
 */
#ifndef MONTHS_H
#define MONTHS_H

#include <stdint.h>

#define MONTHS_MAX 1600  /* from January 1970, UTC; beyond MSG_TIME_MAX */

int month_of(int64_t utc_us);  /* utc_us from 0 to MSG_TIME_MAX */
int64_t month_start_us(int month);

#define MONTH_TABLE 32
const char *month_table(int month, char name[MONTH_TABLE]);  /* "ihht.readings_2026_11" */

#endif
