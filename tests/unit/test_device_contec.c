/*
 * Contec and EMAY: every vector in every cut, and what the device needs to go on.
 */
#include "tests/unit/play.h"

TEST(contec_says_what_it_should_however_it_is_cut)
{
	is_int(play_vectors("contec", "contec", NULL, 1, 0), 22);
}

TEST(payloads_of_contec_devices_say_what_their_source_saw)
{
	struct play_payload row;
	struct play p;
	char want[100];
	FILE *f = play_payloads("contec_emay_ff02");
	unsigned pulse, spo2;
	int n = 0;

	if (!f)
		SKIP("../shared/data is not here");
	while (play_payload(f, &row)) {
		if (strstr(row.extra, "host_to_device"))
			continue;
		play_begin(&p, "contec", 0, 0);
		(void)play_hear(&p, 0, row.hex);
		(void)snprintf(want, sizeof(want), "value%s%s%s%s", *row.spo2 ? " spo2=" : "",
			       row.spo2, *row.pulse ? " pulse=" : "", row.pulse);
		/* what that project refuses by its own policy is a value: low is signal */
		if (strstr(row.extra, "upstream policy") &&
		    ok(sscanf(row.hex, "eb0105%2x%2x", &pulse, &spo2) == 2, "%s", row.hex))
			(void)snprintf(want, sizeof(want), "value spo2=%u pulse=%u", spo2, pulse);
		else if (strstr(row.extra, "expect=reject"))
			want[0] = '\0';
		is_str(p.said, want);
		play_end(&p);
		n++;
	}
	fclose(f);
	ok(n >= 9, "%d rows", n);
}

/* Its check byte has 7 bits: bit 7 of a figure is in no sum, and a pulse above 127 is one. */
TEST(every_flipped_bit_is_refused_but_the_highest_of_pulse_and_spo2)
{
	uint8_t bytes[8];
	struct play p;
	size_t bit;

	is_int(play_hex("EB0105475D7F0014", bytes, sizeof(bytes)), 8);
	for (bit = 0; bit < 64; bit++) {
		play_begin(&p, "contec", 0, 0);
		p.said[0] = '\0';
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)play_bytes(&p, 0, bytes, 8);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (bit == 3 * 8 + 7)
			is_str(p.said, "value spo2=93 pulse=199");
		else if (bit == 4 * 8 + 7)
			is_str(p.said, "value out_of_range");
		else
			ok(!strstr(p.said, "value"), "bit %zu: %s", bit, p.said);
		p.said[0] = '\0';
		has_str(play_bytes(&p, 0, bytes, 8), "value spo2=93 pulse=71");
		play_end(&p);
	}
}

TEST(contec_is_told_to_begin_and_that_we_are_there)
{
	struct play p;

	play_begin(&p, "contec", 0, 0);
	is_str(p.said, "write 1 8909, write 1 8e0513, write 1 9b011c, write 1 8606");
	is_int(p.kind->wait_us(p.state, &p.now), 1500000);
	is_str(play_wait(&p, 1499999), "");
	is_str(play_wait(&p, 1), "write 1 9a1a");
	is_str(play_wait(&p, 1500000), "write 1 9a1a");
	play_end(&p);
}

int
main(void)
{
	RUN(contec_says_what_it_should_however_it_is_cut);
	RUN(payloads_of_contec_devices_say_what_their_source_saw);
	RUN(every_flipped_bit_is_refused_but_the_highest_of_pulse_and_spo2);
	RUN(contec_is_told_to_begin_and_that_we_are_there);
	return test_done();
}
