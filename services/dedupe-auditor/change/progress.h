/*
 * progress - how far it is, for a person at a terminal
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdint.h>

struct progress {
	const char *what;                /* "apply" */
	int64_t start_us, said_us;
	int is_on, is_said;
};

void progress_open(struct progress *progress, const char *what);    /* silent without a terminal */
void progress_say(struct progress *progress, int64_t done, int64_t of, const char *unit);
void progress_close(struct progress *progress);                     /* wipes the line */

#endif
