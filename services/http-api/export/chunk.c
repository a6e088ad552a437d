#include "services/http-api/export/chunk.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#define PLACE_BYTES 4  /* of a place in a run: their width is told as 32 bits */
#define ZSTD_LEVEL  3

enum { ENCODING_PLAIN = 0, ENCODING_RLE = 3, ENCODING_RLE_DICTIONARY = 8 };
enum { PAGE_DATA = 0, PAGE_DICTIONARY = 2 };
enum { CODEC_ZSTD = 6 };

enum parquet_type
chunk_type(enum cell_kind kind)
{
	switch (kind) {
	case CELL_BOOL:
		return PARQUET_BOOLEAN;
	case CELL_INT:
	case CELL_TIME:
		return PARQUET_INT64;
	case CELL_REAL:
		return PARQUET_DOUBLE;
	case CELL_NONE:
	case CELL_TEXT:
	case CELL_SET:
		break;
	}
	return PARQUET_BYTE_ARRAY;
}

void
chunk_init(struct chunk *c, const struct column *column)
{
	*c = (struct chunk){.column = column, .least = INT64_MAX, .most = INT64_MIN};
}

void
chunk_release(struct chunk *c)
{
	bytes_release(&c->levels);
	bytes_release(&c->values);
	bytes_release(&c->dictionary);
	free(c->slots);
	free(c->places);
	c->slots = c->places = NULL;
	c->n_slots = 0;
}

size_t
chunk_bytes(const struct chunk *c)
{
	return c->levels.n + c->values.n + c->dictionary.n;
}

/* Ready for the next row group; what was reserved is kept. */
static void
empty(struct chunk *c)
{
	c->levels.n = c->values.n = c->dictionary.n = 0;
	if (c->n_slots)
		memset(c->slots, 0, c->n_slots * sizeof(*c->slots));
	c->n_words = 0;
	c->n = c->n_null = c->n_bits = 0;
	c->level = c->place = (struct run){0};
	c->least = INT64_MAX;
	c->most = INT64_MIN;
}

/* ---- runs */

static void
end_run(struct run *run, struct bytes *out, size_t width)
{
	uint64_t value = run->value;
	uint8_t bytes[8];
	size_t i;

	if (!run->n)
		return;
	for (i = 0; i < width; i++, value >>= 8)
		bytes[i] = (uint8_t)value;
	bytes_varint(out, (uint64_t)run->n << 1);
	bytes_add(out, bytes, width);
	run->n = 0;
}

static void
add_to_run(struct run *run, struct bytes *out, size_t width, uint64_t value)
{
	if (run->value != value)
		end_run(run, out, width);
	run->value = value;
	run->n++;
}

/* ---- words: each text once, and its place */

static const uint8_t *
word_at(const struct chunk *c, size_t slot, uint32_t *len)
{
	const uint8_t *entry = c->dictionary.at + c->slots[slot] - 1;

	memcpy(len, entry, sizeof(*len));
	return entry + sizeof(*len);
}

static size_t
find_slot(const struct chunk *c, const void *text, size_t len)
{
	size_t slot = (size_t)XXH3_64bits(text, len) & (c->n_slots - 1);
	const uint8_t *word;
	uint32_t word_len;

	for (; c->slots[slot]; slot = (slot + 1) & (c->n_slots - 1)) {
		word = word_at(c, slot, &word_len);
		if (word_len == len && !memcmp(word, text, len))
			break;
	}
	return slot;
}

static void
grow_slots(struct chunk *c)
{
	struct chunk old = *c;
	const uint8_t *word;
	uint32_t len;
	size_t slot, i;

	c->n_slots = old.n_slots ? old.n_slots * 2 : 64;
	c->slots = calloc(c->n_slots, sizeof(*c->slots));
	c->places = calloc(c->n_slots, sizeof(*c->places));
	ASSERT(c->slots && c->places);
	for (i = 0; i < old.n_slots; i++) {
		if (!old.slots[i])
			continue;
		word = word_at(&old, i, &len);
		slot = find_slot(c, word, len);
		c->slots[slot] = old.slots[i];
		c->places[slot] = old.places[i];
	}
	free(old.slots);
	free(old.places);
}

