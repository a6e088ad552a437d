#include "services/dedupe-auditor/change/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"

#define EVERY (CLOCK_SECOND / 5)
#define WIDTH 30

void
progress_open(struct progress *p, const char *what)
{
	*p = (struct progress){.what = what, .start_us = clock_mono_us(),
			       .is_on = isatty(STDERR_FILENO)};
}

void
progress_say(struct progress *p, int64_t done, int64_t of, const char *unit)
{
	static const char bar[] = "##############################";
	int64_t now = clock_mono_us(), left_s = -1;
	int n = of > 0 ? (int)(done * WIDTH / of) : 0;

	if (!p->is_on || now - p->said_us < EVERY)
		return;
	p->said_us = now;
	p->is_said = 1;
	if (of > 0 && done > 0)
		left_s = (now - p->start_us) * (of - done) / done / CLOCK_SECOND;
	if (of <= 0)
		(void)fprintf(stderr, "\r\033[K%s: %lld %s", p->what, (long long)done, unit);
	else
		(void)fprintf(stderr, "\r\033[K%s [%-*.*s] %lld of %lld %s", p->what, WIDTH, n, bar,
			      (long long)done, (long long)of, unit);
	if (left_s >= 0)
		(void)fprintf(stderr, ", %lld s left", (long long)left_s);
	(void)fflush(stderr);    /* a log's stream goes by lines, and this is none yet */
}

void
progress_close(struct progress *p)
{
	if (p->is_said) {
		(void)fputs("\r\033[K", stderr);
		(void)fflush(stderr);
	}
	p->is_said = 0;
}
