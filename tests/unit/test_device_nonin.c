/*
 * Nonin 3150 and 3230: every vector.
 */
#include "tests/unit/play.h"

TEST(nonin_says_what_it_should)
{
	is_int(play_vectors("nonin", "nonin", NULL, 0, 0), 18);
}

int
main(void)
{
	RUN(nonin_says_what_it_should);
	return test_done();
}
