#include "tests/bluetooth/oximeters.h"

#include <string.h>

#define SIG(x)   "0000" x "-0000-1000-8000-00805f9b34fb"
#define BERRY(x) "49535343-" x
#define BATTERY(root, which)                                                                  \
	[which] = {.path = root "/battery/level", .service = root "/battery", .uuid = SIG("2a19"), \
		   .flags = {"read", "notify"}, .len = 1, .value = {77}}

enum { CONTINUOUS, PLX_RATE, PLX_BATTERY, FEATURES, SPOT, CONTROL };
enum { SAYS, BATTERY };

static void
fill_plx(struct characteristic *all, unsigned spo2, unsigned pulse)
{
	all[CONTINUOUS].value[1] = spo2 & 0xff;
	all[CONTINUOUS].value[2] = (uint8_t)(0xf0 | spo2 >> 8);   /* SFLOAT, times 10^-1 */
	all[CONTINUOUS].value[3] = (uint8_t)pulse;
	all[PLX_RATE].value[1] = (uint8_t)pulse;
}

/* One interval between beats, in 1/1024 s. */
static void
fill_hrs(struct characteristic *all, unsigned spo2, unsigned pulse)
{
	unsigned beat = 60 * 1024 / pulse;

	(void)spo2;
	memcpy(all[SAYS].value, (uint8_t[]){0x10, (uint8_t)pulse, beat & 0xff, (uint8_t)(beat >> 8)}, 4);
}

static void
fill_berry(struct characteristic *all, unsigned spo2, unsigned pulse)
{
	uint8_t frame[5] = {0x87, 50, (uint8_t)(5 | (pulse >> 7) << 6), pulse & 0x7f, (uint8_t)spo2};
	unsigned i;

	for (i = 0; i < 4; i++)
		memcpy(all[SAYS].value + i * sizeof(frame), frame, sizeof(frame));
}

static void
fill_nonin(struct characteristic *all, unsigned spo2, unsigned pulse)
{
	enum { PLACED = 1 << 4 };

	memcpy(all[SAYS].value, (uint8_t[]){10, PLACED, 30, 0, 100, 0, 0, (uint8_t)spo2,
					    (uint8_t)(pulse >> 8), (uint8_t)pulse}, 10);
}

static const struct oximeter oximeters[] = {
	{
		.name = "plx",
		.root = "/plx",
		.advertised = {"1822", "180d"},
		.services = {{"/plx/pulse_oximeter", SIG("1822")},
			     {"/plx/heart_rate", SIG("180d")},
			     {"/plx/battery", SIG("180f")}},
		.all = {
			[CONTINUOUS] = {.path = "/plx/pulse_oximeter/continuous",
					.service = "/plx/pulse_oximeter", .uuid = SIG("2a5f"),
					.flags = {"notify"}, .len = 5},
			[FEATURES] = {.path = "/plx/pulse_oximeter/features",
				      .service = "/plx/pulse_oximeter", .uuid = SIG("2a60"),
				      .flags = {"read"}, .len = 2, .value = {0x0c}},  /* keeps and dates */
			[SPOT] = {.path = "/plx/pulse_oximeter/spot", .service = "/plx/pulse_oximeter",
				  .uuid = SIG("2a5e"), .flags = {"indicate"}, .len = 12},
			[CONTROL] = {.path = "/plx/pulse_oximeter/control",
				     .service = "/plx/pulse_oximeter", .uuid = SIG("2a52"),
				     .flags = {"write", "indicate"}, .len = 4},
			[PLX_RATE] = {.path = "/plx/heart_rate/measurement",
				      .service = "/plx/heart_rate", .uuid = SIG("2a37"),
				      .flags = {"notify"}, .len = 2},
			BATTERY("/plx", PLX_BATTERY),
		},
		.n_spo2 = 300,
		.spo2_from = 700,
		.control = CONTROL,
		.spot = SPOT,
		.fill = fill_plx,
	},
	{
		.name = "hrs",
		.root = "/hrs",
		.advertised = {"180d"},
		.services = {{"/hrs/heart_rate", SIG("180d")}, {"/hrs/battery", SIG("180f")}},
		.all = {
			[SAYS] = {.path = "/hrs/heart_rate/measurement", .service = "/hrs/heart_rate",
				  .uuid = SIG("2a37"), .flags = {"notify"}, .len = 4},
			BATTERY("/hrs", BATTERY),
		},
		.control = -1,
		.spot = -1,
		.fill = fill_hrs,
	},
	{
		.name = "berry",        /* told by its name only, as the real one */
		.root = "/berry",
		.services = {{"/berry/uart", BERRY("fe7d-4ae5-8fa9-9fafd205e455")},
			     {"/berry/battery", SIG("180f")}},
		.all = {
			[SAYS] = {.path = "/berry/uart/out", .service = "/berry/uart",
				  .uuid = BERRY("1e4d-4bd9-ba61-23c647249616"),
				  .flags = {"notify"}, .len = 20},
			BATTERY("/berry", BATTERY),
		},
		.n_spo2 = 60,
		.spo2_from = 40,
		.repeats = 25,          /* notifications, 4 frames in each */
		.control = -1,
		.spot = -1,
		.fill = fill_berry,
	},
	{
		.name = "nonin",
		.root = "/nonin",
		.services = {{"/nonin/own", "46a970e0-0d5f-11e2-8b5e-0002a5d5c51b"},
			     {"/nonin/battery", SIG("180f")}},
		.all = {
			[SAYS] = {.path = "/nonin/own/measurement", .service = "/nonin/own",
				  .uuid = "0aad7ea0-0d60-11e2-8e3c-0002a5d5c51b",
				  .flags = {"notify", "encrypt-notify"}, .len = 10},
			BATTERY("/nonin", BATTERY),
		},
		.n_spo2 = 60,
		.spo2_from = 40,
		.control = -1,
		.spot = -1,
		.is_paired = 1,
		.fill = fill_nonin,
	},
};

const struct oximeter *
oximeter_find(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(oximeters) / sizeof(oximeters[0]); i++)
		if (!strcmp(oximeters[i].name, name))
			return &oximeters[i];
	return NULL;
}

unsigned
oximeter_spo2(const struct oximeter *kind, unsigned n)
{
	return kind->n_spo2 ? kind->spo2_from + n % kind->n_spo2 : 0;
}

unsigned
oximeter_pulse(const struct oximeter *kind, unsigned n)
{
	return 30 + n / (kind->n_spo2 ? kind->n_spo2 : 1) % 220;
}

void
oximeter_record(uint8_t *out, unsigned spo2, unsigned pulse, time_t at)
{
	struct tm tm;
	unsigned year;

	gmtime_r(&at, &tm);
	year = (unsigned)tm.tm_year + 1900;
	memcpy(out,
	       (uint8_t[]){1, spo2 & 0xff, (uint8_t)(0xf0 | spo2 >> 8), (uint8_t)pulse, 0,
			   year & 0xff, (uint8_t)(year >> 8), (uint8_t)(tm.tm_mon + 1),
			   (uint8_t)tm.tm_mday, (uint8_t)tm.tm_hour, (uint8_t)tm.tm_min,
			   (uint8_t)tm.tm_sec}, 12);
}
