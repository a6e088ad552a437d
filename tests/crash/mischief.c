/*
 * mischief - a bad disk and a clock that is set, for one process (LD_PRELOAD)
 *
 *	MISCHIEF_FILES=PREFIX   the files that are meant: their paths begin so
 *	MISCHIEF_DISK=WHAT:CALL:N:M   from the N-th on M calls fail; WHAT is ENOSPC or EIO, CALL
 *	                        is write or sync
 *	MISCHIEF_DONE=FILE      is made when the first one has failed
 *	MISCHIEF_SYNCED=FOLDER  what is synced is copied there: after a power cut it is all there is
 *	MISCHIEF_CLOCK=FILE     8 bytes in it, us, are added to CLOCK_REALTIME, whenever they change
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

ssize_t write(int fd, const void *bytes, size_t n);
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at);
int fsync(int fd);
int fdatasync(int fd);

static int
is_meant(int fd, char path[500])
{
	const char *prefix = getenv("MISCHIEF_FILES");
	char link[40];
	ssize_t n;

	if (!prefix)
		return 0;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if ((n = readlink(link, path, 499)) <= 0)
		return 0;
	path[n] = 0;
	return strncmp(path, prefix, strlen(prefix)) == 0;
}

/* ---- the disk refuses */

static void
tell(void)
{
	const char *done = getenv("MISCHIEF_DONE");
	int fd = done ? open(done, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;

	if (fd >= 0)
		close(fd);
}

/* -1 and errno: this call is one that fails. */
static int
refuse(int fd, const char *call)
{
	static long n_calls, first, most = -1;
	static char what[10], which[10];
	char path[500];

	if (most < 0) {
		most = 0;
		(void)sscanf(getenv("MISCHIEF_DISK") ? getenv("MISCHIEF_DISK") : "", "%9[^:]:%9[^:]:%ld:%ld",
			     what, which, &first, &most);
	}
	if (!most || strcmp(which, call) != 0 || !is_meant(fd, path))
		return 0;
	if (++n_calls < first || n_calls >= first + most)
		return 0;
	tell();
	errno = strcmp(what, "EIO") == 0 ? EIO : ENOSPC;
	return -1;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t
write(int fd, const void *bytes, size_t n)
{
	return refuse(fd, "write") < 0 ? -1 : NEXT(write)(fd, bytes, n);
}

ssize_t
pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
	return refuse(fd, "write") < 0 ? -1 : NEXT(pwrite64)(fd, bytes, n, at);
}

/* ---- what is on the disk for good */

static int
copy(const char *from, const char *to)
{
	char bytes[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = -1;

	while (in >= 0 && out >= 0 && (n = read(in, bytes, sizeof(bytes))) > 0)
		if (NEXT(write)(out, bytes, (size_t)n) != n)
			break;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n == 0 ? 0 : -1;
}

static int
synced(int fd)
{
	const char *folder = getenv("MISCHIEF_SYNCED");
	char path[500], fresh[1100], kept[1000];

	if (!folder || !is_meant(fd, path))
		return 0;
	(void)snprintf(kept, sizeof(kept), "%s/%s", folder, strrchr(path, '/') + 1);
	(void)snprintf(fresh, sizeof(fresh), "%s.new", kept);
	return copy(path, fresh) < 0 ? -1 : rename(fresh, kept);
}

int
fsync(int fd)
{
	return refuse(fd, "sync") < 0 || NEXT(fsync)(fd) < 0 ? -1 : synced(fd);
}

int
fdatasync(int fd)
{
	return refuse(fd, "sync") < 0 || NEXT(fdatasync)(fd) < 0 ? -1 : synced(fd);
}

/* ---- the clock */

static const volatile int64_t *
hand(void)
{
	static const int64_t still;
	static const volatile int64_t *us;
	const char *path = getenv("MISCHIEF_CLOCK");
	void *map = MAP_FAILED;
	int fd;

	if (us)
		return us;
	if (path && (fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		map = mmap(NULL, sizeof(*us), PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
	}
	return us = map == MAP_FAILED ? &still : map;
}

int
clock_gettime(clockid_t which, struct timespec *now)
{
	int r = NEXT(clock_gettime)(which, now);
	int64_t us;

	if (r < 0 || which != CLOCK_REALTIME)
		return r;
	us = now->tv_sec * 1000000LL + now->tv_nsec / 1000 + *hand();
	now->tv_sec = us / 1000000;
	now->tv_nsec = us % 1000000 * 1000;
	return r;
}
