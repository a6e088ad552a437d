/*
 * print - one message as one line
 *
 *	05:06:07.123456 live     sample/gate-1/mock-001/  sample device_id="mock-001" spo2=91 …
 *	{"at_us": …, "link": "live", "topic": "…", "run": …, "n": …, "sample": {…}}
 *
 * What comes from outside is shown without control characters: a device's name must not be
 * able to speak to the terminal.
 */
#ifndef PRINT_H
#define PRINT_H

#include <stdint.h>
#include <stdio.h>

#include "proto/link.h"

struct print {
	FILE *to;
	int json;
};

void print_message(const struct print *print, int64_t at_us, const char *link,
		   const struct link_frame *frame);

/* A frame that could not be decoded, and why. */
void print_bad(const struct print *print, int64_t at_us, const char *link, const char *topic,
	       const char *why);

/* In place: control characters, C1 included, become '.'; bytes that are no UTF-8 too. */
void print_clean(char *text);

#endif
