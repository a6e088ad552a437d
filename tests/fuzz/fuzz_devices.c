/*
 * Every kind of oximeter, driven through device.h: the first byte chooses the kind (the sum of
 * its name's letters, so that seeds stay good when a kind is added), the second
 * which ports are missing, and then follow steps
 *
 *	0xxxxx00, 01  hear on port xxxxx: a length, and so many bytes
 *	0xxxxx10      the same, but put into a frame of the kind with the right check byte
 *	0xxxxx11      let time pass: 1 us to 1000 s
 *	1xxxxxxx      recall: from and to, in s around the beginning, two bytes each
 *
 * It ends after each step, every sample keeps the limits of messages.def, what is stored lies in
 * what was recalled, and what is to be written has a port for it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "services/ble-ingest/devices.h"
#include "services/ble-ingest/devices/crc8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define UTC_US    1763870400000000LL
#define MOST_SAID 3000
#define MOST_STEPS 400

struct run {
	const struct device_kind *kind;
	void *state;
	struct source_now now;
	int64_t from_us, to_us;  /* all that was recalled lies between */
	uint8_t asked;           /* command byte of the last request */
};

static void
check_sample(const struct run *r, const struct device_said *said)
{
	struct sample s = said->sample;

	if (said->kind == SAID_STORED) {
		ASSERT(s.seq >= 1 && s.device_us != MSG_NONE);
		ASSERT(s.taken_us > r->from_us && s.taken_us < r->to_us);
	} else {
		ASSERT(!s.seq && !s.epoch && s.taken_us == r->now.utc_us);
		s.seq = 1;
	}
	s.pos = 1;
	(void)snprintf(s.device_id, sizeof(s.device_id), "x");
	ASSERT(!msg_check(&msg_sample, &s, NULL));
	ASSERT(s.invalid == INVALID_NO || (s.spo2 != s.spo2 && s.heart_rate != s.heart_rate));
}

static void
check(struct run *r, const struct device_said *said)
{
	size_t i;

	switch (said->kind) {
	case SAID_VALUE:
	case SAID_STORED:
		check_sample(r, said);
		break;
	case SAID_BATTERY:
		ASSERT(said->battery >= 0 && said->battery <= 100);
		break;
	case SAID_ABOUT:
		ASSERT(strlen(said->about.what) < sizeof(said->about.what) && *said->about.text);
		for (i = 0; said->about.text[i]; i++)
			ASSERT(said->about.text[i] >= ' ' && said->about.text[i] < 0x7f);
		break;
	case SAID_WRITE:
		ASSERT(said->write.port < r->kind->n_ports && said->write.len > 0 &&
		       said->write.len <= 20 && r->kind->ports[said->write.port].use & PORT_WRITE);
		r->asked = said->write.len > 3 ? said->write.bytes[1] : r->asked;
		break;
	case SAID_WRONG:
		ASSERT(*said->wrong && strlen(said->wrong) < sizeof(said->wrong));
		break;
	case SAID_STRANGER:
		break;
	case SAID_RECALLED:
		ASSERT(said->recalled.from_us >= r->from_us && said->recalled.to_us <= r->to_us);
		break;
	default:
		ASSERT(0);
	}
}

static void
pull(struct run *r)
{
	struct device_said said;
	int n = 0;

	while (r->kind->next(r->state, &r->now, &said) > 0) {
		ASSERT(++n < MOST_SAID);
		check(r, &said);
	}
	ASSERT(!r->kind->wait_us || r->kind->wait_us(r->state, &r->now) > 0);
}

static void
hear(struct run *r, unsigned port, const uint8_t *bytes, size_t len)
{
	uint8_t *block = malloc(len + !len);

	memcpy(block, bytes, len);
	r->kind->heard(r->state, port % r->kind->n_ports, block + !len, len, &r->now);
	free(block);
	pull(r);
}

