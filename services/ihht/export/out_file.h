/*
 * out_file - a file that is there whole or not at all
 *
 * It grows under a hidden name beside its own and gets its own when it is done.
 */
#ifndef OUT_FILE_H
#define OUT_FILE_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct out_file {
	char path[PATH_MAX], hidden[PATH_MAX + 32];
	int fd;             /* -1: not open */
	int is_standard;    /* path "-": standard output */
};

/* EEXIST: there is one already, and `force` is 0. */
int out_file_open(struct out_file *file, const char *path, int force, struct err *err);
int out_file_write(void *file, const void *bytes, size_t n, struct err *err);

/* On disk under its name; never over another file unless `force`. */
int out_file_done(struct out_file *file, int force, struct err *err);

/* Leaves nothing of one that is not done; one that was never opened is fine. */
void out_file_drop(struct out_file *file);

#endif
