/*
 * log - one line per event on standard error
 *
 *	1795403600.306 warn local-store sample_dropped why="sample.seq: bad"
 *
 * error: I am stopping.  warn: something was lost or ignored.  info: ready, stopped,
 * connection up or down.  debug: the rest, only when IHHT_DEBUG is set.
 * The only state in common/: the name of the process.  Never log payloads of people.
 */
#ifndef LOG_H
#define LOG_H

#include <stdint.h>

void log_open(const char *process);

/* `fields` is a printf format of key=value pairs; put text in \"quotes\". */
__attribute__((format(printf, 2, 3))) void log_error(const char *event, const char *fields, ...);
__attribute__((format(printf, 2, 3))) void log_warn(const char *event, const char *fields, ...);
__attribute__((format(printf, 2, 3))) void log_info(const char *event, const char *fields, ...);
__attribute__((format(printf, 2, 3))) void log_debug(const char *event, const char *fields, ...);

/*
 * For a warning that can repeat: true for the first and then once a minute; *n counts
 * what was kept back and is the caller's to print and to reset.
 */
struct log_often {
	int64_t said_us;
	uint64_t n;
};
int log_often(struct log_often *often, int64_t now_us);

#endif
