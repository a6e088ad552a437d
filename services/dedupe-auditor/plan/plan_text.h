/*
 * plan_text - what writing and reading a plan file share
 */
#ifndef PLAN_TEXT_H
#define PLAN_TEXT_H

#include "services/dedupe-auditor/plan/plan_file.h"

#define PLAN_VERSION 1

void plan_seal(const char *text, size_t len, char seal[65]);
void plan_put_word(FILE *to, const char *text);

/* ---- reading */

struct reader {
	struct plan_file *file;
	const char *at;          /* of the line */
	int line;
	int sealed, in_block;
	char word[1000];         /* the last one taken */
	int is_none;             /* it was "-" */
};

/* 1 and reader->word, up to one of `stop`; 0 the line's end or its comment; -1. */
int plan_take(struct reader *reader, const char *stop, struct err *err);

/* What must be there, named `what`; NULL or MSG_NONE for "-". */
int plan_need(struct reader *reader, const char *what, const char **text, struct err *err);
int plan_need_number(struct reader *reader, const char *what, int64_t *n, struct err *err);
int plan_need_time(struct reader *reader, const char *what, int64_t *us, struct err *err);
int plan_need_word(struct reader *reader, const char *word, struct err *err);
int plan_at_end(struct reader *reader, struct err *err);

/* The rest of an entry's line, whose kind has been read: into the last block of the plan. */
int plan_entry(struct reader *reader, enum entry_kind kind, struct err *err);

int plan_check(const struct plan_file *file, struct err *err);     /* the lines together */

#endif
