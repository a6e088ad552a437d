#include "services/dedupe-auditor/change/turn.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#include "services/dedupe-auditor/plan/sql.h"

#define PATIENCE_MS 20000
#define AGAIN_MS    50

/* Not by waiting in the server: whoever makes an index there would wait for us. */
int
turn_take(PGconn *pg, struct err *err)
{
	int waited, is_ours = 0;
	char *text;

	for (waited = 0; !is_ours && waited <= PATIENCE_MS; waited += AGAIN_MS) {
		if (waited)
			(void)poll(NULL, 0, AGAIN_MS);
		if (!(text = sql_ask(pg, err, "SELECT pg_try_advisory_lock("
				     "hashtextextended('ihht_migration', 0))")))
			return -1;
		is_ours = *text == 't';
		free(text);
	}
	return is_ours ? 0 : err_set(err, EAGAIN, "another apply or undo is at work in this database, or "
				     "Postgres has not ended what a killed one had begun; try again later");
}
