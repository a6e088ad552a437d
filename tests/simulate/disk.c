#include "tests/simulate/disk.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/simulate/world.h"

#define MOST_FILES  8
#define MOST_SHARED 64
#define SECTOR      512
#define SHARED      32768     /* bytes of a piece of the WAL's index */

/* A write since the last sync; a truncation has len 0. */
struct extent {
	size_t at, len;
};

struct medium {
	char name[120];
	uint8_t *now, *synced;
	size_t size, synced_size, room;
	struct extent *extents;
	size_t n_extents, room_extents;
	void *shared[MOST_SHARED];
	int n_open;
};

struct handle {
	sqlite3_file base;
	struct medium *medium;
};

static struct medium media[MOST_FILES];
static bool is_dead;

static struct medium *
find(const char *name, bool make)
{
	struct medium *m, *free_one = NULL;

	for (m = media; m < media + MOST_FILES; m++) {
		if (!strcmp(m->name, name))
			return m;
		if (!*m->name && !free_one)
			free_one = m;
	}
	if (!make || !free_one)
		return NULL;
	snprintf(free_one->name, sizeof(free_one->name), "%s", name);
	return free_one;
}

static void
drop_shared(struct medium *m)
{
	int i;

	for (i = 0; i < MOST_SHARED; i++) {
		free(m->shared[i]);
		m->shared[i] = NULL;
	}
}

static void
wipe(struct medium *m)
{
	drop_shared(m);
	free(m->now);
	free(m->synced);
	free(m->extents);
	*m = (struct medium){0};
}

void
disk_wipe(void)
{
	struct medium *m;

	for (m = media; m < media + MOST_FILES; m++)
		wipe(m);
	is_dead = false;
}

void
disk_die(void)
{
	is_dead = true;
}

void
disk_revive(void)
{
	struct medium *m;

	for (m = media; m < media + MOST_FILES; m++)
		drop_shared(m);  /* memory of the dead */
	is_dead = false;
}

/* ---- what is on the medium */

static void
grow(struct medium *m, size_t size)
{
	size_t room = m->room ? m->room : 65536;

	if (size <= m->room)
		return;
	while (room < size)
		room *= 2;
	m->now = realloc(m->now, room);
	m->synced = realloc(m->synced, room);
	memset(m->now + m->room, 0, room - m->room);
	memset(m->synced + m->room, 0, room - m->room);
	m->room = room;
}

static void
note(struct medium *m, size_t at, size_t len)
{
	if (m->n_extents == m->room_extents) {
		m->room_extents = m->room_extents ? 2 * m->room_extents : 64;
		m->extents = realloc(m->extents, m->room_extents * sizeof(*m->extents));
	}
	m->extents[m->n_extents++] = (struct extent){at, len};
}

static void
sync_all(struct medium *m)
{
	size_t i;

	for (i = 0; i < m->n_extents; i++)
		if (m->extents[i].at + m->extents[i].len <= m->size)
			memcpy(m->synced + m->extents[i].at, m->now + m->extents[i].at,
			       m->extents[i].len);
	m->synced_size = m->size;
	m->n_extents = 0;
}

static void
cut(struct medium *m)
{
	size_t i, at, end, len;

	for (i = 0; i < m->n_extents; i++)
		for (at = m->extents[i].at, end = at + m->extents[i].len; at < end; at += len) {
			len = SECTOR - at % SECTOR < end - at ? SECTOR - at % SECTOR : end - at;
			if (one_in(2) && at + len <= m->size) {
				memcpy(m->synced + at, m->now + at, len);
				if (m->synced_size < at + len)
					m->synced_size = at + len;
			}
		}
	memcpy(m->now, m->synced, m->room);
	m->size = m->synced_size;
	m->n_extents = 0;
}

void
disk_cut_power(void)
{
	struct medium *m;

	for (m = media; m < media + MOST_FILES; m++)
		if (m->room)
			cut(m);
}

size_t
disk_size(const char *name)
{
	const struct medium *m = find(name, false);

	return m ? m->size : 0;
}

static bool
refuses(int chance)
{
	if (is_dead)
		return true;
	if (!one_in(chance))
		return false;
	world->n.refusals++;
	return true;
}

/* ---- a file, as SQLite wants it */

static struct medium *
medium_of(sqlite3_file *file)
{
	return ((struct handle *)file)->medium;
}

static int
file_close(sqlite3_file *file)
{
	medium_of(file)->n_open--;
	return SQLITE_OK;
}

static int
file_read(sqlite3_file *file, void *out, int len, sqlite3_int64 at)
{
	struct medium *m = medium_of(file);
	size_t n = (size_t)len, from = (size_t)at, have = from < m->size ? m->size - from : 0;

	if (have >= n) {
		memcpy(out, m->now + from, n);
		return SQLITE_OK;
	}
	if (have)
		memcpy(out, m->now + from, have);
	memset((char *)out + have, 0, n - have);
	return SQLITE_IOERR_SHORT_READ;
}

static int
file_write(sqlite3_file *file, const void *in, int len, sqlite3_int64 at)
{
	struct medium *m = medium_of(file);

	if (refuses(world->weather.full))
		return one_in(2) ? SQLITE_FULL : SQLITE_IOERR_WRITE;
	grow(m, (size_t)at + (size_t)len);
	memcpy(m->now + at, in, (size_t)len);
	if (m->size < (size_t)at + (size_t)len)
		m->size = (size_t)at + (size_t)len;
	note(m, (size_t)at, (size_t)len);
	return SQLITE_OK;
}

