#include "services/dedupe-auditor/plan/plan_file.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "services/dedupe-auditor/plan/plan_text.h"
#include "services/dedupe-auditor/rules/texts.h"

/* ---- the struct */

static void *
more(void *items, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return items;
	*room = *room ? *room * 2 : 64;
	items = reallocarray(items, *room, size);
	ASSERT(items);
	return items;
}

const char *
plan_file_text(struct plan_file *file, const char *text)
{
	if (!file->plan.texts)
		file->plan.texts = texts_new();
	return texts_once(file->plan.texts, text);
}

void
plan_file_block(struct plan_file *file, const char *session, const char *user_id,
		int64_t start_us)
{
	file->blocks = more(file->blocks, file->n_blocks, &file->room_blocks, sizeof(*file->blocks));
	file->blocks[file->n_blocks++] = (struct plan_block){
		.session = plan_file_text(file, session),
		.user_id = plan_file_text(file, user_id),
		.start_us = start_us,
		.entry = file->plan.n,
		.saw = file->n_saw,
	};
}

void
plan_file_saw(struct plan_file *file, const char *id, const char *digest)
{
	ASSERT(file->n_blocks);
	file->saw = more(file->saw, file->n_saw, &file->room_saw, sizeof(*file->saw));
	file->saw[file->n_saw++] = (struct plan_saw){
		.id = plan_file_text(file, id),
		.digest = plan_file_text(file, digest),
	};
	file->blocks[file->n_blocks - 1].n_saw++;
}

struct entry *
plan_file_entry(struct plan_file *file)
{
	struct plan *plan = &file->plan;

	(void)plan_file_text(file, NULL);
	plan->entries = more(plan->entries, plan->n, &plan->room, sizeof(*plan->entries));
	plan->entries[plan->n] = (struct entry){0};
	return &plan->entries[plan->n++];
}

void
plan_file_clear(struct plan_file *file)
{
	plan_clear(&file->plan);
	free(file->blocks);
	free(file->saw);
	*file = (struct plan_file){0};
}

/* ---- words */

void
plan_seal(const char *text, size_t len, char seal[65])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned n, i;

	ASSERT(EVP_Digest(text, len, hash, &n, EVP_sha256(), NULL) == 1 && n == 32);
	for (i = 0; i < n; i++)
		(void)snprintf(seal + 2 * i, 3, "%02x", hash[i]);
}

static int
is_plain(const char *text)
{
	const char *p;

	for (p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_.-", *p))
			return 0;
	return p > text && strcmp(text, "-") != 0;
}

/* A word; one with other characters as JSON string, none as "-". */
void
plan_put_word(FILE *to, const char *text)
{
	if (!text) {
		(void)fputc('-', to);
		return;
	}
	if (is_plain(text)) {
		(void)fputs(text, to);
		return;
	}
	(void)fputc('"', to);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			(void)fputc('\\', to);
		if ((unsigned char)*text < ' ')
			(void)fprintf(to, "\\u%04x", (unsigned char)*text);
		else
			(void)fputc(*text, to);
	}
	(void)fputc('"', to);
}

/* ---- writing */

static void
put_head(const struct plan_head *head, FILE *to)
{
	char at[CLOCK_TEXT];
	int i;

	(void)fprintf(to, "ihht migration plan %d\nid %s\nmade %s\ndatabase ", PLAN_VERSION, head->id,
		      clock_text(head->made_us, at));
	plan_put_word(to, head->database);
	(void)fprintf(to, " %s ", head->identity);
	plan_put_word(to, head->schema);
	(void)fputc('\n', to);
	for (i = 0; i < head->n_phones; i++) {
		(void)fprintf(to, "phone %d ", i + 1);
		plan_put_word(to, head->phones[i].path);
		(void)fprintf(to, " %s ", head->phones[i].sha256);
		plan_put_word(to, head->phones[i].device_id);
		(void)fputc('\n', to);
	}
	for (i = 0; i < head->n_tables; i++) {
		(void)fprintf(to, "table ");
		plan_put_word(to, head->tables[i].name);
		(void)fprintf(to, " %lld %lld %s ", (long long)head->tables[i].before,
			      (long long)head->tables[i].after, head->tables[i].digest);
		plan_put_word(to, head->tables[i].upto);
		(void)fputc('\n', to);
	}
}

