/*
 * PC-60FW: every vector in every cut.
 */
#include "services/ble-ingest/devices/crc8.h"
#include "tests/unit/play.h"

TEST(pc60fw_says_what_it_should_however_it_is_cut)
{
	is_int(play_vectors("pc60fw", "pc60fw", NULL, 1, 0), 25);
}

TEST(every_flipped_bit_is_refused)
{
	uint8_t bytes[12];
	struct play p;
	size_t bit;

	is_int(play_hex("AA550F0801603E005000C0", bytes, sizeof(bytes)), 11);
	bytes[11] = crc8_maxim(bytes, 11);
	for (bit = 0; bit < 96; bit++) {
		play_begin(&p, "pc60fw", 0, 0);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		is_str(play_bytes(&p, 0, bytes, 12), "");
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		play_end(&p);
	}
}

int
main(void)
{
	RUN(pc60fw_says_what_it_should_however_it_is_cut);
	RUN(every_flipped_bit_is_refused);
	return test_done();
}
