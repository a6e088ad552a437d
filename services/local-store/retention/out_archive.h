/*
 * out_archive - files of the archive: there whole, or not at all
 *
 * A file is written under another name, made durable, and then named: who finds it under its
 * name finds all of it, whatever was killed or lost power.
 */
#ifndef OUT_ARCHIVE_H
#define OUT_ARCHIVE_H

#include "proto/archive.h"

/* Over one of that name.  0: it is on disk. */
int archive_write(const char *folder, const char *name, const uint8_t *bytes, size_t len, struct err *err);

#endif
