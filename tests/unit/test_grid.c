/* Tables for people: aligned also when a name is no ASCII; no colour codes in a file. */
#include "services/ihht/grid.h"
#include "tests/unit/test.h"

TEST(columns_are_as_wide_as_their_widest_cell)
{
	struct grid *grid = grid_new("A|LONGER|C");
	char text[400] = "";
	FILE *to = fmemopen(text, sizeof(text) - 1, "w");
	int i;

	grid_add(grid, COLOUR_RED, "%s", "Oxymètre");
	grid_add(grid, COLOUR_PLAIN, "%d", 7);
	grid_add(grid, COLOUR_PLAIN, "x");
	for (i = 0; i < 3; i++)
		grid_add(grid, COLOUR_GREEN, "%d", i);
	grid_print(grid, to);
	fclose(to);
	is_str(text, "A         LONGER  C\n"
		     "Oxymètre  7       x\n"
		     "0         1       2\n");
	grid_free(&grid);
	ok(!grid, "freed");
}

int
main(void)
{
	RUN(columns_are_as_wide_as_their_widest_cell);
	return test_done();
}
