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
		if (strstr(row.extra, "upstream policy"))
			has_str(p.said, "value spo2=98 pulse=29");
		else
			is_str(p.said, strstr(row.extra, "expect=reject") ? "" : want);
		play_end(&p);
		n++;
	}
	fclose(f);
	ok(n >= 9, "%d rows", n);
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
	RUN(contec_is_told_to_begin_and_that_we_are_there);
	return test_done();
}
