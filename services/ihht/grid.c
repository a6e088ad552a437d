#include "services/ihht/grid.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"

#define MAX_COLUMNS 12

struct grid {
	size_t n_columns, n_cells;
	struct cell {
		char *text;
		enum colour colour;
	} *cells;
};

static const char *
code_of(FILE *to, enum colour colour)
{
	static const char *const codes[] = {[COLOUR_PLAIN] = "", [COLOUR_GREEN] = "\033[32m",
					    [COLOUR_YELLOW] = "\033[33m", [COLOUR_RED] = "\033[31m",
					    [COLOUR_DIM] = "\033[2m"};
	const char *no = getenv("NO_COLOR");

	return isatty(fileno(to)) && !(no && *no) ? codes[colour] : "";
}

void
grid_text(FILE *to, enum colour colour, const char *text)
{
	const char *code = code_of(to, colour);

	fprintf(to, "%s%s%s", code, text, *code ? "\033[0m" : "");
}

static void
add(struct grid *grid, enum colour colour, char *text)
{
	if (grid->n_cells % 64 == 0)
		grid->cells = realloc(grid->cells, (grid->n_cells + 64) * sizeof(*grid->cells));
	ASSERT(grid->cells && text);
	grid->cells[grid->n_cells++] = (struct cell){text, colour};
}

struct grid *
grid_new(const char *head)
{
	struct grid *grid = calloc(1, sizeof(*grid));
	size_t len;

	ASSERT(grid);
	for (;; head += len + 1) {
		len = strcspn(head, "|");
		add(grid, COLOUR_DIM, strndup(head, len));
		grid->n_columns++;
		if (!head[len])
			break;
	}
	ASSERT(grid->n_columns <= MAX_COLUMNS);
	return grid;
}

void
grid_free(struct grid **grid)
{
	size_t i;

	if (!*grid)
		return;
	for (i = 0; i < (*grid)->n_cells; i++)
		free((*grid)->cells[i].text);
	free((*grid)->cells);
	free(*grid);
	*grid = NULL;
}

void
grid_add(struct grid *grid, enum colour colour, const char *format, ...)
{
	char *text;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	add(grid, colour, text);
}

/* Characters, not bytes: a person's device may be called "Oxymètre". */
static int
width(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

void
grid_print(const struct grid *grid, FILE *to)
{
	int widest[MAX_COLUMNS] = {0}, w;
	size_t i, column;

	for (i = 0; i < grid->n_cells; i++)
		if ((w = width(grid->cells[i].text)) > widest[i % grid->n_columns])
			widest[i % grid->n_columns] = w;
	for (i = 0; i < grid->n_cells; i++) {
		column = i % grid->n_columns;
		grid_text(to, grid->cells[i].colour, grid->cells[i].text);
		if (column + 1 == grid->n_columns)
			fputc('\n', to);
		else
			fprintf(to, "%*s", widest[column] - width(grid->cells[i].text) + 2, "");
	}
}
