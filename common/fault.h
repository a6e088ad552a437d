/*
 * fault - named instants at which a test may kill the process
 *
 *	IHHT_FAULT=local-store.committed:3	SIGKILL when it comes there for the third time
 *	IHHT_FAULT=local-store.announced:3:300	the same 300 ms later: what it had said is heard
 *
 * Only in builds made with -DFAULT_POINTS (MODE=asan); in others FAULT() is nothing.  A point
 * stands where something has just changed hands: see tests/crash/matrix.
 */
#ifndef FAULT_H
#define FAULT_H

#ifdef FAULT_POINTS
void fault_at(const char *point);
#define FAULT(point) fault_at(point)
#else
#define FAULT(point) ((void)0)
#endif

#endif
