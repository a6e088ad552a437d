/*
 * grid - a table for people: columns as wide as their widest cell
 *
 * Colour only on a terminal, and not when NO_COLOR is set.
 */
#ifndef GRID_H
#define GRID_H

#include <stdio.h>

enum colour { COLOUR_PLAIN, COLOUR_GREEN, COLOUR_YELLOW, COLOUR_RED, COLOUR_DIM };

struct grid;
struct grid *grid_new(const char *head);  /* "PROCESS|STATE|UP": the columns */
void grid_free(struct grid **grid);

/* The next cell; after the last column comes the next row. */
__attribute__((format(printf, 3, 4)))
void grid_add(struct grid *grid, enum colour colour, const char *format, ...);

void grid_print(const struct grid *grid, FILE *to);

/* Text with colour, for lines outside a grid. */
void grid_text(FILE *to, enum colour colour, const char *text);

#endif
