/*
 * chain - lines that vouch for the ones before them
 *
 *	1 2026-11-23T09:00:00.000000Z started version=0.1.0 sha256=<64 hex digits>
 *	2 2026-11-23T09:00:01.000000Z compared sessions=3 different=0 sha256=...
 *
 * The digest is SHA-256 over the digest of the line before (64 zeros for the first), a newline,
 * and the line up to " sha256=".  Whoever changes, inserts or takes out a line has to make all
 * that follow anew, and then the last digest is not the one that others have heard.  Pure.
 */
#ifndef CHAIN_H
#define CHAIN_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define CHAIN_LINE 1200

struct chain {
	int64_t n;               /* lines so far */
	char hash[65];           /* of the last one */
};

void chain_init(struct chain *chain);

/* The next line, with its newline, into `line`.  What is not printable in text becomes '?';
 * text too long is cut. */
void chain_add(struct chain *chain, int64_t at_us, const char *what, const char *text,
	       char line[CHAIN_LINE]);

/* Is this, without its newline, the line that follows?  -1 and why not; *chain as before. */
int chain_check(struct chain *chain, const char *line, size_t len, struct err *err);

#endif
