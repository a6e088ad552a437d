/*
 * ring_info - what a Viatom ring tells of itself: JSON text, padded with NULs
 *
 *	{"Model":"1652","SoftwareVer":"1.5.0","CurTIME":"2026-09-28,22:30:00","CurBAT":"85%",
 *	 "FileList":"20260927220000,20260926221000", ...}
 */
#ifndef RING_INFO_H
#define RING_INFO_H

#include <stddef.h>
#include <stdint.h>

struct ring_info {
	int64_t local_us;          /* its clock, read as if UTC; WALL_NONE: none */
	int battery;               /* %; -1: none */
	char model[32], firmware[32];
	char files[1000];          /* names with commas between; what does not fit is left out */
};

/* 0, or -1: no such text. */
int ring_info_parse(const uint8_t *bytes, size_t len, struct ring_info *info);

#endif
