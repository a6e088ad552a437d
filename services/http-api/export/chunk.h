/*
 * chunk - one column of one row group of a Parquet file: cells in, pages out
 *
 * One data page (version 1) a chunk, zstd.  Every column is optional: definition levels, then
 * the values that are there.  Numbers and times are PLAIN; text is a dictionary page and
 * places in it.  Levels and places are RLE runs only, which the hybrid allows and which suits
 * columns that say the same thing for minutes.
 * Source of the format: apache/parquet-format, src/main/thrift/parquet.thrift, Encodings.md.
 */
#ifndef CHUNK_H
#define CHUNK_H

#include "services/http-api/export/sink.h"
#include "services/http-api/export/tables.h"
#include "services/http-api/export/thrift.h"

enum parquet_type { PARQUET_BOOLEAN = 0, PARQUET_INT64 = 2, PARQUET_DOUBLE = 5, PARQUET_BYTE_ARRAY = 6 };
enum parquet_type chunk_type(enum cell_kind kind);

struct chunk {
	const struct column *column;
	struct bytes levels, values;     /* runs; PLAIN, or runs of places */
	struct bytes dictionary;         /* PLAIN */
	uint32_t *slots;                 /* hash table: 1 + offset into `dictionary` */
	uint32_t *places;                /* beside it: which entry that is */
	size_t n_slots, n_words;
	int64_t n, n_null, n_bits;       /* cells; of a BOOL the values in `values` */
	struct run { int64_t n; uint64_t value; } level, place;  /* still running */
	int64_t least, most;             /* of INT64 */
};

void chunk_init(struct chunk *chunk, const struct column *column);
void chunk_release(struct chunk *chunk);

void chunk_add(struct chunk *chunk, const struct cell *cell);
size_t chunk_bytes(const struct chunk *chunk);  /* held */

/* Pages to the sink and a ColumnChunk into the list `meta` is in; empty again.  Gives the
 * bytes before compression. */
int64_t chunk_put(struct chunk *chunk, struct sink *sink, struct thrift *meta);

#endif
