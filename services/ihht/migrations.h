/*
 * migrations - the numbered SQL files of a folder
 */
#ifndef MIGRATIONS_H
#define MIGRATIONS_H

#include <stddef.h>

#include "common/err.h"

struct migration {
	int version;
	char name[100];       /* the file's, without folder */
	char digest[65];      /* SHA-256 of its bytes, in hex */
	char *sql;
};

struct migrations {
	struct migration *items;  /* by version */
	size_t n;
};

/* -1 when the folder or a file cannot be read, when two have one number or none has any. */
int migrations_load(const char *folder, struct migrations *migrations, struct err *err);
void migrations_release(struct migrations *migrations);

#endif
