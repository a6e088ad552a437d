#include "common/fault.h"

#ifdef FAULT_POINTS
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

void
fault_at(const char *point)
{
	static long left = 1;
	static const char *wanted;
	const char *linger;
	size_t n;

	if (!wanted && !(wanted = getenv("IHHT_FAULT")))
		wanted = "";
	n = strlen(point);
	if (strncmp(wanted, point, n) != 0 || (wanted[n] && wanted[n] != ':'))
		return;
	if (left++ < (wanted[n] ? atol(wanted + n + 1) : 1))
		return;
	if (wanted[n] && (linger = strchr(wanted + n + 1, ':')))
		(void)poll(NULL, 0, atoi(linger + 1));
	(void)raise(SIGKILL);
}
#endif
