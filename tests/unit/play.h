/*
 * play - a device kind driven as its holder would: what is heard goes in from heap blocks of
 * the exact size, what it says comes out as text
 *
 *	value spo2=97 pulse=96 pi=8.7 status=0x20 …     stored at=… 1.1 spo2=…     mock …
 *	recalled 8-40 (s)    battery 88    about maker=X    write 3 0401    wrong it is …    stranger
 *
 * and with commas between.  Every sample is checked against the limits of messages.def.
 */
#ifndef PLAY_H
#define PLAY_H

#include <stdlib.h>

#include "common/clock.h"
#include "services/ble-ingest/devices.h"
#include "tests/unit/test.h"

#define PLAY_UTC_US 1763870400000000LL  /* 2025-11-23T04:00:00Z */
#define PLAY_MOST   1000                /* things said after one that was heard */

struct play {
	const struct device_kind *kind;
	void *state;
	struct source_now now;
	char said[8000];               /* since play_hear() and the like began */
	int quiet_writes;              /* leave writes out of the text */
};

static void
play_add(struct play *p, const char *format, ...) __attribute__((format(printf, 2, 3), unused));
static void
play_add(struct play *p, const char *format, ...)
{
	size_t n = strlen(p->said);
	va_list args;

	va_start(args, format);
	(void)vsnprintf(p->said + n, sizeof(p->said) - n, format, args);
	va_end(args);
}

static void
play_sample(struct play *p, const struct device_said *said)
{
	const struct sample *s = &said->sample;
	struct sample whole = *s;
	struct err err;
	int64_t rr;

	whole.pos = 1;
	whole.seq = whole.seq ? whole.seq : 1;
	(void)snprintf(whole.device_id, sizeof(whole.device_id), "x");
	ok(!msg_check(&msg_sample, &whole, &err), "%s", err.text);
	play_add(p, "%s%s", said->is_mock ? "mock " : "",
		 said->kind == SAID_VALUE ? "value" : "stored");
	if (said->kind == SAID_STORED)
		play_add(p, " at=%lld %lld.%lld", (long long)(s->taken_us / 1000000),
			 (long long)s->epoch, (long long)s->seq);
	else
		ok(s->taken_us == p->now.utc_us && !s->epoch && !s->seq);
	if (!isnan(s->spo2))
		play_add(p, " spo2=%.9g", s->spo2);
	if (!isnan(s->heart_rate))
		play_add(p, " pulse=%.9g", s->heart_rate);
	if (!isnan(s->perfusion_index))
		play_add(p, " pi=%.9g", s->perfusion_index);
	if (!isnan(s->motion))
		play_add(p, " motion=%.9g", s->motion);
	if (s->signal_strength != MSG_NONE)
		play_add(p, " signal=%lld", (long long)s->signal_strength);
	if (s->battery != MSG_NONE)
		play_add(p, " battery=%lld", (long long)s->battery);
	if (s->status != MSG_NONE)
		play_add(p, " status=0x%llx", (unsigned long long)s->status);
	if (s->rr != MSG_NONE) {
		play_add(p, " rr=%lld", (long long)(s->rr & 65535));
		for (rr = s->rr >> 16; rr; rr >>= 16)
			play_add(p, "|%lld", (long long)(rr & 65535));
	}
	if (s->device_us != MSG_NONE)
		play_add(p, " device=%.19s", clock_text(s->device_us, (char[CLOCK_TEXT]){0}));
	if (s->invalid)
		play_add(p, " %s", words_text(&words_invalid, s->invalid));
}