static uint32_t
place_of(struct chunk *c, const char *text)
{
	uint32_t len = (uint32_t)strlen(text);
	size_t slot;

	if (c->n_words * 2 >= c->n_slots)
		grow_slots(c);
	slot = find_slot(c, text, len);
	if (!c->slots[slot]) {
		c->slots[slot] = (uint32_t)c->dictionary.n + 1;
		c->places[slot] = (uint32_t)c->n_words++;
		bytes_add(&c->dictionary, &len, sizeof(len));
		bytes_add(&c->dictionary, text, len);
	}
	return c->places[slot];
}

/* ---- cells */

static void
add_text(struct chunk *c, const char *text)
{
	char clean[4 * 2001], *p = clean;
	size_t n;

	for (; *text && p < clean + sizeof(clean) - 4; text += n ? n : 1) {
		n = sink_utf8(text);
		memcpy(p, n ? text : SINK_NO_CHARACTER, n ? n : 3);
		p += n ? n : 3;
	}
	*p = 0;
	add_to_run(&c->place, &c->values, PLACE_BYTES, place_of(c, clean));
}

static void
add_bit(struct chunk *c, int bit)
{
	uint8_t zero = 0;

	if (c->n_bits % 8 == 0)
		bytes_add(&c->values, &zero, 1);
	c->values.at[c->values.n - 1] |= (uint8_t)(bit << c->n_bits % 8);
	c->n_bits++;
}

void
chunk_add(struct chunk *c, const struct cell *cell)
{
	char set[TABLE_SET];

	c->n++;
	c->n_null += cell->kind == CELL_NONE;
	add_to_run(&c->level, &c->levels, 1, cell->kind != CELL_NONE);
	switch (cell->kind) {
	case CELL_NONE:
		break;
	case CELL_BOOL:
		add_bit(c, cell->number != 0);
		break;
	case CELL_INT:
	case CELL_TIME:
		bytes_add(&c->values, &cell->number, sizeof(cell->number));
		c->least = cell->number < c->least ? cell->number : c->least;
		c->most = cell->number > c->most ? cell->number : c->most;
		break;
	case CELL_REAL:
		bytes_add(&c->values, &cell->real, sizeof(cell->real));
		break;
	case CELL_TEXT:
		add_text(c, cell->text);
		break;
	case CELL_SET:
		add_text(c, table_set(c->column, cell->number, set));
		break;
	}
}

/* ---- pages */

struct pages {
	int64_t dictionary_at, data_at;      /* 0: there is none */
	int64_t plain, packed;               /* bytes, headers included */
};

/* The header of a page, by what follows in it for its kind. */
static void
put_header(struct bytes *out, const struct chunk *c, int kind, size_t plain, size_t packed)
{
	int is_text = chunk_type(c->column->kind) == PARQUET_BYTE_ARRAY;
	struct thrift t;

	thrift_begin(&t, out);
	thrift_i32(&t, 1, kind);
	thrift_i32(&t, 2, (int64_t)plain);
	thrift_i32(&t, 3, (int64_t)packed);
	thrift_struct(&t, kind == PAGE_DICTIONARY ? 7 : 5);
	thrift_i32(&t, 1, kind == PAGE_DICTIONARY ? (int64_t)c->n_words : c->n);
	thrift_i32(&t, 2, kind == PAGE_DATA && is_text ? ENCODING_RLE_DICTIONARY : ENCODING_PLAIN);
	if (kind == PAGE_DATA) {
		thrift_i32(&t, 3, ENCODING_RLE);
		thrift_i32(&t, 4, ENCODING_RLE);
	}
	thrift_stop(&t);
	thrift_stop(&t);
}

