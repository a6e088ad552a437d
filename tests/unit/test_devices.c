/*
 * The list of kinds: who is found for an advertisement, and what holds for all of them.
 */
#include "tests/unit/play.h"

#define PLX    GATT_UUID("1822")
#define HEART  GATT_UUID("180d")
#define VIATOM "14839ac4-7d7e-415c-9a42-167340cf2339"
#define OXYII  "e8fb0001-a14b-98f9-831b-4e2941d01248"
#define BERRY  "49535343-fe7d-4ae5-8fa9-9fafd205e455"
#define NONIN  "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"
#define UART   "6e400001-b5a3-f393-e0a9-e50e24dcca9e"
#define CONTEC GATT_UUID("ff12")

/* "kind fit, kind fit": the best first. */
TEST(the_best_kind_is_found_and_then_the_others)
{
	static const struct {
		const char *name, *services[3];
		int maker;
		const char *found;
	} rows[] = {
		{"", {PLX}, -1, "plx 3"},
		{"Anything", {PLX, HEART}, -1, "plx 3, hrs 2"},
		{"Polar H10", {HEART}, -1, "hrs 2"},
		{"Nonin3230_501234", {NULL}, -1, "nonin 4"},
		{"Nonin3230_501234", {PLX, NONIN}, -1, "nonin 4, plx 3"},
		{"Nonin3150_501234", {NULL}, -1, "nonin 4"},
		{"O2Ring 1234", {NULL}, -1, "viatom 3"},
		{"O2Ring S 0541", {NULL}, 0xf34e, "oxyii 4, viatom 3"},
		{"S8-AW 0541", {NULL}, -1, "oxyii 4"},
		{"T8520_e85a", {NULL}, 0x36f, "oxyii 4, viatom 1"},
		{"", {OXYII}, -1, "oxyii 4"},
		{"", {NULL}, 0xf34e, "oxyii 4"},
		{"", {VIATOM}, -1, "viatom 1"},
		{"BerryMed", {NULL}, -1, "berry 3"},
		{"BM1000C", {NULL}, -1, "berry 3"},
		{"Treadmill", {BERRY}, -1, "berry 1"},
		{"PC-60F_SN012345", {NULL}, -1, "pc60fw 3"},
		{"Gadget", {UART}, -1, "pc60fw 1"},
		{"SleepO2", {CONTEC}, -1, "contec 4, viatom 3"},
		{"SpO208", {NULL}, -1, "contec 3"},
		{"Lamp", {CONTEC}, -1, "contec 1"},
		{"berrymed", {"49535343-FE7D-4AE5-8FA9-9FAFD205E455"}, -1, "berry 3"},
		{"", {NULL}, -1, ""},
		{"Headphones", {GATT_UUID("110b")}, 0x4c, ""},
	};
	const struct device_kind *kind;
	enum device_fit fit;
	char found[200];
	unsigned n;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct advertised seen = {rows[i].name, rows[i].services, 0, rows[i].maker};

		while (seen.n_services < 3 && rows[i].services[seen.n_services])
			seen.n_services++;
		found[0] = '\0';
		for (n = 0; (kind = device_find(&seen, n, &fit)); n++)
			(void)snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%s %d",
				       n ? ", " : "", kind->name, (int)fit);
		ok(!strcmp(found, rows[i].found), "row %zu (%s): %s, not %s", i, rows[i].name, found,
		   rows[i].found);
	}
}

TEST(every_kind_says_what_it_is)
{
	const struct device_kind *kind;
	const char *last = "";
	unsigned i, j, hears;

	for (i = 0; (kind = device_at(i)); i++) {
		ok(strcmp(last, kind->name) < 0, "%s after %s", kind->name, last);
		last = kind->name;
		ok(device_by_name(kind->name) == kind && strlen(kind->name) <= 32 && kind->is[0]);
		ok(kind->n_ports > 0 && kind->n_ports <= DEVICE_MOST_PORTS, "%s", kind->name);
		ok(kind->fits && kind->begin && kind->heard && kind->next && kind->state_bytes);
		for (hears = j = 0; j < kind->n_ports; j++) {
			is_int(strlen(kind->ports[j].uuid), 36);
			is_int(strlen(kind->ports[j].service), 36);
			is_int(strcspn(kind->ports[j].uuid, "ABCDEF"), 36);
			is_int(strcspn(kind->ports[j].service, "ABCDEF"), 36);
			hears |= kind->ports[j].use & PORT_HEAR;
		}
		ok(hears, "%s", kind->name);
	}
	ok(i >= 8, "%u kinds", i);
	ok(!device_by_name("") && !device_by_name("xyz") && !device_by_name("PLX"));
}

TEST(what_says_nothing_is_a_stranger_after_a_while)
{
	static const char *const kinds[] = {"pc60fw", "contec", "berry"};
	static const char *const frames[] = {"AA55F0030303F6", "EB0105475D7F0014", "8732054862"};
	struct play p;
	size_t i;

	for (i = 0; i < 3; i++) {
		play_begin(&p, kinds[i], 0, 0);
		p.quiet_writes = 1;
		is_str(play_wait(&p, 15 * CLOCK_SECOND - 1), "");
		is_str(play_wait(&p, 1), "stranger");
		is_str(play_wait(&p, 100 * CLOCK_SECOND), "");
		play_end(&p);
		play_begin(&p, kinds[i], 0, 0);
		p.quiet_writes = 1;
		(void)play_hear(&p, 0, frames[i]);
		ok(!strstr(play_wait(&p, 100 * CLOCK_SECOND), "stranger"), "%s", kinds[i]);
		play_end(&p);
		play_begin(&p, kinds[i], 1, 0);
		has_str(p.said, "stranger");
		play_end(&p);
	}
}

