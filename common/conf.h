/*
 * conf - the settings of one process out of the one ihht.conf
 *
 * The file is ZPL (rfc.zeromq.org/spec/4), read by czmq's zconfig:
 *
 *	local-store
 *	    database = "store.sqlite"
 *
 * A process describes its section in a table of struct conf_key.  conf_open() checks the
 * whole section against it: an unknown or wrong setting is an error that says what is
 * allowed.  After it has returned, the getters cannot fail.
 */
#ifndef CONF_H
#define CONF_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/err.h"

enum conf_kind {
	CONF_TEXT,    /* max bytes; min 1: not empty */
	CONF_NUMBER,  /* an integer from min to max */
	CONF_WORD,    /* one of `words`, "a|b|c" */
	CONF_PATH,    /* the same; relative to the folder of ihht.conf */
};

struct conf_key {
	const char *name;
	enum conf_kind kind;
	const char *fallback;  /* the default, checked like a given value */
	int64_t min, max;
	const char *words;
	const char *meaning;
};

struct conf;
struct conf *conf_open(const char *path, const char *section, const struct conf_key *keys,
		       size_t n_keys, struct err *err);
void conf_close(struct conf **conf);

const char *conf_text(const struct conf *conf, const char *name);  /* also WORD and PATH */
int64_t conf_number(const struct conf *conf, const char *name);

/* Any section, unchecked: NULL when it is not there. */
const char *conf_find(const struct conf *conf, const char *section, const char *name);

/* The n-th child's name of a section ("" is the top), NULL after the last. */
const char *conf_name_at(const struct conf *conf, const char *section, size_t n);

const char *conf_folder(const struct conf *conf);  /* of ihht.conf, absolute */

/* The table, for --help. */
void conf_help(FILE *to, const struct conf_key *keys, size_t n_keys);

#endif