static void
play_one(struct play *p, const struct device_said *said)
{
	size_t i;

	if (said->kind == SAID_WRITE && p->quiet_writes)
		return;
	if (*p->said)
		play_add(p, ", ");
	switch (said->kind) {
	case SAID_VALUE:
	case SAID_STORED:
		play_sample(p, said);
		break;
	case SAID_BATTERY:
		play_add(p, "battery %d", said->battery);
		break;
	case SAID_ABOUT:
		play_add(p, "about %s=%s", said->about.what, said->about.text);
		break;
	case SAID_WRITE:
		ok(said->write.port < p->kind->n_ports &&
		   p->kind->ports[said->write.port].use & PORT_WRITE);
		play_add(p, "write %u ", said->write.port);
		for (i = 0; i < said->write.len; i++)
			play_add(p, "%02x", said->write.bytes[i]);
		break;
	case SAID_WRONG:
		play_add(p, "wrong %s", said->wrong);
		break;
	case SAID_STRANGER:
		play_add(p, "stranger");
		break;
	case SAID_RECALLED:
		play_add(p, "recalled %lld-%lld", (long long)(said->recalled.from_us - PLAY_UTC_US) / 1000000,
			 (long long)(said->recalled.to_us - PLAY_UTC_US) / 1000000);
		break;
	default:
		ok(0, "said %d", said->kind);
	}
}

/* All it has to say now. */
static const char *
play_pull(struct play *p)
{
	struct device_said said;
	int n = 0;

	while (ok(n++ < PLAY_MOST, "it never ends") && p->kind->next(p->state, &p->now, &said) > 0)
		play_one(p, &said);
	if (p->kind->wait_us)
		ok(p->kind->wait_us(p->state, &p->now) > 0, "it said nothing and has no time to wait");
	return p->said;
}

static void __attribute__((unused))
play_begin(struct play *p, const char *kind, unsigned absent, int64_t zone_us)
{
	memset(p, 0, sizeof(*p));
	p->kind = device_by_name(kind);
	ASSERT(p->kind);
	p->now = (struct source_now){PLAY_UTC_US, 1000 * CLOCK_SECOND};
	p->state = calloc(1, p->kind->state_bytes);
	p->kind->begin(p->state, ((1u << p->kind->n_ports) - 1) & ~absent, zone_us, &p->now);
	(void)play_pull(p);
}

static void __attribute__((unused))
play_end(struct play *p)
{
	free(p->state);
	p->state = NULL;
}

__attribute__((unused)) static const char *
play_bytes(struct play *p, unsigned port, const uint8_t *bytes, size_t len)
{
	uint8_t *block = malloc(len ? len : 1);

	memcpy(block, bytes, len);
	p->kind->heard(p->state, port, len ? block : block + 1, len, &p->now);
	free(block);
	return play_pull(p);
}

/* Hex, blanks are skipped; how many bytes. */
static size_t __attribute__((unused))
play_hex(const char *hex, uint8_t *bytes, size_t size)
{
	size_t n = 0;
	unsigned v;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		if (sscanf(hex, "%2x", &v) != 1 || !hex[1] || n == size)
			return 0;
		bytes[n++] = (uint8_t)v;
		hex++;
	}
	return n;
}

/* One notification; the text of what it says. */
__attribute__((unused)) static const char *
play_hear(struct play *p, unsigned port, const char *hex)
{
	uint8_t bytes[DEVICE_MOST_BYTES];
	size_t len = play_hex(hex, bytes, sizeof(bytes));

	p->said[0] = '\0';
	return play_bytes(p, port, bytes, len);
}

__attribute__((unused)) static const char *
play_wait(struct play *p, int64_t us)
{
	p->said[0] = '\0';
	p->now.utc_us += us;
	p->now.mono_us += us;
	return play_pull(p);
}

__attribute__((unused)) static const char *
play_recall(struct play *p, int64_t from_us, int64_t to_us)
{
	p->said[0] = '\0';
	p->kind->recall(p->state, from_us, to_us, &p->now);
	return play_pull(p);
}

/*
 * tests/vectors/<file>: lines of "[port] hex => what it says | why"; # and blank lines are
 * skipped.  Several notifications are put one after the other with / between.  Each line is a
 * connection of its own, made ready by `ready`, which may be NULL.  When `is_stream`, how bytes
 * are cut into notifications must not matter: every cut in two and every byte alone says the
 * same.  What is said `settle_us` later belongs to it.  How many lines.
 */
typedef void (*play_ready)(struct play *p);

static void
play_settle(struct play *p, int64_t us)
{
	p->now.utc_us += us;
	p->now.mono_us += us;
	if (us)
		(void)play_pull(p);
}

