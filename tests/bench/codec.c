/*
 * codec - what one sample and one reading cost on the wire
 *
 *	codec [rounds]
 *
 * Each figure is ns for one, the median of the rounds, next to msgpack-c packing and
 * unpacking the same values into nothing but its own objects.
 */
#include <math.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "proto/columns.h"
#include "proto/msg.h"

#define N      20000
#define ROUNDS 9

static struct sample sample;
static struct reading rows[N], back[N];
static uint8_t packed[4 << 20];
static volatile size_t sink;

static void
fill(void)
{
	int i;

	msg_clear(&msg_sample, &sample);
	(void)strcpy(sample.device_id, "aa:bb:cc:dd:ee:ff");
	sample.spool = 1795403600306123;
	sample.pos = 1234567;
	sample.epoch = 1795403600306123;
	sample.seq = 1234567;
	sample.taken_us = 1795403600306123;
	sample.spo2 = 93.5;
	sample.heart_rate = 71;
	sample.perfusion_index = 4.2;
	sample.data_source = DATA_SOURCE_BLUETOOTH;
	for (i = 0; i < N; i++) {
		msg_clear(&msg_reading, &rows[i]);
		rows[i].taken_us = sample.taken_us + i * 1000000LL + rand() % 3000;
		rows[i].epoch = sample.epoch;
		rows[i].seq = i + 1;
		rows[i].spo2 = 80 + rand() % 20;
		rows[i].heart_rate = 60 + rand() % 30;
		rows[i].perfusion_index = (rand() % 100) / 10.0;
		rows[i].data_source = DATA_SOURCE_BLUETOOTH;
		rows[i].phase_type = i / 300 % 2 ? PHASE_RECOVERY : PHASE_ALTITUDE;
		rows[i].cycle_number = i / 600 % 100 + 1;
	}
}

static size_t
encode(uint8_t *out)
{
	struct msg_head head = {1, 1795403600306123, 42};
	struct err err;
	size_t len = 0;

	if (msg_encode(&msg_sample, &head, &sample, out, 512, &len, &err) < 0)
		puts(err.text);
	return len;
}

static void
bench_encode(void)
{
	uint8_t out[512];
	int i;

	for (i = 0; i < N; i++)
		sink += encode(out);
}

static void
bench_decode(void)
{
	uint8_t out[512];
	size_t len = encode(out);
	struct msg_head head;
	struct sample got;
	struct err err;
	int i;

	for (i = 0; i < N; i++)
		sink += (size_t)msg_decode(&msg_sample, out, len, &head, &got, &err);
}

static void
pack_bare(msgpack_sbuffer *out)
{
	msgpack_packer to;
	int i;

	msgpack_packer_init(&to, out, msgpack_sbuffer_write);
	msgpack_pack_array(&to, 19);
	msgpack_pack_int64(&to, 1);
	msgpack_pack_int64(&to, 1795403600306123);
	msgpack_pack_int64(&to, 42);
	msgpack_pack_int64(&to, sample.spool);
	msgpack_pack_int64(&to, sample.pos);
	msgpack_pack_str(&to, 17);
	msgpack_pack_str_body(&to, sample.device_id, 17);
	msgpack_pack_int64(&to, sample.epoch);
	msgpack_pack_int64(&to, sample.seq);
	msgpack_pack_int64(&to, sample.taken_us);
	msgpack_pack_nil(&to);
	msgpack_pack_double(&to, sample.spo2);
	msgpack_pack_int64(&to, 71);
	msgpack_pack_double(&to, sample.perfusion_index);
	for (i = 0; i < 4; i++)
		msgpack_pack_nil(&to);
	msgpack_pack_int64(&to, 0);
	msgpack_pack_int64(&to, 1);
}

static void
bench_bare_pack(void)
{
	msgpack_sbuffer out;
	int i;

	msgpack_sbuffer_init(&out);
	for (i = 0; i < N; i++) {
		msgpack_sbuffer_clear(&out);
		pack_bare(&out);
		sink += out.size;
	}
	msgpack_sbuffer_destroy(&out);
}

static void
bench_bare_unpack(void)
{
	msgpack_sbuffer out;
	msgpack_unpacked got;
	int i;

	msgpack_sbuffer_init(&out);
	pack_bare(&out);
	msgpack_unpacked_init(&got);
	for (i = 0; i < N; i++)
		sink += (size_t)msgpack_unpack_next(&got, out.data, out.size, NULL);
	msgpack_unpacked_destroy(&got);
	msgpack_sbuffer_destroy(&out);
}

static size_t columns_len;

static void
bench_columns_pack(void)
{
	struct err err;

	if (columns_pack(&msg_reading, rows, N, packed, sizeof(packed), &columns_len, &err) < 0)
		puts(err.text);
}

static void
bench_columns_unpack(void)
{
	struct err err;
	size_t n;

	if (columns_unpack(&msg_reading, packed, columns_len, back, N, &n, &err) < 0)
		puts(err.text);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
measure(void (*run)(void), int rounds)
{
	double *ns = malloc((size_t)rounds * sizeof(*ns)), median;
	int64_t from;
	int i;

	if (!ns)
		return NAN;
	for (i = 0; i < rounds; i++) {
		from = clock_mono_us();
		run();
		ns[i] = (double)(clock_mono_us() - from) * 1000 / N;
	}
	qsort(ns, (size_t)rounds, sizeof(*ns), compare);
	median = ns[rounds / 2];
	free(ns);
	return median;
}

int
main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : ROUNDS;
	double encoded, decoded, packs, unpacks;

	fill();
	encoded = measure(bench_encode, rounds);
	decoded = measure(bench_decode, rounds);
	packs = measure(bench_bare_pack, rounds);
	unpacks = measure(bench_bare_unpack, rounds);
	printf("sample encode %.0f ns, bare msgpack-c %.0f ns (%.1f x)\n", encoded, packs,
	       encoded / packs);
	printf("sample decode %.0f ns, bare msgpack-c %.0f ns (%.1f x)\n", decoded, unpacks,
	       decoded / unpacks);
	printf("reading columns_pack %.0f ns\n", measure(bench_columns_pack, rounds));
	printf("reading columns_unpack %.0f ns, %.2f bytes\n",
	       measure(bench_columns_unpack, rounds), (double)columns_len / N);
	return 0;
}
