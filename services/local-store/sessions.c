#include "services/local-store/sessions.h"

#include <czmq.h>
#include <xxhash.h>

/* A device's sessions, newest start first. */
struct wearer {
	struct entry *newest;
	size_t n;
	int64_t known_from_us;  /* from here on all of them are in hand */
};

struct sessions {
	zhashx_t *by_id, *by_no, *devices, *active_users;
	struct entry *first, *stale, **stale_end;
	size_t n_active;
};

/* zhashx's own goes byte by byte */
static size_t
hash_text(const void *key)
{
	return (size_t)XXH3_64bits(key, strlen(key));
}

static size_t
hash_no(const void *key)
{
	return (size_t)(*(const uint64_t *)key * 0x9e3779b97f4a7c15u >> 16);
}

static int
compare_no(const void *a, const void *b)
{
	return *(const int64_t *)a != *(const int64_t *)b;
}

static void
free_device(void **device)
{
	free(*device);
	*device = NULL;
}

static void
free_entry(void **item)
{
	struct entry *entry = *item;

	free(entry->spans);
	free(entry);
	*item = NULL;
}

struct sessions *
sessions_new(void)
{
	struct sessions *s = calloc(1, sizeof(*s));

	ASSERT(s);
	s->by_id = zhashx_new();
	s->by_no = zhashx_new();
	s->devices = zhashx_new();
	s->active_users = zhashx_new();
	ASSERT(s->by_id && s->by_no && s->devices && s->active_users);
	zhashx_set_destructor(s->by_id, free_entry);
	zhashx_set_destructor(s->devices, free_device);
	zhashx_set_key_hasher(s->devices, hash_text);
	zhashx_set_key_duplicator(s->by_no, NULL);
	zhashx_set_key_destructor(s->by_no, NULL);
	zhashx_set_key_hasher(s->by_no, hash_no);
	zhashx_set_key_comparator(s->by_no, compare_no);
	s->stale_end = &s->stale;
	return s;
}

void
sessions_free(struct sessions **sessions)
{
	if (!*sessions)
		return;
	zhashx_destroy(&(*sessions)->by_no);
	zhashx_destroy(&(*sessions)->active_users);
	zhashx_destroy(&(*sessions)->devices);
	zhashx_destroy(&(*sessions)->by_id);
	free(*sessions);
	*sessions = NULL;
}

static struct wearer *
device_of(struct sessions *s, const char *device_id)
{
	struct wearer *device = zhashx_lookup(s->devices, device_id);

	if (device)
		return device;
	device = calloc(1, sizeof(*device));
	ASSERT(device);
	device->known_from_us = INT64_MAX;
	zhashx_insert(s->devices, device_id, device);
	return device;
}

/* Into the list of all; zhashx_next() would do but for its one cursor, which a lookup moves. */
static void
enlist(struct sessions *s, struct entry *entry)
{
	entry->prev = &s->first;
	entry->next = s->first;
	if (s->first)
		s->first->prev = &entry->next;
	s->first = entry;
}

struct entry *
sessions_add(struct sessions *s, const struct session *row, int64_t no)
{
	struct entry *entry = sessions_by_no(s, no), **at;
	struct wearer *device = device_of(s, row->device_id);

	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry));
	ASSERT(entry);
	entry->row = *row;
	entry->no = no;
	totals_clear(&entry->whole);
	totals_clear(&entry->phase);
	for (at = &device->newest; *at && (*at)->row.start_us > row->start_us; at = &(*at)->older)
		;
	entry->older = *at;
	*at = entry;
	device->n++;
	enlist(s, entry);
	zhashx_insert(s->by_id, entry->row.id, entry);
	zhashx_insert(s->by_no, &entry->no, entry);
	if (entry_active(entry)) {
		zhashx_update(s->active_users, entry->row.user_id, entry);
		s->n_active++;
	}
	return entry;
}

void
sessions_ended(struct sessions *s, struct entry *entry)
{
	ASSERT(!entry_active(entry) && s->n_active);
	s->n_active--;
	if (zhashx_lookup(s->active_users, entry->row.user_id) == entry)
		zhashx_delete(s->active_users, entry->row.user_id);
}

struct entry *
sessions_by_id(const struct sessions *s, const char *id)
{
	return zhashx_lookup(s->by_id, id);
}

struct entry *
sessions_by_no(const struct sessions *s, int64_t no)
{
	return zhashx_lookup(s->by_no, &no);
}

struct entry *
sessions_active_of(const struct sessions *s, const char *user_id)
{
	return zhashx_lookup(s->active_users, user_id);
}

struct entry *
sessions_active_on(const struct sessions *s, const char *device_id)
{
	struct wearer *device = zhashx_lookup(s->devices, device_id);
	struct entry *entry = device ? device->newest : NULL;

	while (entry && !entry_active(entry))
		entry = entry->older;
	return entry;
}

