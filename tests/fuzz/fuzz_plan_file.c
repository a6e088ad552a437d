/* A plan that people edit: what is read, is written, and reads the same again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/dedupe-auditor/plan/plan_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
reads(const char *text, size_t n, struct plan_file *file)
{
	FILE *from = n ? fmemopen((void *)text, n, "r") : NULL;
	struct err err;
	int r = from ? plan_file_read(file, from, &err) : -1;

	if (from)
		(void)fclose(from);
	return r;
}

/* The head's seal is of its text: the fuzzer edits what is below. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan_file file = {.head = {.id = "0f5e1c5e-2f0b-4f6e-9d0f-3b0b6a0e7c11", .made_us = 1,
					  .database = "d", .identity = "i", .schema = "s"}}, again = {0};
	char *text = NULL, *written = NULL;
	size_t n, n_written;
	FILE *to = open_memstream(&text, &n);

	file.head.phones[file.head.n_phones++] = (struct plan_phone){"p", "7", "d"};
	(void)plan_file_write(&file, to);
	(void)fwrite(data, 1, size, to);
	(void)fclose(to);
	file = (struct plan_file){0};
	if (reads(text, n, &file) == 0) {
		to = open_memstream(&written, &n_written);
		ASSERT(plan_file_write(&file, to) == 0);
		(void)fclose(to);
		ASSERT(reads(written, n_written, &again) == 0);
		ASSERT(again.plan.n == file.plan.n && again.n_blocks == file.n_blocks &&
		       again.n_saw == file.n_saw);
		plan_file_clear(&again);
		free(written);
	}
	plan_file_clear(&file);
	free(text);
	return 0;
}
