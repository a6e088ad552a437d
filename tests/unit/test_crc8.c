/*
 * crc8: the check values of both, and the requests whose check byte is published.
 */
#include "services/ble-ingest/devices/crc8.h"
#include "tests/unit/test.h"

TEST(the_check_values_are_the_known_ones)
{
	is_int(crc8((const uint8_t *)"123456789", 9), 0xF4);
	is_int(crc8_maxim((const uint8_t *)"123456789", 9), 0xA1);
	is_int(crc8((const uint8_t *)"", 0), 0);
	is_int(crc8_maxim((const uint8_t *)"", 0), 0);
}

TEST(published_requests_have_their_check_byte)
{
	static const struct { const char *bytes; size_t len; } rows[] = {
		{"\xAA\x14\xEB\0\0\0\0\xC6", 8}, {"\xAA\x15\xEA\0\0\0\0\x8D", 8},
		{"\xAA\x17\xE8\0\0\0\0\x1B", 8}, {"\xAA\x1B\xE4\0\0\1\0\0\x5E", 9},
		{"\xAA\x04\xFB\0\0\0\0\x6A", 8}, {"\xAA\x04\xFB\1\0\0\0\x7C", 8},
		{"\xAA\x05\xFA\0\0\0\0\x21", 8}, {"\xA5\xE1\x1E\0\2\0\0\xBF", 8},
		{"\xAA\x03\xFC\0\0\x0F\0" "20240101223000\0\xEC", 23},
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(crc8((const uint8_t *)rows[i].bytes, rows[i].len - 1),
		       (uint8_t)rows[i].bytes[rows[i].len - 1]);
}

int
main(void)
{
	RUN(the_check_values_are_the_known_ones);
	RUN(published_requests_have_their_check_byte);
	return test_done();
}