static void
put_settled(const struct settled *s, FILE *to)
{
	char at[CLOCK_TEXT];

	if (s->which & SETTLE_STATUS)
		(void)fprintf(to, " status=%s", words_session_status.texts[s->status]);
	if (s->which & SETTLE_START)
		(void)fprintf(to, " start_time=%s", s->start_us == MSG_NONE
							    ? "-" : clock_text(s->start_us, at));
	if (s->which & SETTLE_END)
		(void)fprintf(to, " end_time=%s", s->end_us == MSG_NONE
							  ? "-" : clock_text(s->end_us, at));
	if (s->which & SETTLE_USER) {
		(void)fputs(" user_id=", to);
		plan_put_word(to, s->user_id);
	}
	if (s->which & SETTLE_LOCAL) {
		(void)fputs(" local_session_id=", to);
		plan_put_word(to, s->local_id);
	}
}

static void
put_entry(const struct entry *e, FILE *to)
{
	/* these are about the session of their block */
	int is_own = e->kind == ENTRY_SETTLE || e->kind == ENTRY_RECOMPUTE ||
		     (e->kind == ENTRY_FOLD && e->table == LEGACY_READINGS);
	int source;
	size_t i;

	(void)fprintf(to, e->kind == ENTRY_LEAVE ? "left " : "  %s ", entry_kind_text(e->kind));
	plan_put_word(to, e->rule);
	if (e->kind == ENTRY_LEAVE) {
		(void)fputc(' ', to);
		plan_put_word(to, e->session);
	}
	if (e->kind == ENTRY_ADOPT || e->kind == ENTRY_FOLD || e->kind == ENTRY_LEAVE)
		(void)fprintf(to, " %s", legacy_table_name(e->table));
	for (i = 0; !is_own && i < e->n_members; i++) {
		(void)fputc(' ', to);
		if (e->kind == ENTRY_FOLD && e->table != LEGACY_READINGS && i == e->keep)
			(void)fputc('+', to);
		source = e->sources ? e->sources[i] : e->source;
		if (source != LEGACY_CLOUD)
			(void)fprintf(to, "%d:", source);
		plan_put_word(to, e->members[i]);
	}
	put_settled(&e->settled, to);
	if (e->why && *e->why)
		(void)fprintf(to, "  # %s", e->why);
	(void)fputc('\n', to);
}

static void
put_block(const struct plan_file *file, const struct plan_block *b, FILE *to)
{
	char at[CLOCK_TEXT];
	size_t i;

	(void)fputs("\nsession ", to);
	plan_put_word(to, b->session);
	(void)fputs(" user ", to);
	plan_put_word(to, b->user_id);
	(void)fprintf(to, " start %s\n", b->start_us == MSG_NONE ? "-" : clock_text(b->start_us, at));
	for (i = b->saw; i < b->saw + b->n_saw; i++) {
		(void)fputs("  saw ", to);
		plan_put_word(to, file->saw[i].id);
		(void)fputc(' ', to);
		plan_put_word(to, file->saw[i].digest);
		(void)fputc('\n', to);
	}
	for (i = b->entry; i < b->entry + b->n_entries; i++)
		put_entry(&file->plan.entries[i], to);
}

int
plan_file_write(const struct plan_file *file, FILE *to)
{
	char *head = NULL, seal[65];
	size_t size, i;
	FILE *mem = open_memstream(&head, &size);

	ASSERT(mem);
	put_head(&file->head, mem);
	ASSERT(fclose(mem) == 0);
	plan_seal(head, size, seal);
	(void)fprintf(to, "%sseal %s\n\n", head, seal);
	(void)fputs("# Lines, ids of a line, or whole sessions may be taken out below.  What is\n"
		    "# taken out is not done.\n", to);
	free(head);
	for (i = 0; i < file->n_blocks; i++)
		put_block(file, &file->blocks[i], to);
	(void)fputc('\n', to);
	for (i = 0; i < file->plan.n; i++)
		if (file->plan.entries[i].kind == ENTRY_LEAVE)
			put_entry(&file->plan.entries[i], to);
	return fflush(to) || ferror(to) ? -1 : 0;
}
