/*
 * wall - the clock on a device's wall: local time without a zone
 */
#ifndef WALL_H
#define WALL_H

#include <stdint.h>

#define WALL_NONE (-1)

/* Those figures read as UTC, in us since 1970; WALL_NONE: no such moment from 1970 to 2099. */
int64_t wall_us(int year, int month, int day, int hour, int minute, int second);

/* What such a clock shows less our UTC, rounded to a quarter of an hour (see device.h). */
int64_t wall_zone(int64_t wall_us, int64_t utc_us);

/* GATT Date Time, 7 bytes: year u16, month, day, hour, minute, second. */
int64_t wall_date_time(const uint8_t bytes[7]);

#endif
