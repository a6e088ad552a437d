/*
 * sfloat: each vector, each special word and what stands beside it, and every word there is.
 */
#include "services/ble-ingest/devices/sfloat.h"
#include "tests/unit/test.h"

TEST(every_word_has_its_value)
{
	static const struct { unsigned word; double value; } rows[] = {
		{0x0000, 0}, {0x0002, 2}, {0xF014, 2.0}, {0xE0C8, 2.00}, {0x1002, 20}, {0xFFFF, -0.1},
		{0x8062, 98e-8}, {0x8048, 72e-8}, {0x0061, 97}, {0xF3E8, 100}, {0xF384, 90},
		{0x07FD, 2045}, {0x0803, -2045}, {0x0FFF, -1}, {0x1800, -20480}, {0x17FF, 20470},
		{0x7001, 10000000}, {0x77FF, 20470000000}, {0x8001, 1e-8}, {0xF057, 8.7}, {0xE37A, 8.9},
		{0xF801, -204.7}, {0xF7FF, 204.7}, {0xF800, -204.8}, {0xF7FE, 204.6},
		{0x07FF, NAN}, {0x0800, NAN}, {0x07FE, NAN}, {0x0802, NAN}, {0x0801, NAN},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_real(sfloat_value((uint16_t)rows[i].word), rows[i].value);
}

TEST(five_words_are_none_and_all_others_are_numbers)
{
	unsigned word, none = 0;

	for (word = 0; word <= 0xffff; word++)
		none += isnan(sfloat_value((uint16_t)word)) != 0;
	is_int(none, 5);
}

int
main(void)
{
	RUN(every_word_has_its_value);
	RUN(five_words_are_none_and_all_others_are_numbers);
	return test_done();
}
