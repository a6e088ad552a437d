#include "services/sync-worker/answers.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/fault.h"

static void
count(struct answers *a, const struct receipt *receipt)
{
	a->n_added += (uint64_t)receipt->added;
	a->n_seen += (uint64_t)receipt->seen;
	if (receipt->outcome == OUTCOME_APPLIED)
		a->n_applied++;
	else if (receipt->outcome == OUTCOME_DUPLICATE)
		a->n_duplicate++;
	else if (receipt->outcome == OUTCOME_QUARANTINED)
		a->n_quarantined++;
	else
		a->n_refused++;
}

/* Postgres' own words may quote values of people: they go to the gateway, not into a log. */
int
answers_give(struct answers *a, const char *gateway, const struct receipt *receipt, struct err *err)
{
	count(a, receipt);
	if (receipt->outcome == OUTCOME_REFUSED && log_often(&a->refused, clock_mono_us())) {
		log_warn("bundle_refused", "id=%s sqlstate=\"%s\" more=%llu", receipt->id,
			 receipt->sqlstate, (unsigned long long)a->refused.n);
		a->refused.n = 0;
	}
	return link_send_to(a->receipts, &msg_receipt, gateway, receipt->session_id, receipt, err);
}

void
answers_hold(struct answers *a, const char *gateway, const struct receipt *receipt)
{
	ASSERT(a->n_held < ANSWERS_MOST);
	(void)snprintf(a->held[a->n_held].gateway, sizeof(a->held[0].gateway), "%s", gateway);
	a->held[a->n_held++].receipt = *receipt;
}

int
answers_release(struct answers *a, struct err *err)
{
	size_t i;

	for (i = 0; i < a->n_held; i++) {
		if (answers_give(a, a->held[i].gateway, &a->held[i].receipt, err) < 0)
			return -1;
		FAULT("sync-worker.receipted");
	}
	a->n_held = 0;
	return 0;
}

int
answers_forget(struct answers *a, struct err *err)
{
	a->since_us = clock_utc_us();
	while (a->n_held)
		if (answers_greet(a, a->held[--a->n_held].gateway, err) < 0)
			return -1;
	return 0;
}

int
answers_greet(struct answers *a, const char *gateway, struct err *err)
{
	struct hello hello = {.instance = a->instance, .started_us = a->since_us};

	return link_send_to(a->receipts, &msg_hello, gateway, "sync-worker", &hello, err);
}
