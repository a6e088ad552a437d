#include "notes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"

/* As an SSE event; WebSockets get the middle of it. */
__attribute__((format(printf, 2, 3)))
static void
note(struct watcher *w, const char *format, ...)
{
	va_list args;
	int n;

	free(w->note);
	va_start(args, format);
	n = vasprintf(&w->note, format, args);
	va_end(args);
	ASSERT(n > 0);
}

void
note_hole(struct clients *clients, struct watcher *w, uint64_t from, int64_t from_us, const char *why)
{
	uint64_t to = w->next - 1;
	char range[64] = "\"from\":null,\"to\":null", since[40] = "null";

	if (from)
		(void)snprintf(range, sizeof(range), "\"from\":%llu,\"to\":%llu",
			       (unsigned long long)from, (unsigned long long)to);
	if (from_us)
		(void)snprintf(since, sizeof(since), "%lld", (long long)from_us);
	note(w, "data: {\"seq\":%llu,\"type\":\"hole\",\"of\":\"frames\",%s,\"why\":\"%s\","
	     "\"from_us\":%s,\"to_us\":%lld}\n\n",
	     (unsigned long long)to, range, why, since, (long long)clock_utc_us());
	clients->n_holes++;
}

/* Of the last frame it has; while it gets values out of the store there is none. */
static unsigned long long
last(const struct watcher *w)
{
	return w->replay ? 0 : w->next - 1;
}

void
note_resumed(const struct clients *clients, struct watcher *w)
{
	note(w, "data: {\"seq\":%llu,\"type\":\"resumed\",\"run\":\"%lld\",\"from\":\"%s\"}\n\n",
	     last(w), (long long)clients->board->run, w->replay ? "store" : "ring");
}

void
note_leave(struct clients *clients, struct watcher *w, const char *why)
{
	note(w, "data: {\"seq\":%llu,\"type\":\"bye\",\"why\":\"%s\"}\n\n", last(w), why);
	w->leave = why;
	clients->n_dropped++;
}

void
note_time(struct watcher *w)
{
	note(w, "data: {\"seq\":%llu,\"type\":\"time\",\"now_us\":%lld}\n\n",
	     last(w), (long long)clock_utc_us());
}
