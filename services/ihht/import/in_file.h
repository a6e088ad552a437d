/*
 * in_file - a person's file, read whole: .vld or CSV, told apart by what is in it
 */
#ifndef IN_FILE_H
#define IN_FILE_H

#include "services/ihht/import/recorded.h"
#include "services/ihht/import/stamp.h"

/* Into an empty *recorded, rows placed in time.  -1: what is wrong, without the path. */
int in_file_read(const char *path, enum stamp_order order, struct recorded *recorded,
		 struct err *err);

#endif
