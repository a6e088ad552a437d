/*
 * Any bytes as sessions and rows that keep their limits, in every format: JSON stays JSON, an
 * EDF+ head stays ASCII and its records equal, Parquet has its footer.
 */
#include <math.h>

#include "proto/records.h"
#include "tests/unit/any_export.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *at, *end;
};

static uint64_t
take(struct input *in, size_t n)
{
	uint64_t v = 0;

	for (; n && in->at < in->end; n--)
		v = v << 8 | *in->at++;
	return v;
}

/* Bytes into the fields, each by its kind and within its limits. */
static void
fill(const struct message *message, struct input *in, void *row)
{
	const struct msg_field *f;
	int64_t number;
	double real;
	size_t i, n;
	char *at;

	msg_clear(message, row);
	for (f = message->fields; f < message->fields + message->n_fields; f++) {
		at = (char *)row + f->offset;
		number = (int64_t)(take(in, 4) >> 1);
		if (f->kind == MSG_REAL) {
			real = number % 7 ? (double)number / 1000 : NAN;
			memcpy(at, &real, sizeof(real));
		} else if (f->kind == MSG_STR) {
			n = (size_t)number % ((size_t)f->max + 1);
			for (i = 0; i < n && in->at < in->end; i++)
				at[i] = (char)*in->at++;
		} else if (f->kind == MSG_UUID) {
			strcpy(at, "11111111-0000-5000-8000-000000000001");
		} else if (f->kind == MSG_WORD || f->kind == MSG_SET) {
			number = f->kind == MSG_WORD ? number % f->words->n : number & ((1LL << f->words->n) - 1);
			memcpy(at, &number, sizeof(number));
		} else if (f->kind == MSG_INT || number % 3) {
			number = f->min + number % (f->max - f->min < INT64_MAX && f->max > f->min ? f->max - f->min + 1 : 2);
			memcpy(at, &number, sizeof(number));
		}
	}
}

static void
feed(struct export *x, struct input in)
{
	uint64_t row[RECORDS_MAX / sizeof(uint64_t)];
	struct session session;
	struct reading *reading = (void *)row;
	int64_t now;
	int i, n;

	fill(&msg_session, &in, &session);
	export_session(x, &session);
	for (i = 1; i < N_TABLES - 1; i++)
		for (n = (int)take(&in, 1) % 4; n > 0; n--) {
			fill(tables[i].message, &in, row);
			export_row(x, tables[i].message, row);
		}
	for (now = session.start_us, n = (int)take(&in, 1); n > 0 && in.at < in.end; n--) {
		fill(&msg_reading, &in, row);
		now += (int64_t)take(&in, 3);
		reading->taken_us = now;
		export_row(x, &msg_reading, row);
	}
}

static void
run(const struct format *format, const struct table *table, struct input in)
{
	struct bytes out = {0};
	struct err err = {0};
	struct sink sink;
	struct export *x;

	sink_init(&sink, export_keep, &out);
	x = export_new(format, table, &export_any_about, &sink);
	do
		feed(x, in);
	while (export_again(x));
	if (export_end(x, &err) == 0)
		ASSERT(!export_wrong(format, &out));
	else
		ASSERT(err.code == EXPORT_CANNOT);
	export_free(&x);
	bytes_release(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, data + size};
	size_t table = (size_t)take(&in, 1) % N_TABLES;

	run(&format_csv, &tables[table], in);
	run(&format_parquet, &tables[table], in);
	run(&format_json, NULL, in);
	run(&format_edf, NULL, in);
	run(&format_fhir, NULL, in);
	run(&format_omh, NULL, in);
	return 0;
}
