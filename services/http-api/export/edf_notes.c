#include "services/http-api/export/edf_notes.h"

#include <stdio.h>
#include <stdlib.h>

#include "services/http-api/export/sink.h"

#define TIMES 48  /* bytes of a TAL besides its text, at most */

void
edf_notes_release(struct edf_notes *notes)
{
	bytes_release(&notes->texts);
	free(notes->notes);
	notes->notes = NULL;
}

/* Whole characters, without those that mean something to EDF+. */
static size_t
clean_text(char out[EDF_NOTE], const char *text)
{
	size_t n = 0, len;

	for (; *text && n < EDF_NOTE - 4; text += len ? len : 1) {
		len = sink_utf8(text);
		if (!len || (unsigned char)*text < 0x20 || *text == 0x7f) {
			out[n++] = ' ';
		} else {
			memcpy(out + n, text, len);
			n += len;
		}
	}
	return n;
}

void
edf_note(struct edf_notes *notes, int64_t at_us, int64_t duration_us, const char *text)
{
	struct note *note;
	char clean[EDF_NOTE];

	if (notes->n == EDF_NOTES_MOST) {
		notes->n_left_out++;
		return;
	}
	if (notes->n == notes->room) {
		notes->room = notes->room ? notes->room * 2 : 64;
		notes->notes = realloc(notes->notes, notes->room * sizeof(*notes->notes));
		ASSERT(notes->notes);
	}
	note = &notes->notes[notes->n++];
	*note = (struct note){at_us, duration_us, notes->texts.n, clean_text(clean, text)};
	bytes_add(&notes->texts, clean, note->len);
}

/* ---- rows */

static void
add_cell(char *text, size_t size, const struct column *c, const struct cell *cell)
{
	size_t n = strlen(text);
	char set[TABLE_SET];

	n += (size_t)snprintf(text + n, size - n, " %s=", c->name);
	if (n >= size)
		return;
	if (cell->kind == CELL_REAL)
		(void)snprintf(text + n, size - n, "%.10g", cell->real);
	else if (cell->kind == CELL_SET)
		(void)snprintf(text + n, size - n, "%s", table_set(c, cell->number, set));
	else if (cell->kind == CELL_TEXT)
		(void)snprintf(text + n, size - n, "%s", cell->text);
	else
		(void)snprintf(text + n, size - n, "%lld", (long long)cell->number);
}

/* The first time of a row is when it was, a second one its end. */
void
edf_note_row(struct edf_notes *notes, const struct table *table, const struct session *session,
	     const void *row)
{
	int64_t from = MSG_NONE, to = MSG_NONE;
	const struct column *c;
	char text[3000];
	struct cell cell;

	(void)snprintf(text, sizeof(text), "%s", table->message->name);
	for (c = table->columns; c < table->columns + table->n_columns; c++) {
		cell = table_cell(c, session, row);
		if (c->of_session || cell.kind == CELL_NONE)
			continue;
		if (cell.kind != CELL_TIME)
			add_cell(text, sizeof(text), c, &cell);
		else if (from == MSG_NONE)
			from = cell.number;
		else
			to = cell.number;
	}
	if (from == MSG_NONE)
		from = session->start_us;
	edf_note(notes, from, to < from ? -1 : to - from, text);
}

/* ---- TALs */

static int
by_time(const void *one, const void *other)
{
	const struct note *a = one, *b = other;

	if (a->at_us != b->at_us)
		return a->at_us < b->at_us ? -1 : 1;
	return a->text < b->text ? -1 : a->text > b->text;
}

size_t
edf_notes_sort(struct edf_notes *notes, size_t *longest)
{
	size_t i;

	if (notes->n)
		qsort(notes->notes, notes->n, sizeof(*notes->notes), by_time);
	for (*longest = i = 0; i < notes->n; i++)
		*longest = notes->notes[i].len + TIMES > *longest ? notes->notes[i].len + TIMES : *longest;
	return notes->texts.n + notes->n * TIMES;
}

/* "+12.5": digits only where they say something. */
static size_t
put_seconds(char *out, int64_t us, const char *sign)
{
	uint64_t u = us < 0 ? 0 - (uint64_t)us : (uint64_t)us;
	size_t n = (size_t)sprintf(out, "%s%llu.%06llu", us < 0 ? "-" : sign,
				   (unsigned long long)(u / 1000000), (unsigned long long)(u % 1000000));

	while (out[n - 1] == '0')
		n--;
	return out[n - 1] == '.' ? n - 1 : n;
}

size_t
edf_notes_next(const struct edf_notes *notes, int64_t start_us, char tal[EDF_TAL])
{
	const struct note *note = &notes->notes[notes->next];
	size_t n;

	if (notes->next == notes->n)
		return 0;
	n = put_seconds(tal, note->at_us - start_us, "+");
	if (note->duration_us >= 0) {
		tal[n++] = 0x15;
		n += put_seconds(tal + n, note->duration_us, "");
	}
	tal[n++] = 0x14;
	memcpy(tal + n, notes->texts.at + note->text, note->len);
	n += note->len;
	tal[n++] = 0x14;
	tal[n++] = 0;
	return n;
}

void
edf_notes_take(struct edf_notes *notes)
{
	notes->next++;
}

void
edf_ascii(const char *text, size_t most, char *out)
{
	size_t n = 0;

	for (; *text && n < most; text++)
		if ((*text & 0xc0) != 0x80)  /* one for a character of several bytes */
			out[n++] = *text > ' ' && *text < 0x7f ? *text : '_';
	out[n] = 0;
	if (!n)
		(void)sprintf(out, "X");
}
