/*
 * pause - where a long look at a store lets its caller breathe
 *
 * The stores call wait() often; `fd` is what they wait for, or -1 when they only pass by.
 * It returns 0 to go on, -1 to give up.
 */
#ifndef PAUSE_H
#define PAUSE_H

#include <stdint.h>

struct pause {
	int (*wait)(void *arg, int fd);
	void *arg;
	int stopped;             /* wait() said -1 */
	const char *doing;       /* for people who watch */
	uint64_t n_rows;         /* read so far, of both stores */
};

static inline int
pause_wait(struct pause *pause, int fd)
{
	if (!pause->stopped && pause->wait(pause->arg, fd) < 0)
		pause->stopped = 1;
	return pause->stopped ? -1 : 0;
}

#endif
