/*
 * options - what the user of zmq-sniffer asks for
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "proto/link.h"
#include "services/zmq-sniffer/filter.h"

#define OPTIONS_TOPICS 16

struct options {
	const char *config;               /* NULL: as every process finds it */
	const char *topics[OPTIONS_TOPICS];
	size_t n_topics;                  /* 0: everything */
	const char *links;                /* "live,news"; NULL: all that can carry the topics */
	struct filter filter;
	const char *record;               /* keep `raw` in this file instead of showing it */
	int json, only_check, help, version;
	int64_t count;                    /* messages to show, 0: no end */
	double seconds;                   /* to listen, 0: no end */
};

/* -1 and what would be right. */
int options_read(struct options *options, int argc, char **argv, struct err *err);

/* 1 when messages of these topics can come over this PUB link, and it is asked for. */
int options_want(const struct options *options, const struct link_row *row);

/* 1 when every message of a kind is seen, so that a missing one is really missing. */
int options_see_holes(const struct options *options);

#endif
