#include "services/local-store/outbox/shipment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "proto/columns.h"
#include "proto/records.h"

#define BYTES_MAX 262144  /* of the BIN fields of a bundle */

/* Scratch to build in: one at a time, so one is enough. */
struct draft {
	uint8_t records[BYTES_MAX], columns[BYTES_MAX];
	uint32_t records_len;
	size_t columns_len;
};

/* 1 in, 0 no room for it, -1. */
static int
add_record(struct shipment *sh, struct draft *draft, enum record kind, const struct table *table,
	   int64_t no, const void *msg, struct err *err)
{
	if (sh->n_marks == SHIPMENT_MARKS)
		return 0;
	if (records_add(draft->records, BYTES_MAX, &draft->records_len, table_message(table), msg,
			err) < 0)
		return sh->n_marks && err->code == EMSGSIZE ? 0 : -1;
	sh->marks[sh->n_marks].record = kind;
	sh->marks[sh->n_marks].no = no;
	sh->marks[sh->n_marks++].hlc = table_version(table, msg);
	return 1;
}

/* The changed ones.  One that is damaged stays behind and does not hold the others. */
static int
add_records(struct shipment *sh, struct store *store, struct draft *draft, struct err *err)
{
	char msg[RECORDS_MAX];
	struct table *table;
	int64_t no;
	int kind, r;

	for (kind = 0; kind < N_RECORDS; kind++) {
		table = store_records(store, (enum record)kind);
		for (no = 0; (r = table_unsynced(table, sh->entry->row.id, no, &no, msg, err)) != 0;) {
			if (r > 0)
				r = add_record(sh, draft, (enum record)kind, table, no, msg, err);
			if (r == 0) {
				sh->more = true;
				return 0;
			}
			if (r < 0 && err->code != EBADMSG)
				return -1;
			sh->n_damaged += r < 0;
		}
	}
	return 0;
}

static int
keep_bytes(struct shipment *sh, const struct draft *draft, const char *gateway)
{
	ids_bundle(gateway, draft->records, draft->records_len, draft->columns,
		   draft->columns_len, sh->id);
	sh->records_len = draft->records_len;
	sh->columns_len = (uint32_t)draft->columns_len;
	sh->raw_len = sh->records_len + sh->columns_len;
	if (!(sh->bytes = malloc(sh->raw_len)))
		return -1;
	memcpy(sh->bytes, draft->records, sh->records_len);
	memcpy(sh->bytes + sh->records_len, draft->columns, sh->columns_len);
	return 0;
}

struct shipment *
shipment_new(struct store *store, const char *gateway, struct entry *entry,
	     const struct reading *rows, size_t n_rows, struct err *err)
{
	struct shipment *sh = calloc(1, sizeof(*sh));
	struct draft *draft = malloc(sizeof(*draft));

	if (!sh || !draft) {
		err_set(err, ENOMEM, "out of memory");
		goto fail;
	}
	sh->entry = entry;
	sh->n_rows = n_rows;
	sh->session_hlc = entry->row.hlc;
	draft->records_len = 0;
	draft->columns_len = 0;
	if (records_add(draft->records, BYTES_MAX, &draft->records_len, &msg_session, &entry->row,
			err) < 0 || add_records(sh, store, draft, err) < 0)
		goto fail;
	if (n_rows && columns_pack(&msg_reading, rows, n_rows, draft->columns, BYTES_MAX,
				   &draft->columns_len, err) < 0)
		goto fail;
	if (keep_bytes(sh, draft, gateway) < 0) {
		err_set(err, ENOMEM, "out of memory");
		goto fail;
	}
	free(draft);
	entry->n_shipped++;
	return sh;
fail:
	free(draft);
	free(sh);
	return NULL;
}

void
shipment_free(struct shipment **shipment)
{
	if (!*shipment)
		return;
	(*shipment)->entry->n_shipped--;
	free((*shipment)->bytes);
	free(*shipment);
	*shipment = NULL;
}

/* 0: what does not become smaller stays as it is. */
static uint32_t
squeeze(const uint8_t *bytes, size_t len, uint8_t *packed)
{
	size_t n = len ? ZSTD_compress(packed, BYTES_MAX, bytes, len, 3) : 0;

	return ZSTD_isError(n) ? 0 : (uint32_t)n;
}

void
shipment_bundle(const struct shipment *sh, const char *gateway, bool pack, struct bundle *bundle)
{
	const uint8_t *columns = sh->bytes + sh->records_len;

	memcpy(bundle->id, sh->id, sizeof(bundle->id));
	(void)snprintf(bundle->gateway, sizeof(bundle->gateway), "%s", gateway);
	memcpy(bundle->session_id, sh->entry->row.id, sizeof(bundle->session_id));
	memcpy(bundle->user_id, sh->entry->row.user_id, sizeof(bundle->user_id));
	bundle->fresh = sh->fresh && !sh->sent_us;
	bundle->readings = (int64_t)sh->n_rows;
	bundle->packing = PACKING_ZSTD;
	bundle->records.len = pack ? squeeze(sh->bytes, sh->records_len, bundle->records.bytes) : 0;
	bundle->columns.len = pack ? squeeze(columns, sh->columns_len, bundle->columns.bytes) : 0;
	if (bundle->records.len && (bundle->columns.len || !sh->columns_len))
		return;
	bundle->packing = PACKING_PLAIN;
	bundle->records.len = sh->records_len;
	bundle->columns.len = sh->columns_len;
	memcpy(bundle->records.bytes, sh->bytes, sh->records_len);
	memcpy(bundle->columns.bytes, columns, sh->columns_len);
}

struct crate_item
shipment_item(const struct shipment *sh)
{
	return (struct crate_item){
		.records = sh->bytes, .records_len = sh->records_len,
		.columns = sh->bytes + sh->records_len, .columns_len = sh->columns_len,
		.readings = (int64_t)sh->n_rows, .fresh = sh->fresh && !sh->sent_us,
	};
}

int
shipment_arrived(const struct shipment *sh, struct store *store, struct err *err)
{
	size_t i;

	if (table_synced(store_sessions(store), sh->entry->no, sh->session_hlc, err) < 0)
		return -1;
	for (i = 0; i < sh->n_marks; i++)
		if (table_synced(store_records(store, sh->marks[i].record), sh->marks[i].no,
				 sh->marks[i].hlc, err) < 0)
			return -1;
	return 0;
}
