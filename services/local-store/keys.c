#include "services/local-store/keys.h"

#include "common/db.h"

static const char put_sql[] = "INSERT OR IGNORE INTO request_keys (key, digest) VALUES (?1, ?2)";
static const char find_sql[] = "SELECT digest FROM request_keys WHERE key = ?1";
static const char forget_sql[] =
	"DELETE FROM request_keys WHERE no <= (SELECT max(no) FROM request_keys) - ?1";

static int
run(struct store *store, const char *sql, const char *key, int64_t number, struct err *err)
{
	sqlite3_stmt *s = db_prepare(store_db(store), sql, err);
	int r = -1;

	if (s) {
		if (key)
			(void)sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
		(void)sqlite3_bind_int64(s, key ? 2 : 1, number);
		r = db_run(s, err);
	}
	db_finalize(&s);
	return r;
}

static int
find(struct store *store, const char *key, int64_t *digest, struct err *err)
{
	sqlite3_stmt *s = db_prepare(store_db(store), find_sql, err);
	int r = -1;

	if (s) {
		(void)sqlite3_bind_text(s, 1, key, -1, SQLITE_STATIC);
		if ((r = db_step(s, err)) > 0)
			*digest = sqlite3_column_int64(s, 0);
	}
	db_finalize(&s);
	return r;
}

int
keys_take(struct store *store, const struct keyed *m, struct effects *fx, struct err *err)
{
	int64_t digest = m->digest;

	if (run(store, put_sql, m->key, m->digest, err) < 0 || find(store, m->key, &digest, err) < 0 ||
	    run(store, forget_sql, NULL, KEYS_KEPT, err) < 0)
		return -1;
	if (digest != m->digest)
		return effects_refuse(fx, "Idempotency-Key", "stands for another request already: a new "
				      "request needs a new key");
	return effects_accept(fx, "", false, "");
}
