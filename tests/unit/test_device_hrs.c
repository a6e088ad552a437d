/*
 * The Heart Rate Service: every vector, real sensors.
 */
#include "tests/unit/play.h"

TEST(every_vector_says_what_it_should)
{
	is_int(play_vectors("hrs", "hrs", NULL, 0, 0), 36);
}

TEST(payloads_of_real_sensors_say_what_their_source_saw)
{
	struct play_payload row;
	struct play p;
	char want[100];
	const char *rr;
	FILE *f = play_payloads("heart_rate_2a37");
	int n = 0;

	if (!f)
		SKIP("../shared/data is not here");
	while (play_payload(f, &row)) {
		play_begin(&p, "hrs", 0, 0);
		rr = strstr(row.extra, "rr_1024=");
		rr = rr ? rr + strlen("rr_1024=") : "";
		(void)snprintf(want, sizeof(want), "value pulse=%s%s%s%.*s", row.pulse,
			       strstr(row.extra, "contact=1")   ? " status=0x0"
			       : strstr(row.extra, "contact=0") ? " status=0x8000000" : "",
			       *rr ? " rr=" : "", (int)strcspn(rr, ";"), rr);
		is_str(play_hear(&p, 0, row.hex), want);
		play_end(&p);
		n++;
	}
	fclose(f);
	ok(n >= 11, "%d rows", n);
}

int
main(void)
{
	RUN(every_vector_says_what_it_should);
	RUN(payloads_of_real_sensors_say_what_their_source_saw);
	return test_done();
}