static void
play_cut(const char *kind, play_ready ready, unsigned port, const uint8_t *bytes, size_t len,
	 size_t cut, int64_t settle_us, const char *want, const char *line)
{
	struct play p;
	size_t i;

	play_begin(&p, kind, 0, 0);
	if (ready)
		ready(&p);
	p.said[0] = '\0';
	if (cut == len)
		for (i = 0; i < len; i++)
			(void)play_bytes(&p, port, bytes + i, 1);
	else if (cut)
		(void)play_bytes(&p, port, bytes, cut);
	if (cut < len)
		(void)play_bytes(&p, port, bytes + cut, len - cut);
	play_settle(&p, settle_us);
	ok(!strcmp(p.said, want), "%s cut at %zu: \"%s\", not \"%s\"", line, cut, p.said, want);
	play_end(&p);
}

static int __attribute__((unused))
play_vectors(const char *kind, const char *file, play_ready ready, int is_stream,
	     int64_t settle_us)
{
	char path[200], line[2000], hex[2000], *want, *why, *part, *rest;
	uint8_t bytes[1000];
	struct play p;
	unsigned port;
	size_t len, i;
	int n = 0, at;
	FILE *f;

	(void)snprintf(path, sizeof(path), "tests/vectors/%s.txt", file);
	f = fopen(path, "r");
	if (!ok(!!f, "%s", path))
		return 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (!line[0] || line[0] == '#')
			continue;
		want = strstr(line, " =>");
		why = want ? strstr(want, " | ") : NULL;
		if (!ok(why && sscanf(line, "%u %n", &port, &at) == 1, "%s: %s", path, line))
			continue;
		*want = *why = '\0';
		want += want[3] == ' ' ? 4 : 3;
		(void)snprintf(hex, sizeof(hex), "%s", line + at);
		play_begin(&p, kind, 0, 0);
		if (ready)
			ready(&p);
		p.said[0] = '\0';
		len = 0;
		for (part = strtok_r(hex, "/", &rest); part; part = strtok_r(NULL, "/", &rest)) {
			i = play_hex(part, bytes + len, sizeof(bytes) - len);
			ok(i > 0 || !strcmp(part, "-"), "%s: %s", path, part);
			(void)play_bytes(&p, port, bytes + len, i);
			len += i;
		}
		play_settle(&p, settle_us);
		ok(!strcmp(p.said, want), "%s: \"%s\", not \"%s\"", line, p.said, want);
		play_end(&p);
		for (i = 0; is_stream && i <= len; i++)
			play_cut(kind, ready, port, bytes, len, i, settle_us, want, line);
		n++;
	}
	fclose(f);
	return n;
}

/* ../shared/data/payloads/<file>.csv, row by row; 0: it is not there. */
struct play_payload {
	char hex[1000], spo2[20], pulse[20], extra[800];
};

__attribute__((unused)) static FILE *
play_payloads(const char *file)
{
	char path[200];

	(void)snprintf(path, sizeof(path), "../shared/data/payloads/%s.csv", file);
	return fopen(path, "r");
}

/* 1 and the next row; 0 the end.  A quoted field has no quotes inside. */
static int __attribute__((unused))
play_payload(FILE *f, struct play_payload *row)
{
	struct { char *to; size_t size; } to[] = {
		{row->hex, sizeof(row->hex)}, {row->spo2, sizeof(row->spo2)},
		{row->pulse, sizeof(row->pulse)}, {row->extra, sizeof(row->extra)},
	};
	char line[4000], *p = line, *end;
	size_t i;

	do {
		if (!fgets(line, sizeof(line), f))
			return 0;
	} while (!strncmp(line, "hex,", 4));
	for (i = 0; i < sizeof(to) / sizeof(to[0]); i++) {
		end = *p == '"' ? strchr(++p, '"') : p + strcspn(p, ",\n");
		(void)snprintf(to[i].to, to[i].size, "%.*s", (int)(end - p), p);
		p = end + (*end == '"') + 1;
	}
	return 1;
}

#endif