static int
file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	struct medium *m = medium_of(file);

	if (refuses(0))
		return SQLITE_IOERR_TRUNCATE;
	grow(m, (size_t)size);
	if ((size_t)size < m->size)
		memset(m->now + size, 0, m->size - (size_t)size);
	m->size = (size_t)size;
	return SQLITE_OK;
}

static int
file_sync(sqlite3_file *file, int flags)
{
	(void)flags;
	if (refuses(world->weather.refuse))
		return SQLITE_IOERR_FSYNC;
	sync_all(medium_of(file));
	return SQLITE_OK;
}

static int
file_size(sqlite3_file *file, sqlite3_int64 *size)
{
	*size = (sqlite3_int64)medium_of(file)->size;
	return SQLITE_OK;
}

/* One thread: the only lock that can be in somebody's way is that of the last one to leave,
 * who folds the WAL into the file. */
static int
file_lock(sqlite3_file *file, int level)
{
	return level == SQLITE_LOCK_EXCLUSIVE && medium_of(file)->n_open > 1 ? SQLITE_BUSY : SQLITE_OK;
}

static int
file_unlock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int
file_reserved(sqlite3_file *file, int *out)
{
	(void)file;
	*out = 0;
	return SQLITE_OK;
}

static int
file_control(sqlite3_file *file, int op, void *arg)
{
	(void)file;
	(void)op;
	(void)arg;
	return SQLITE_NOTFOUND;
}

static int
file_sector(sqlite3_file *file)
{
	(void)file;
	return SECTOR;
}

static int
file_traits(sqlite3_file *file)
{
	(void)file;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int
file_share(sqlite3_file *file, int piece, int size, int make, void volatile **out)
{
	struct medium *m = medium_of(file);

	*out = NULL;
	if (piece >= MOST_SHARED || size != SHARED)
		return SQLITE_IOERR_SHMMAP;
	if (!m->shared[piece] && make)
		m->shared[piece] = calloc(1, SHARED);
	*out = m->shared[piece];
	return SQLITE_OK;
}

static int
file_share_lock(sqlite3_file *file, int offset, int n, int flags)
{
	(void)file;
	(void)offset;
	(void)n;
	(void)flags;
	return SQLITE_OK;
}

static void
file_barrier(sqlite3_file *file)
{
	(void)file;
}

static int
file_unshare(sqlite3_file *file, int gone)
{
	if (gone && medium_of(file)->n_open <= 1)
		drop_shared(medium_of(file));
	return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = file_close,
	.xRead = file_read,
	.xWrite = file_write,
	.xTruncate = file_truncate,
	.xSync = file_sync,
	.xFileSize = file_size,
	.xLock = file_lock,
	.xUnlock = file_unlock,
	.xCheckReservedLock = file_reserved,
	.xFileControl = file_control,
	.xSectorSize = file_sector,
	.xDeviceCharacteristics = file_traits,
	.xShmMap = file_share,
	.xShmLock = file_share_lock,
	.xShmBarrier = file_barrier,
	.xShmUnmap = file_unshare,
};

/* ---- the disk */

static int
vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	struct handle *handle = (struct handle *)file;

	(void)vfs;
	file->pMethods = NULL;
	if (!name || !(handle->medium = find(name, flags & SQLITE_OPEN_CREATE)))
		return SQLITE_CANTOPEN;
	handle->medium->n_open++;
	file->pMethods = &methods;
	if (out)
		*out = flags;
	return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
	struct medium *m = find(name, false);

	(void)vfs;
	(void)sync_folder;
	if (is_dead)
		return SQLITE_IOERR_DELETE;
	if (m)
		wipe(m);
	return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
	(void)vfs;
	(void)flags;
	*out = find(name, false) != NULL;
	return SQLITE_OK;
}

static int
vfs_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
	(void)vfs;
	sqlite3_snprintf(size, out, "%s", name);
	return SQLITE_OK;
}

static int
vfs_random(sqlite3_vfs *vfs, int n, char *out)
{
	(void)vfs;
	memset(out, 7, (size_t)n);  /* asked for once in a process, and so not in each world */
	return n;
}

static int
vfs_sleep(sqlite3_vfs *vfs, int us)
{
	(void)vfs;
	return us;
}

static int
vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *ms)
{
	(void)vfs;
	*ms = utc_now() / 1000 + 210866760000000LL;  /* Julian days */
	return SQLITE_OK;
}

static int
vfs_error(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	(void)size;
	(void)out;
	return 0;
}

void
disk_install(void)
{
	static sqlite3_vfs vfs = {
		.iVersion = 2,
		.szOsFile = sizeof(struct handle),
		.mxPathname = 100,
		.zName = "simulated",
		.xOpen = vfs_open,
		.xDelete = vfs_delete,
		.xAccess = vfs_access,
		.xFullPathname = vfs_path,
		.xRandomness = vfs_random,
		.xSleep = vfs_sleep,
		.xGetLastError = vfs_error,
		.xCurrentTimeInt64 = vfs_time,
	};

	if (sqlite3_vfs_register(&vfs, 1) != SQLITE_OK)
		broken("SQLite takes the simulated disk");
}