static void
put_page(const struct chunk *c, int kind, const struct bytes *plain, struct sink *sink,
	 struct pages *pages)
{
	size_t room = ZSTD_compressBound(plain->n), packed;
	struct bytes header = {0};
	char *block = malloc(room);

	ASSERT(block);
	packed = ZSTD_compress(block, room, plain->at, plain->n, ZSTD_LEVEL);
	ASSERT(!ZSTD_isError(packed));
	put_header(&header, c, kind, plain->n, packed);
	sink_put(sink, header.at, header.n);
	sink_put(sink, block, packed);
	pages->plain += (int64_t)(header.n + plain->n);
	pages->packed += (int64_t)(header.n + packed);
	bytes_release(&header);
	free(block);
}

/* Levels with their length, then the values. */
static void
data_page(struct chunk *c, struct bytes *page)
{
	static const uint8_t place_width = PLACE_BYTES * 8;
	uint32_t len;

	end_run(&c->level, &c->levels, 1);
	end_run(&c->place, &c->values, PLACE_BYTES);
	len = (uint32_t)c->levels.n;
	bytes_add(page, &len, sizeof(len));
	bytes_add(page, c->levels.at, c->levels.n);
	if (chunk_type(c->column->kind) == PARQUET_BYTE_ARRAY)
		bytes_add(page, &place_width, 1);
	bytes_add(page, c->values.at, c->values.n);
}

static void
put_statistics(const struct chunk *c, struct thrift *meta)
{
	thrift_struct(meta, 12);
	thrift_i64(meta, 3, c->n_null);
	if (chunk_type(c->column->kind) == PARQUET_INT64 && c->n > c->n_null) {
		thrift_binary(meta, 5, &c->most, sizeof(c->most));
		thrift_binary(meta, 6, &c->least, sizeof(c->least));
	}
	thrift_stop(meta);
}

static void
put_meta(const struct chunk *c, const struct pages *pages, struct thrift *meta)
{
	enum parquet_type type = chunk_type(c->column->kind);
	int is_text = type == PARQUET_BYTE_ARRAY;

	thrift_element(meta);  /* ColumnChunk */
	thrift_i64(meta, 2, is_text ? pages->dictionary_at : pages->data_at);
	thrift_struct(meta, 3);  /* ColumnMetaData */
	thrift_i32(meta, 1, type);
	thrift_list(meta, 2, THRIFT_I32, is_text ? 3 : 2);
	thrift_item_i32(meta, ENCODING_PLAIN);
	thrift_item_i32(meta, ENCODING_RLE);
	if (is_text)
		thrift_item_i32(meta, ENCODING_RLE_DICTIONARY);
	thrift_list(meta, 3, THRIFT_BINARY, 1);
	thrift_item_text(meta, c->column->name);
	thrift_i32(meta, 4, CODEC_ZSTD);
	thrift_i64(meta, 5, c->n);
	thrift_i64(meta, 6, pages->plain);
	thrift_i64(meta, 7, pages->packed);
	thrift_i64(meta, 9, pages->data_at);
	if (is_text)
		thrift_i64(meta, 11, pages->dictionary_at);
	put_statistics(c, meta);
	thrift_stop(meta);
	thrift_stop(meta);
}

int64_t
chunk_put(struct chunk *c, struct sink *sink, struct thrift *meta)
{
	struct pages pages = {0};
	struct bytes page = {0};

	if (chunk_type(c->column->kind) == PARQUET_BYTE_ARRAY) {
		pages.dictionary_at = (int64_t)sink->n_bytes;
		put_page(c, PAGE_DICTIONARY, &c->dictionary, sink, &pages);
	}
	data_page(c, &page);
	pages.data_at = (int64_t)sink->n_bytes;
	put_page(c, PAGE_DATA, &page, sink, &pages);
	put_meta(c, &pages, meta);
	bytes_release(&page);
	empty(c);
	return pages.plain;
}
