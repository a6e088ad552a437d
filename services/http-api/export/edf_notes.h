/*
 * edf_notes - what an EDF+ file says in words: annotations, and the strings of its head
 *
 * An annotation is a TAL: onset from the start of the file, perhaps a duration, a text.
 * Source of the format: edfplus.info, "EDF+ specification", 2.2.
 */
#ifndef EDF_NOTES_H
#define EDF_NOTES_H

#include "services/http-api/export/tables.h"
#include "services/http-api/export/thrift.h"

#define EDF_NOTE       480      /* bytes of a text at most: readers cut longer ones */
#define EDF_TAL        (EDF_NOTE + 64)
#define EDF_NOTES_MOST 20000

struct edf_notes {
	struct note {
		int64_t at_us, duration_us;  /* duration < 0: none */
		size_t text, len;            /* where in `texts` */
	} *notes;
	size_t n, room, next;
	struct bytes texts;
	int n_left_out;                      /* there were too many */
};

void edf_notes_release(struct edf_notes *notes);

void edf_note(struct edf_notes *notes, int64_t at_us, int64_t duration_us, const char *text);

/* "survey kind=intra clarity=4 ...", at the row's own time, for its own length. */
void edf_note_row(struct edf_notes *notes, const struct table *table,
		  const struct session *session, const void *row);

/* In order of time from here on.  Gives how many bytes their TALs take at most, and the
 * longest in *longest. */
size_t edf_notes_sort(struct edf_notes *notes, size_t *longest);

/* The next one's TAL, 0 after the last; it stays the next one until edf_notes_take(). */
size_t edf_notes_next(const struct edf_notes *notes, int64_t start_us, char tal[EDF_TAL]);
void edf_notes_take(struct edf_notes *notes);

/* Printable ASCII without a space, at most `most` bytes; "X" when nothing is left. */
void edf_ascii(const char *text, size_t most, char *out);

#endif