struct entry *
sessions_newest(const struct sessions *s, const char *device_id)
{
	struct wearer *device = zhashx_lookup(s->devices, device_id);

	return device ? device->newest : NULL;
}

int64_t
entry_time_us(const struct entry *entry, int64_t taken_us, bool live)
{
	return live ? taken_us + entry->behind_us : taken_us;
}

struct entry *
sessions_at(const struct sessions *s, const char *device_id, int64_t taken_us, bool live)
{
	struct entry *entry = sessions_newest(s, device_id);
	int64_t us;

	for (; entry; entry = entry->older) {
		us = entry_time_us(entry, taken_us, live);
		if (entry->row.start_us <= us && (entry->row.end_us == MSG_NONE || us < entry->row.end_us))
			return entry;
	}
	return NULL;
}

bool
sessions_know(const struct sessions *s, const char *device_id, int64_t taken_us)
{
	struct wearer *device = zhashx_lookup(s->devices, device_id);

	return device && taken_us >= device->known_from_us;
}

void
sessions_known(struct sessions *s, const char *device_id, int64_t from_us)
{
	struct wearer *device = device_of(s, device_id);

	if (from_us < device->known_from_us)
		device->known_from_us = from_us;
}

struct entry *
sessions_overlapping(const struct sessions *s, const char *device_id, int64_t start_us,
		     int64_t end_us)
{
	struct wearer *device = zhashx_lookup(s->devices, device_id);
	struct entry *entry = device ? device->newest : NULL;

	while (entry && (entry->row.start_us >= end_us ||
			 (entry->row.end_us != MSG_NONE && entry->row.end_us <= start_us)))
		entry = entry->older;
	return entry;
}

void
sessions_stale(struct sessions *s, struct entry *entry)
{
	if (entry->stale)
		return;
	entry->stale = true;
	entry->next_stale = NULL;
	*s->stale_end = entry;
	s->stale_end = &entry->next_stale;
}

struct entry *
sessions_take_stale(struct sessions *s)
{
	struct entry *entry = s->stale;

	if (!entry)
		return NULL;
	s->stale = entry->next_stale;
	if (!s->stale)
		s->stale_end = &s->stale;
	entry->stale = false;
	return entry;
}

bool
sessions_have_stale(const struct sessions *s)
{
	return s->stale != NULL;
}

static bool
is_idle(const struct entry *entry)
{
	return !entry_active(entry) && !entry->n_heaps && !entry->n_shipped && !entry->due &&
	       !entry->stale && !entry->n_untold && entry->arrived <= entry->synced;
}

void
sessions_trim(struct sessions *s, const char *device_id)
{
	struct wearer *device = zhashx_lookup(s->devices, device_id);
	struct entry **at, *gone;
	size_t kept = 0;

	if (!device || device->n <= SESSIONS_PER_DEVICE)
		return;
	for (at = &device->newest; *at;) {
		gone = *at;
		if (++kept <= SESSIONS_PER_DEVICE || !is_idle(gone)) {
			at = &gone->older;
			continue;
		}
		*at = gone->older;
		device->n--;
		if (gone->row.end_us != MSG_NONE && device->known_from_us < gone->row.end_us)
			device->known_from_us = gone->row.end_us;
		*gone->prev = gone->next;
		if (gone->next)
			gone->next->prev = gone->prev;
		zhashx_delete(s->by_no, &gone->no);
		zhashx_delete(s->by_id, gone->row.id);
	}
}

struct entry *
sessions_next(const struct sessions *s, const struct entry *last)
{
	return last ? last->next : s->first;
}

size_t
sessions_active(const struct sessions *s)
{
	return s->n_active;
}

bool
entry_active(const struct entry *entry)
{
	return entry->row.status == SESSION_ACTIVE;
}

int
entry_add_span(struct entry *entry, const struct span *span)
{
	struct span *grown = realloc(entry->spans, (entry->n_spans + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	entry->spans = grown;
	entry->spans[entry->n_spans++] = *span;
	return 0;
}

size_t
entry_phase_began(const struct entry *entry, size_t span)
{
	const struct span *all = entry->spans;
	size_t i;

	for (i = 0; i < span; i++)
		if (all[i].phase == all[span].phase && all[i].cycle == all[span].cycle)
			break;
	return i;
}

bool
entry_in_last_phase(const struct entry *entry, int64_t taken_us)
{
	return entry->n_spans && taken_us >= entry->spans[entry->n_spans - 1].from_us;
}

struct span
entry_span_at(const struct entry *entry, int64_t taken_us)
{
	size_t i = entry->n_spans;

	while (i > 0 && entry->spans[i - 1].from_us > taken_us)
		i--;
	return i ? entry->spans[i - 1]
		 : (struct span){taken_us, PHASE_NONE, MSG_NONE, entry->row.starting_altitude_level};
}