TEST(a_device_without_a_port_that_is_needed_is_a_stranger)
{
	const struct device_kind *kind;
	struct play p;
	unsigned i, j;

	for (i = 0; (kind = device_at(i)); i++)
		for (j = 0; j < kind->n_ports; j++) {
			play_begin(&p, kind->name, 1u << j, 0);
			ok(!strstr(p.said, "stranger") == !(kind->ports[j].use & PORT_NEEDED),
			   "%s without port %u: %s", kind->name, j, p.said);
			play_end(&p);
		}
}

/* Each that offers them: battery and maker, by whatever place they have among its ports. */
TEST(battery_and_maker_are_heard_of_every_kind_that_offers_them)
{
	const struct device_kind *kind;
	struct play p;
	unsigned i, j, n = 0;

	for (i = 0; (kind = device_at(i)); i++)
		for (j = 0; j < kind->n_ports; j++) {
			play_begin(&p, kind->name, 0, 0);
			if (!strcmp(kind->ports[j].uuid, GATT_UUID("2a19")) && ++n)
				is_str(play_hear(&p, j, "32"), "battery 50");
			if (!strcmp(kind->ports[j].uuid, GATT_UUID("2a29")) && ++n)
				is_str(play_hear(&p, j, "4142"), "about maker=AB");
			if (!strcmp(kind->ports[j].uuid, GATT_UUID("2a26")) && ++n)
				is_str(play_hear(&p, j, "4142"), "about firmware=AB");
			play_end(&p);
		}
	ok(n >= 15, "%u", n);
}

/* Whatever is said on whatever port, cut to any length: it ends, and keeps its limits (play.h
 * checks both). */
TEST(no_bytes_break_a_kind)
{
	uint8_t bytes[DEVICE_MOST_BYTES];
	const struct device_kind *kind;
	unsigned i, port, n, seed = 1;
	struct play p;
	size_t len, b;

	for (i = 0; (kind = device_at(i)); i++) {
		play_begin(&p, kind->name, 0, 0);
		for (n = 0; n < 3000; n++) {
			seed = seed * 1103515245 + 12345;
			port = seed >> 16;
			len = n % 3 ? (seed >> 8) % 24 : (seed >> 8) % (DEVICE_MOST_BYTES + 1);
			for (b = 0; b < len; b++)
				bytes[b] = (uint8_t)((seed = seed * 1103515245 + 12345) >> 16);
			p.said[0] = '\0';
			(void)play_bytes(&p, port % kind->n_ports, bytes, len);
			if (n % 7 == 0)
				(void)play_wait(&p, (seed >> 8) % 2000000);
			if (n % 100 == 0 && kind->recall)
				(void)play_recall(&p, PLAY_UTC_US - seed, p.now.utc_us);
		}
		play_end(&p);
	}
}

TEST(bytes_that_nobody_pulls_are_bounded)
{
	static const uint8_t leads[] = {0x55, 0xa5, 0xaa, 0xeb, 0x87, 0xff, 0};
	uint8_t bytes[DEVICE_MOST_BYTES];
	const struct device_kind *kind;
	unsigned i, j, n;
	struct play p;

	for (i = 0; (kind = device_at(i)); i++)
		for (j = 0; j < sizeof(leads); j++) {
			play_begin(&p, kind->name, 0, 0);
			memset(bytes, leads[j], sizeof(bytes));
			for (n = 0; n < 20 * kind->n_ports; n++)
				kind->heard(p.state, n % kind->n_ports, bytes, sizeof(bytes), &p.now);
			(void)play_pull(&p);
			play_end(&p);
		}
}

/* Each at its own time: nobody pulls, and what is kept stays bounded. */
TEST(a_kind_that_is_not_pulled_keeps_the_newest)
{
	struct device_said said;
	struct play p;
	int i, n = 0;
	uint8_t bytes[] = {0, 0, 0, 72, 0};

	play_begin(&p, "plx", 0, 0);
	for (i = 0; i < 100; i++) {
		bytes[1] = (uint8_t)i;
		p.kind->heard(p.state, 0, bytes, sizeof(bytes), &p.now);
	}
	while (p.kind->next(p.state, &p.now, &said) > 0)
		is_real(said.sample.spo2, 88 + n++);
	is_int(n, 12);
	play_end(&p);
}

int
main(void)
{
	RUN(the_best_kind_is_found_and_then_the_others);
	RUN(every_kind_says_what_it_is);
	RUN(what_says_nothing_is_a_stranger_after_a_while);
	RUN(a_device_without_a_port_that_is_needed_is_a_stranger);
	RUN(battery_and_maker_are_heard_of_every_kind_that_offers_them);
	RUN(no_bytes_break_a_kind);
	RUN(bytes_that_nobody_pulls_are_bounded);
	RUN(a_kind_that_is_not_pulled_keeps_the_newest);
	return test_done();
}
