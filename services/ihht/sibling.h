/*
 * sibling - the other programs of ours, which lie in the same folder
 */
#ifndef SIBLING_H
#define SIBLING_H

#include <limits.h>
#include <stddef.h>

#include "common/err.h"

/* Where it would be; -1 when /proc does not say. */
int sibling_path(const char *name, char path[PATH_MAX], struct err *err);

#endif
