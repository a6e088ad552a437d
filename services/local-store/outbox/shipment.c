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
	uint8_t records[BYTES_MAX], columns[BYTES_MAX], packed[BYTES_MAX];
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

static uint32_t
squeeze(uint8_t *bytes, size_t len, uint8_t *packed)
{
	size_t n = len ? ZSTD_compress(packed, BYTES_MAX, bytes, len, 3) : 0;

	ASSERT(!ZSTD_isError(n));
	memcpy(bytes, packed, n);
	return (uint32_t)n;
}

static int
keep_bytes(struct shipment *sh, struct draft *draft, bool pack, const char *gateway)
{
	/* the id is that of the content, whatever way it is packed */
	ids_bundle(gateway, draft->records, draft->records_len, draft->columns,
		   draft->columns_len, sh->id);
	sh->raw_len = draft->records_len + (uint32_t)draft->columns_len;
	sh->packing = pack ? PACKING_ZSTD : PACKING_PLAIN;
	sh->records_len = pack ? squeeze(draft->records, draft->records_len, draft->packed)
			       : draft->records_len;
	sh->columns_len = pack ? squeeze(draft->columns, draft->columns_len, draft->packed)
			       : (uint32_t)draft->columns_len;
	if (!(sh->bytes = malloc((size_t)sh->records_len + sh->columns_len)))
		return -1;
	memcpy(sh->bytes, draft->records, sh->records_len);
	memcpy(sh->bytes + sh->records_len, draft->columns, sh->columns_len);
	return 0;
}

struct shipment *
shipment_new(struct store *store, const char *gateway, struct entry *entry,
	     const struct reading *rows, size_t n_rows, bool pack, struct err *err)
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
	if (keep_bytes(sh, draft, pack, gateway) < 0) {
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

void
shipment_bundle(const struct shipment *sh, const char *gateway, struct bundle *bundle)
{
	memcpy(bundle->id, sh->id, sizeof(bundle->id));
	(void)snprintf(bundle->gateway, sizeof(bundle->gateway), "%s", gateway);
	memcpy(bundle->session_id, sh->entry->row.id, sizeof(bundle->session_id));
	memcpy(bundle->user_id, sh->entry->row.user_id, sizeof(bundle->user_id));
	bundle->fresh = sh->fresh && !sh->sent_us;
	bundle->readings = (int64_t)sh->n_rows;
	bundle->packing = sh->packing;
	bundle->records.len = sh->records_len;
	memcpy(bundle->records.bytes, sh->bytes, sh->records_len);
	bundle->columns.len = sh->columns_len;
	memcpy(bundle->columns.bytes, sh->bytes + sh->records_len, sh->columns_len);
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
