/* What a session breathed when, and the commands that said so. */
#include "services/local-store/disk/out_sqlite_parts.h"

int
store_put_span(struct store *store, const struct entry *entry, const struct span *span,
	       struct err *err)
{
	sqlite3_stmt *s = store->statements[PUT_SPAN];

	sqlite3_bind_int64(s, 1, entry->no);
	sqlite3_bind_int64(s, 2, span->from_us);
	sqlite3_bind_int64(s, 3, span->phase);
	store_bind_opt(s, 4, span->cycle);
	store_bind_opt(s, 5, span->altitude_level);
	return db_run(s, err);
}

static sqlite3_stmt *
bind_request(struct store *store, int statement, const struct entry *entry, const char *request_id)
{
	sqlite3_stmt *s = store->statements[statement];

	sqlite3_bind_int64(s, 1, entry->no);
	sqlite3_bind_text(s, 2, request_id, -1, SQLITE_TRANSIENT);
	return s;
}

int
store_has_request(struct store *store, const struct entry *entry, const char *request_id, struct err *err)
{
	sqlite3_stmt *s = bind_request(store, REQUEST, entry, request_id);
	int r = db_step(s, err);

	sqlite3_reset(s);
	return r;
}

int
store_put_request(struct store *store, const struct entry *entry, const char *request_id, struct err *err)
{
	return db_run(bind_request(store, PUT_REQUEST, entry, request_id), err);
}
