/*
 * shipment - one bundle on its way, kept as bytes until its receipt
 */
#ifndef SHIPMENT_H
#define SHIPMENT_H

#include "proto/crate.h"
#include "proto/ids.h"
#include "services/local-store/disk/out_sqlite.h"

#define SHIPMENT_MARKS 200  /* records in one bundle, at most */

struct shipment {
	struct shipment *next;
	struct entry *entry;
	ids_uuid id;
	bool fresh, urgent, leaving, lost;  /* lost: goes again at once */
	enum lane lane;
	int64_t first_id, last_id;          /* readings in it, 0 when none count for `synced` */
	size_t n_rows;
	int64_t from_us, to_us;             /* readings that go again: all of this span; else 0 */
	int64_t session_hlc;
	struct {
		enum record record;
		int64_t no, hlc;
	} marks[SHIPMENT_MARKS];
	size_t n_marks, n_damaged;          /* records in it; left out, as they cannot be read */
	bool more;                          /* records that had no room: go again */
	int64_t made_us, sent_us;           /* sent 0: not yet */
	uint32_t records_len, columns_len, raw_len;  /* raw: both */
	uint8_t *bytes;                     /* records, then columns, not packed */
};

/* The session's row, its changed records and these readings.  NULL: see err; EBADMSG: a value
 * of the session or of a reading is none that can be sent. */
struct shipment *shipment_new(struct store *store, const char *gateway, struct entry *entry,
			      const struct reading *rows, size_t n_rows, struct err *err);
void shipment_free(struct shipment **shipment);

/* To travel by itself, with zstd or as it is; and with others. */
void shipment_bundle(const struct shipment *shipment, const char *gateway, bool pack,
		     struct bundle *bundle);
struct crate_item shipment_item(const struct shipment *shipment);

/* In the store: its records are in Postgres. */
int shipment_arrived(const struct shipment *shipment, struct store *store, struct err *err);

#endif
