#include "services/sync-worker/refusals.h"

#include <stdio.h>

#include "proto/records.h"

void
refusals_clear(struct refusals *r)
{
	r->n = r->n_places = 0;
	r->len = 0;
}

int
refusals_full(const struct refusals *r)
{
	return r->n == REFUSALS_MOST;
}

/* No character is cut in two. */
static void
set_text(struct refusal *refusal, const char *text)
{
	size_t n = strlen(text);

	if (n >= sizeof(refusal->text))
		for (n = sizeof(refusal->text) - 1; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
			n--;
	(void)snprintf(refusal->text, sizeof(refusal->text), "%.*s", (int)n, text);
}

static void
add(struct refusals *r, struct refusal *refusal, const char *sqlstate, const char *text)
{
	ASSERT(!refusals_full(r));
	r->n++;
	(void)snprintf(refusal->sqlstate, sizeof(refusal->sqlstate), "%s", sqlstate);
	set_text(refusal, text);
	if (records_add(r->bytes, sizeof(r->bytes), &r->len, &msg_refusal, refusal, NULL) == 0)
		return;
	/* a server whose words are not UTF-8 */
	refusal->text[0] = 0;
	ASSERT(records_add(r->bytes, sizeof(r->bytes), &r->len, &msg_refusal, refusal, NULL) == 0);
}

void
refusals_add_reading(struct refusals *r, const struct reading *reading, const char *sqlstate,
		     const char *text)
{
	struct refusal refusal;

	msg_clear(&msg_refusal, &refusal);
	refusal.taken_us = reading->taken_us;
	refusal.epoch = reading->epoch;
	refusal.seq = reading->seq;
	add(r, &refusal, sqlstate, text);
}

void
refusals_add_record(struct refusals *r, size_t place, const char *sqlstate, const char *text)
{
	struct refusal refusal;

	msg_clear(&msg_refusal, &refusal);
	refusal.record = (int64_t)place;
	r->places[r->n_places++] = place;
	add(r, &refusal, sqlstate, text);
}

int
refusals_has_record(const struct refusals *r, size_t place)
{
	size_t i;

	for (i = 0; i < r->n_places; i++)
		if (r->places[i] == place)
			return 1;
	return 0;
}

void
refusals_put(const struct refusals *r, struct receipt *receipt)
{
	receipt->quarantined.len = r->len;
	memcpy(receipt->quarantined.bytes, r->bytes, r->len);
}