/* The frame of that kind around those bytes; how long it is. */
static size_t
frame(const struct run *r, const uint8_t *bytes, size_t len, uint8_t out[300])
{
	unsigned sum = 0;
	size_t i;

	memset(out, 0, 300);
	if (!strcmp(r->kind->name, "viatom") || !strcmp(r->kind->name, "oxyii")) {
		out[0] = r->kind->name[0] == 'v' ? 0x55 : 0xa5;
		out[1] = out[0] == 0xa5 ? r->asked : len && bytes[0] == 0xff;
		out[2] = (uint8_t)~out[1];
		out[3] = out[0] == 0xa5;
		out[5] = (uint8_t)len;
		memcpy(out + 7, bytes, len);
		out[7 + len] = crc8(out, 7 + len);
		return len + 8;
	}
	if (!strcmp(r->kind->name, "pc60fw")) {
		memcpy(out, "\xaa\x55\x0f", 3);
		out[3] = (uint8_t)(len < 254 ? len + 1 : 255);
		memcpy(out + 4, bytes, out[3] - 1u);
		out[3 + out[3]] = crc8_maxim(out, 3u + out[3]);
		return 4u + out[3];
	}
	if (!strcmp(r->kind->name, "contec")) {
		memcpy(out, "\xeb\x01\x05", 3);
		memcpy(out + 3, bytes, len < 2 ? len : 2);
		out[5] = 0x7f;
		for (i = 0; i < 7; i++)
			sum += out[i];
		out[7] = sum & 0x7f;
		return 8;
	}
	if (!strcmp(r->kind->name, "berry")) {
		memcpy(out, "\xff\xaa", 2);
		memcpy(out + 2, bytes, len < 17 ? len : 17);
		for (i = 0; i < 19; i++)
			sum += out[i];
		out[19] = (uint8_t)sum;
		return 20;
	}
	memcpy(out, bytes, len);
	return len;
}

static void
pass(struct run *r, unsigned n)
{
	static const int64_t us[] = {1, 1000, 20000, 100000, 500000, 1000000, 1500000, 3000000, 4000000,
				     15000000, 30000000, 60000000, 300000000, 1000000000};

	r->now.utc_us += us[n % (sizeof(us) / sizeof(us[0]))];
	r->now.mono_us += us[n % (sizeof(us) / sizeof(us[0]))];
	pull(r);
}

static void
recall(struct run *r, const uint8_t *two)
{
	int64_t from = UTC_US + ((int8_t)two[0] * 256LL + two[1]) * 60 * CLOCK_SECOND,
		to = from + two[2] * 60 * CLOCK_SECOND;

	if (!r->kind->recall)
		return;
	r->from_us = from < r->from_us ? from : r->from_us;
	r->to_us = to > r->to_us ? to : r->to_us;
	r->kind->recall(r->state, from, to, &r->now);
	pull(r);
}

static const struct device_kind *
choose(uint8_t byte)
{
	unsigned sum, n;
	const char *c;

	for (n = 0; device_at(n); n++) {
		for (sum = 0, c = device_at(n)->name; *c; c++)
			sum += (uint8_t)*c;
		if ((sum & 0xff) == byte)
			return device_at(n);
	}
	return device_at(byte % n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *p = data + 2, *end = data + size;
	struct run r = {.from_us = INT64_MAX, .to_us = INT64_MIN};
	unsigned steps = 0, op;
	uint8_t framed[300];
	size_t len;

	if (size < 2)
		return 0;
	r.kind = choose(data[0]);
	r.now = (struct source_now){UTC_US, 1000 * CLOCK_SECOND};
	r.state = calloc(1, r.kind->state_bytes);
	ASSERT(r.state);
	r.kind->begin(r.state, ((1u << r.kind->n_ports) - 1) & ~(unsigned)data[1],
		      (int8_t)data[1] * 900 * CLOCK_SECOND, &r.now);
	pull(&r);
	while (p < end && steps++ < MOST_STEPS) {
		op = *p++;
		if (op & 0x80) {
			if (end - p < 3)
				break;
			recall(&r, p);
			p += 3;
		} else if ((op & 3) == 3) {
			pass(&r, op >> 2);
		} else if (p < end) {
			len = *p++;
			len = len < (size_t)(end - p) ? len : (size_t)(end - p);
			if (op & 2)
				hear(&r, op >> 2, framed, frame(&r, p, len, framed));
			else
				hear(&r, op >> 2, p, len);
			p += len;
		}
	}
	free(r.state);
	return 0;
}
